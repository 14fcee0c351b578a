// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include <gtest/gtest.h>

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

json canary(int block, double time) { return {{"block", block}, {"name", "null"}, {"real_time", time}}; }

json report_with(std::vector<json> canaries) {
    JournalEntries entries;
    entries.canaries = std::move(canaries);
    RunFacts facts;
    facts.platform = "p";
    facts.clock_kind = "fake";
    return make_report({}, facts, std::move(entries))["dmabench"];
}

TEST(Report, AMovedCanaryIsAMovedMachine) {
    const json own = report_with({canary(0, 100), canary(1, 103), canary(2, 110)});
    EXPECT_EQ(own["drift"]["verdict"], "moved");
    EXPECT_EQ(own["drift"]["name"], "null");
    EXPECT_EQ(own["drift"]["low_ns"], 100);
    EXPECT_EQ(own["drift"]["high_ns"], 110);
    ASSERT_EQ(own["canaries"].size(), 3U);
    EXPECT_EQ(own["canaries"][2]["block"], 2);
    EXPECT_EQ(report_with({canary(0, 100), canary(1, 104)})["drift"]["verdict"], "steady");
}

TEST(Report, OneReadingTellsNothingOfDrift) {
    EXPECT_EQ(report_with({canary(0, 100)})["drift"], json({{"verdict", "unknown"}}));
    EXPECT_TRUE(report_with({})["canaries"].is_array());
}

}  // namespace
}  // namespace dmabench
