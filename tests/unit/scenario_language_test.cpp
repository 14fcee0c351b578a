// SPDX-License-Identifier: GPL-2.0-only
// What stands beside a matrix: extends, zip, include, exclude, statistics of a sweep, thresholds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

#include "plan/plan.h"
#include "scenario/scenario.h"

using namespace dmabench;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

Names names(const std::vector<Point>& points) {
    Names result;
    for (const Point& point : points) {
        result.push_back(point.name());
    }
    return result;
}

Scenario parsed(const std::string& text, const Overrides& overrides = {}) {
    auto scenario = parse_scenario(text, "a.json", overrides);
    EXPECT_TRUE(scenario) << scenario.error().message;
    return scenario ? *scenario : Scenario{};
}

std::string error_of(const std::string& text, const Overrides& overrides = {}) {
    const auto scenario = parse_scenario(text, "a.json", overrides);
    return scenario ? "no error" : scenario.error().message;
}

/// A scenario of coherent points with these keys beside its matrix.
std::string beside(const std::string& matrix, const std::string& keys) {
    return fmt::format(R"({{"name": "a", "matrix": {{"strategy": "coherent"{}}}, {}}})", matrix, keys);
}

/// Files in a folder of their own.
class Extends : public testing::Test {
  protected:
    Extends() {
        std::string name = (fs::temp_directory_path() / "dmabench-extends-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~Extends() override { fs::remove_all(folder_); }

    void write(const std::string& name, const std::string& text) const {
        fs::create_directories((folder_ / name).parent_path());
        std::ofstream(folder_ / name) << text;
    }

    /// Of the file a.json with this text.
    [[nodiscard]] Scenario load(const std::string& text, const Overrides& overrides = {}) const {
        write("a.json", text);
        auto scenario = load_scenario(folder_ / "a.json", overrides);
        EXPECT_TRUE(scenario) << scenario.error().message;
        return scenario ? *scenario : Scenario{};
    }

    /// Without the folder.
    [[nodiscard]] std::string error(const std::string& text, const Overrides& overrides = {}) const {
        write("a.json", text);
        const auto scenario = load_scenario(folder_ / "a.json", overrides);
        std::string message = scenario ? "no error" : scenario.error().message;
        const std::string folder = folder_.string() + "/";
        for (std::size_t at; (at = message.find(folder)) != std::string::npos;) {
            message.erase(at, folder.size());
        }
        return message;
    }

    fs::path folder_;
};

}  // namespace

TEST(Zip, AdvancesTogetherInEachCombinationOfTheMatrix) {
    const Scenario scenario = parsed(
        R"({"name": "a", "matrix": {"strategy": ["pool", "coherent"], "touch": "read"},
            "zip": {"size": [64, "4K..8K x2"], "touch_bytes": [1, 2, 3]}})");
    EXPECT_THAT(names(scenario.points),
                ElementsAre("pool/map_every:1/size:64/target:auto/touch:read/touch_bytes:1",
                            "pool/map_every:1/size:4096/target:auto/touch:read/touch_bytes:2",
                            "pool/map_every:1/size:8192/target:auto/touch:read/touch_bytes:3",
                            "coherent/size:64/target:auto/touch:read/touch_bytes:1",
                            "coherent/size:4096/target:auto/touch:read/touch_bytes:2",
                            "coherent/size:8192/target:auto/touch:read/touch_bytes:3"));
}

TEST(Zip, MayHoldAllThereIs) {
    const Scenario scenario =
        parsed(R"({"name": "a", "zip": {"size": [1, 2], "strategy": ["coherent", "null"]}})");
    EXPECT_THAT(names(scenario.points),
                ElementsAre("coherent/size:1/target:auto", "null/size:2/target:auto"));
}

TEST(Zip, GivesWayToSet) {
    Overrides overrides;
    overrides.set = {"size=8,16"};
    const Scenario scenario =
        parsed(R"({"name": "a", "zip": {"size": [1, 2], "strategy": ["coherent", "null"]}})", overrides);
    EXPECT_EQ(scenario.points.size(), 4U);
}

TEST(Zip, CountsOnceAgainstTheCap) {
    Overrides overrides;
    overrides.max_points = 6;
    const std::string text = R"({"name": "a", "matrix": {"strategy": ["coherent", "pool"]},
                                 "zip": {"size": [1, 2, 3], "touch_bytes": [1, 2, 3]}, "include": [)";
    EXPECT_EQ(parsed(text.substr(0, text.rfind(',')) + "}", overrides).points.size(), 6U);
    EXPECT_THAT(error_of(text + R"({"strategy": "null", "size": 1}]})", overrides),
                HasSubstr("7 combinations are more than the 6 allowed"));
}

TEST(Include, AddsPointsThatExcludeLeavesAlone) {
    const Scenario scenario =
        parsed(beside(R"(, "size": [1, 2])",
                      R"("include": [{"strategy": "null", "size": [2, 4]}], "exclude": [{"size": [2, 4]}])"));
    EXPECT_THAT(names(scenario.points), ElementsAre("coherent/size:1/target:auto", "null/size:2/target:auto",
                                                    "null/size:4/target:auto"));
    ASSERT_EQ(scenario.excluded.size(), 1U);
    EXPECT_EQ(scenario.excluded[0].name, "coherent/size:2/target:auto");
    EXPECT_EQ(scenario.excluded[0].reason, "left out by the scenario");
}

TEST(Include, APointLeftOutHereAndIncludedThereIsMeasured) {
    const Scenario scenario =
        parsed(beside(R"(, "size": [1, 2])",
                      R"("include": [{"strategy": "coherent", "size": 2}], "exclude": [{"size": 2}])"));
    EXPECT_EQ(scenario.points.size(), 2U);
    EXPECT_TRUE(scenario.excluded.empty());
}

TEST(Exclude, TakesAllAxesOfAnItemAndRangesAndOnlyWhereTheyApply) {
    const auto left = [](const std::string& item) {
        return parsed(
                   R"({"name": "a", "matrix": {"strategy": ["coherent", "streaming_page"], "size": "1..8 x2",
                          "direction": ["to_device", "bidirectional"]}, "exclude": [)" +
                   item + "]}")
            .points.size();
    };
    EXPECT_EQ(left(R"({"size": 64})"), 12U);
    EXPECT_EQ(left(R"({"size": "2..100 x2"})"), 3U);
    EXPECT_EQ(left(R"({"size": "1..8 +2"})"), 9U);  // 1, not 3, 5 and 7
    EXPECT_EQ(left(R"({"strategy": "streaming_page", "size": [1, 2]})"), 8U);
    // coherent has no direction, though one would read its default as bidirectional.
    EXPECT_EQ(left(R"({"direction": "bidirectional"})"), 8U);
    EXPECT_EQ(left(R"({"direction": "bidirectional", "size": 8}, {"strategy": "coherent"})"), 7U);
}

TEST(Exclude, SaysItsReasonAndNotesWhatMatchesNothing) {
    const Scenario scenario = parsed(
        beside(R"(, "size": [1, 2])", R"("exclude": [{"size": 2, "reason": "too large"}, {"size": 4}])"));
    ASSERT_EQ(scenario.excluded.size(), 1U);
    EXPECT_EQ(scenario.excluded[0].reason, "too large");
    EXPECT_THAT(scenario.notes,
                ElementsAre("a.json:1:116: no point of the scenario is like this item of exclude "
                            "(at /exclude/1/size)"));
}

TEST(Exclude, OfEverythingIsAnError) {
    EXPECT_EQ(error_of(beside(R"(, "size": [1, 2])", R"("exclude": [{"size": "1..2 +1"}])")),
              "a.json: no combination is possible: left out by the scenario");
}

TEST(Exclude, OfATargetWaitsUntilTheTargetsAreKnown) {
    const Scenario scenario =
        parsed(beside(R"(, "size": [1, 2])", R"("exclude": [{"target": "platform-coherent", "size": 2}])"));
    EXPECT_EQ(scenario.points.size(), 2U);
    EXPECT_TRUE(scenario.notes.empty());
    const Names targets{"platform-noncoherent", "platform-coherent"};
    const Plan bound = dmabench::bind(*make_plan({scenario}), targets);
    EXPECT_EQ(bound.points.size(), 3U);
    ASSERT_EQ(bound.excluded.size(), 1U);
    EXPECT_EQ(bound.excluded[0].name, "coherent/size:2/target:platform-coherent");
}

TEST(SweepStatistics, AreLaidOverThoseOfTheScenario) {
    const Scenario scenario = parsed(R"({"name": "a", "statistics": {"samples": 8, "discard": 1}, "sweeps": [
        {"matrix": {"strategy": "null", "size": 1}},
        {"statistics": {"discard": 0}, "matrix": {"strategy": "null", "size": 2}, "include": [{"strategy": "pool", "size": 1}]}]})");
    const Plan plan = *make_plan({scenario});
    ASSERT_EQ(plan.points.size(), 3U);
    for (const PlannedPoint& planned : plan.points) {
        EXPECT_EQ(planned.statistics.samples, 8U);
        EXPECT_EQ(planned.statistics.discard, planned.point.name() == "null/size:1/target:auto" ? 1U : 0U);
    }
}

TEST(Thresholds, AreKeptForTheReport) {
    const Scenario scenario = parsed(beside(
        R"(, "size": 1)",
        R"("thresholds": {"default": " 5 %", "overrides": [{"match": "^pool", "threshold": "0.5%"}]})"));
    EXPECT_EQ(scenario.thresholds.dump(),
              R"({"default":"5 %","overrides":[{"match":"^pool","threshold":"0.5%"}]})");
    EXPECT_TRUE(parsed(beside(R"(, "size": 1)", R"("title": "T")")).thresholds.is_null());
}

TEST_F(Extends, TheOwnKeysWin) {
    write("base.json", R"({"name": "base", "title": "Base", "question": "Q?",
        "statistics": {"samples": 8, "discard": 1}, "thresholds": {"default": "9%", "overrides": [{"match": "b", "threshold": "1%"}]},
        "matrix": {"strategy": "coherent", "size": [1, 2]}})");
    const Scenario scenario = load(R"({"extends": "base.json", "name": "own", "title": "Own",
        "statistics": {"discard": 0}, "thresholds": {"default": "5%", "overrides": [{"match": "a", "threshold": "2%"}]},
        "matrix": {"size": 4, "target": "pci"}})");
    EXPECT_EQ(scenario.name, "own");
    EXPECT_EQ(scenario.title, "Own");
    EXPECT_EQ(scenario.question, "Q?");
    EXPECT_EQ(scenario.statistics.samples, 8U);
    EXPECT_EQ(scenario.statistics.discard, 0U);
    EXPECT_THAT(names(scenario.points), ElementsAre("coherent/size:4/target:pci"));
    EXPECT_EQ(
        scenario.thresholds.dump(),
        R"({"default":"5%","overrides":[{"match":"a","threshold":"2%"},{"match":"b","threshold":"1%"}]})");
}

TEST_F(Extends, AxesGoIntoEverySweepAsWithSet) {
    write("base.json", R"({"sweeps": [
        {"matrix": {"strategy": "coherent", "size": [1, 2]}},
        {"matrix": {"strategy": "pool"}, "zip": {"size": [1, 2], "map_every": [1, 2]}}],
        "include": [{"strategy": "null", "size": 1}]})");
    EXPECT_THAT(names(load(R"({"extends": "base.json", "name": "a", "matrix": {"size": 8}})").points),
                ElementsAre("coherent/size:8/target:auto", "pool/map_every:1/size:8/target:auto",
                            "pool/map_every:2/size:8/target:auto", "null/size:8/target:auto"));
    EXPECT_THAT(
        names(
            load(
                R"({"extends": "base.json", "name": "a", "sweeps": [{"matrix": {"strategy": "null", "size": 2}}]})")
                .points),
        ElementsAre("coherent/size:1/target:auto", "coherent/size:2/target:auto",
                    "pool/map_every:1/size:1/target:auto", "pool/map_every:2/size:2/target:auto",
                    "null/size:2/target:auto", "null/size:1/target:auto"));
}

TEST_F(Extends, ZipReplacesZipAndTakesItsAxesOutOfTheMatrix) {
    write("base.json", R"({"matrix": {"strategy": "pool", "size": [1, 2]}})");
    EXPECT_THAT(
        names(load(R"({"extends": "base.json", "name": "a", "zip": {"size": [4, 8], "map_every": [1, 2]}})")
                  .points),
        ElementsAre("pool/map_every:1/size:4/target:auto", "pool/map_every:2/size:8/target:auto"));
}

TEST_F(Extends, AMatrixBecomesTheFirstOfTheSweeps) {
    write("base.json", R"({"matrix": {"strategy": "pool", "size": 1}})");
    EXPECT_THAT(
        names(
            load(
                R"({"extends": "base.json", "name": "a", "sweeps": [{"matrix": {"strategy": "null", "size": 2}}]})")
                .points),
        ElementsAre("pool/map_every:1/size:1/target:auto", "null/size:2/target:auto"));
}

TEST_F(Extends, PresetsByNameAndChainsAndLists) {
    write("presets/light.json", R"({"statistics": {"samples": 6, "max_samples": 7}})");
    write("presets/late.json", R"({"extends": "light", "statistics": {"discard": 0}})");
    write("sub/base.json", R"({"extends": "../other.json", "matrix": {"strategy": "pool"}})");
    write("other.json", R"({"matrix": {"size": 1}, "statistics": {"discard": 2}})");
    Overrides overrides;
    overrides.presets = {folder_ / "presets"};
    const Scenario scenario = load(R"({"extends": ["sub/base.json", "late"], "name": "a"})", overrides);
    EXPECT_THAT(names(scenario.points), ElementsAre("pool/map_every:1/size:1/target:auto"));
    EXPECT_EQ(scenario.statistics.max_samples, 7U);
    EXPECT_EQ(scenario.statistics.discard, 0U);
    EXPECT_EQ(error(R"({"extends": "ligth", "name": "a"})", overrides),
              "a.json:1:13: extends: unknown preset 'ligth'; expected one of late, light, or a file's path "
              "ending in "
              ".json (did you mean 'light'?) (at /extends)");
    EXPECT_EQ(error(R"({"extends": ["light", "othr.json"], "name": "a"})", overrides),
              "a.json:1:23: extends: othr.json: no such file (did you mean 'other.json'?) (at /extends/1)");
}

TEST_F(Extends, TheFlatTextSaysTheSameAlone) {
    write(
        "base.json",
        R"({"sweeps": [{"matrix": {"strategy": "coherent", "size": ["1..64 x2", 3]}, "exclude": [{"size": 4}]}],
        "statistics": {"ci": 0.5, "budget": "2s"}, "thresholds": {"default": "5%"}})");
    const Scenario scenario =
        load(R"({"extends": "base.json", "name": "a", "title": "\"T\" // é", "matrix": {"touch": "read"}})");
    ASSERT_FALSE(scenario.flat.empty());
    const Scenario again = parsed(scenario.flat);
    EXPECT_EQ(again.flat, "");
    EXPECT_EQ(again.sha256, scenario.sha256);
    EXPECT_EQ(again.title, scenario.title);
    EXPECT_EQ(names(again.points), names(scenario.points));
    EXPECT_EQ(again.statistics, scenario.statistics);
    EXPECT_EQ(again.thresholds, scenario.thresholds);
    EXPECT_EQ(again.excluded.size(), 1U);
}

TEST_F(Extends, MistakesAreToldWhereTheyAre) {
    write("base.json", "{\n  \"matrix\": {\"strategy\": \"pol\",\n \"size\": 1}}");
    EXPECT_THAT(
        error(R"({"extends": "base.json", "name": "a"})"),
        testing::AllOf(HasSubstr("base.json:2:26: strategy: unknown value 'pol'; expected one of null, "),
                       HasSubstr("(did you mean 'pool'?) (at /matrix/strategy)")));
    write("base.json", "{\n  \"matrx\": {}}");
    EXPECT_THAT(error(R"({"extends": "base.json", "name": "a"})"),
                HasSubstr("base.json:2:3: unknown key 'matrx'; "));
    write("base.json", "{\n  \"matrix\": }");
    EXPECT_THAT(error(R"({"extends": "base.json", "name": "a"})"), HasSubstr("base.json:2:13: "));
    write("base.json", "[]");
    EXPECT_EQ(error(R"({"extends": "base.json", "name": "a"})"),
              "base.json:1:1: a scenario must be an object; got an empty list");
    EXPECT_EQ(error(R"({"extends": "base.json"})"),
              "base.json:1:1: a scenario must be an object; got an empty list");
    EXPECT_EQ(error(R"({"extends": ".json/", "name": "a"})"),
              "a.json:1:13: extends: unknown preset '.json/'; expected a file's path ending in .json (at "
              "/extends)");
    fs::create_directories(folder_ / "folder.json");
    EXPECT_EQ(error(R"({"extends": "folder.json", "name": "a"})"),
              "a.json:1:13: extends: folder.json: is a directory; expected a file (at /extends)");
}

TEST_F(Extends, CirclesAndCrowdsAreErrors) {
    write("b.json", R"({"extends": "sub/c.json"})");
    write("sub/c.json", R"({"extends": "../a.json"})");
    EXPECT_EQ(error(R"({"extends": "b.json", "name": "a"})"),
              "sub/c.json:1:13: extends: a file must not extend itself: a.json -> b.json -> c.json -> a.json "
              "(at /extends)");
    for (int i = 0; i < 20; ++i) {
        write(fmt::format("d{}.json", i), fmt::format(R"({{"extends": ["d{0}.json", "d{0}.json"]}})", i + 1));
    }
    write("d20.json", "{}");
    EXPECT_THAT(error(R"({"extends": "d0.json", "name": "a"})"), HasSubstr("extends: more than 32 files"));
}

TEST_F(Extends, AndTheNameIsNeverAnothers) {
    write("base.json", R"({"name": "base", "matrix": {"strategy": "pool", "size": 1}})");
    EXPECT_EQ(error(R"({"extends": "base.json"})"), "a.json:1:1: key 'name' is missing");
}
