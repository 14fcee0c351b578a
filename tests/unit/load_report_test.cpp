// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

#include "analysis/loaded_report.h"
#include "base/files.h"

namespace dmabench {
namespace {

Result<LoadedReport> load_text(const std::string& text, const LoadOptions& options = {}) {
    const std::string file = fmt::format("{}dmabench-load-{}.json", ::testing::TempDir(), ::getpid());
    EXPECT_TRUE(write_file_atomically(file, text));
    auto loaded = load_report(file, options);
    std::remove(file.c_str());
    return loaded;
}

/// What is said behind the file's name.
std::string mistake_in(const std::string& text) {
    const auto loaded = load_text(text);
    if (loaded)
        return "";
    return loaded.error().message.substr(loaded.error().message.find(".json:") + 6);
}

constexpr const char* own = R"("dmabench": {"schema": 1, "platform": "p", "clock": {"kind": "fake"}})";

TEST(LoadReport, TakesRowsWhereverTheyStand) {
    const std::string rows = R"("benchmarks": [
        {"name": "a", "real_time": 2.5e1, "time_unit": "ns", "map_ns": 20, "dmabench":
            {"scenario": "s", "params": {"strategy": "copy", "size": 4096}, "samples_ns": [24, 25, 26.5],
             "histogram": {"buckets": [[1, 2, 3], [4, 5, 6]]}, "stop": {"why": "ci"}}},
        {"name": "q\"\u00e9", "real_time": 1}])";
    for (const std::string& text : {"{" + rows + ", " + own + "}", std::string("{") + own + ", " + rows + "}"}) {
        const auto loaded = load_text(text, {.params = true});
        ASSERT_TRUE(loaded) << loaded.error().message;
        ASSERT_EQ(loaded->rows.size(), 2U);
        const LoadedRow& row = loaded->rows[0];
        EXPECT_EQ(row.name, "a");
        EXPECT_EQ(row.scenario, "s");
        EXPECT_EQ(row.real_time, 25);
        EXPECT_EQ(loaded->metric(row, "map_ns"), 20);
        EXPECT_EQ(std::vector<double>(row.samples.begin(), row.samples.end()), (std::vector<double>{24, 25, 26.5}));
        EXPECT_EQ(loaded->param(row, "size"), "4096");
        EXPECT_EQ(loaded->param(row, "strategy"), "copy");
        EXPECT_EQ(row.params.size(), 2U);
        EXPECT_EQ(loaded->rows[1].name, "q\"\u00e9");
        EXPECT_TRUE(loaded->rows[1].samples.empty());
    }
}

TEST(LoadReport, FlattensThePlatform) {
    const auto loaded = load_text(std::string(R"({"context": {"date": "d", "platform": {"kernel": "6.1", "iommu": {"present": false},
        "masks": [32, 64], "targets": [{"name": "pci", "coherent": true}]}}, "benchmarks": [], )") + own + "}");
    ASSERT_TRUE(loaded) << loaded.error().message;
    const std::map<std::string, std::string> wanted{{"kernel", "6.1"},
                                                    {"iommu.present", "false"},
                                                    {"masks", "32, 64"},
                                                    {"targets.pci.name", "pci"},
                                                    {"targets.pci.coherent", "true"}};
    EXPECT_EQ(loaded->fingerprint, wanted);
}

TEST(LoadReport, NamesTheFirstMistakeByLineAndColumn) {
    const std::string end = std::string(", ") + own + "}";
    EXPECT_EQ(mistake_in("{\"benchmarks\": [],\n \"dmabench\" 2}").substr(0, 19), "2:13: expected JSON");
    EXPECT_EQ(mistake_in("{\n \"benchmarks\": [\n").substr(0, 18), "3:1: expected JSON");
    EXPECT_EQ(mistake_in(""), "1:1: expected JSON: The document is empty");
    EXPECT_EQ(mistake_in("[]"), "1:1: expected a report of dmabench run");
    EXPECT_EQ(mistake_in("{\"benchmarks\": {}" + end), "1:16: expected a list");
    EXPECT_EQ(mistake_in("{\"benchmarks\": [\n{\"real_time\": 1}]" + end), "2:16: expected a row with a name");
    EXPECT_EQ(mistake_in("{\"benchmarks\": [\n{\"name\": \"a\", \"dmabench\": {\"samples_ns\": [\"x\"]}}]" + end),
              "2:45: expected a number");
    EXPECT_EQ(mistake_in("{\"benchmarks\": [],\n\"dmabench\": {\"schema\": 2}}"),
              "2:13: /dmabench/schema: expected 1, not 2: another version of dmabench made this");
    EXPECT_EQ(mistake_in(R"({"benchmarks": [], "dmabench": {"schema": 1, "scenarios": [{"thresholds": {"default": "5"}}]}})"),
              "1:32: /dmabench/scenarios/0/thresholds/default: expected a threshold such as \"5%\"");
    EXPECT_EQ(mistake_in(R"({"benchmarks": [], "dmabench": {"schema": 1, "clock": {"kind": 3}}})"),
              "1:32: /dmabench/clock/kind: expected a text");
}

TEST(LoadReport, ADeepFileIsNoDeepStack) {
    EXPECT_EQ(mistake_in("{\"x\": " + std::string(2'000'000, '[')).substr(0, 15), "1:70: expected ");
}

}  // namespace
}  // namespace dmabench
