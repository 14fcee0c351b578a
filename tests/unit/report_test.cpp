// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

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
    return make_report({}, facts, std::move(entries)).own;
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

/// A report of two rows that were measured in another order than planned, the first with counts found later.
TEST(Report, ComesInThePlansOrderWithCountsThatWereFoundLater) {
    Plan plan;
    for (const std::uint64_t size : {64, 128}) {
        plan.points.emplace_back();
        plan.points.back().point.strategy = "coherent";
        plan.points.back().point.size = size;
    }
    const std::string first = plan.points[0].point.name();
    const std::string second = plan.points[1].point.name();
    const std::filesystem::path file = std::filesystem::path(::testing::TempDir()) / "dmabench-streamed.json";
    auto journal = Journal::begin(file, {{"plan", "x"}}, 2);
    ASSERT_TRUE(journal) << journal.error().message;
    JournalEntries entries;
    for (const std::string& name : {second, first}) {
        auto row = journal->append_row({{"name", name}, {"real_time", 50.0}, {"dmabench", json::object()}});
        ASSERT_TRUE(row);
        entries.rows.push_back(*row);
    }
    const json count{{"event", "swiotlb:swiotlb_bounced"}, {"key", "bounces_per_lap"}, {"per_lap", 2}, {"running_pct", 100}};
    ASSERT_TRUE(journal->append_counts(entries.rows[1], {{"name", first}, {"counters", {count}}}));
    RunFacts facts;
    facts.clock_kind = "fake";
    facts.counter_sets.emplace_back();
    facts.counter_sets.back().metrics.push_back({"ns_per_bounce", "ns / bounces", ""});
    ASSERT_TRUE(write_report(file, make_report(plan, facts, std::move(entries)), journal->path()));
    journal->remove();

    std::ifstream in(file);
    const json report = json::parse(in);
    ASSERT_EQ(report["benchmarks"].size(), 2U);
    const json& counted = report["benchmarks"][0];
    EXPECT_EQ(counted["name"], first);
    EXPECT_EQ(counted["family_index"], 0);
    EXPECT_EQ(counted["bounces_per_lap"], 2);
    EXPECT_EQ(counted["ns_per_bounce"], 25);
    EXPECT_EQ(counted["dmabench"]["counters"], json({count}));
    EXPECT_EQ(report["benchmarks"][1],
              json({{"name", second}, {"real_time", 50.0}, {"dmabench", json::object()}, {"family_index", 1},
                    {"per_family_instance_index", 0}}));
    EXPECT_EQ(report["dmabench"]["schema"], report_schema);
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace dmabench
