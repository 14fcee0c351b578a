// SPDX-License-Identifier: GPL-2.0-only
// The scenarios that ship, their schema for editors, and what damage to a file can do.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "plan/axis.h"
#include "plan/plan.h"
#include "scenario/keys.h"
#include "scenario/located_json.h"
#include "scenario/scenario.h"
#include "scenario/values.h"

using namespace dmabench;

namespace {

const std::filesystem::path scenarios = std::filesystem::path(DMABENCH_SOURCE_DIR) / "scenarios";

std::vector<std::filesystem::path> shipped() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(scenarios)) {
        if (entry.path().extension() == ".json" && entry.path().stem().extension() != ".schema") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

nlohmann::json schema() {
    return nlohmann::json::parse(*read_small_file(scenarios / "scenario.schema.json"));
}

std::set<std::string> keys_of(const nlohmann::json& object) {
    std::set<std::string> keys;
    for (const auto& [key, value] : object.items()) {
        keys.insert(key);
    }
    return keys;
}

std::set<std::string> set_of(std::span<const std::string_view> words) {
    return {words.begin(), words.end()};
}

/// An axis' schema is a value, or a list of the same.
nlohmann::json value_of(const nlohmann::json& axis) {
    EXPECT_EQ(axis.at("anyOf").at(0), axis.at("anyOf").at(1).at("items"));
    EXPECT_EQ(axis.at("anyOf").at(1).at("minItems"), 1);
    return axis.at("anyOf").at(0);
}

std::regex pattern_of(const nlohmann::json& value) {
    return std::regex(value.at("pattern").get<std::string>());
}

bool is_one_line_with_a_position(const std::string& message) {
    static const std::regex shape("quick\\.json:[1-9][0-9]*:[1-9][0-9]*: [^\\n\\r]+");
    return std::regex_match(message, shape);
}

}  // namespace

TEST(ShippedScenarios, Load) {
    Overrides overrides;
    overrides.presets = {scenarios / "presets", scenarios};
    std::vector<Scenario> all;
    for (const auto& file : shipped()) {
        auto scenario = load_scenario(file, overrides);
        ASSERT_TRUE(scenario) << scenario.error().message;
        EXPECT_EQ(scenario->name, file.stem());
        EXPECT_NE(scenario->title, scenario->name);
        EXPECT_TRUE(scenario->question.ends_with("?"));
        EXPECT_EQ(scenario->points.front().strategy, "null") << "the baseline is missing";
        all.push_back(std::move(*scenario));
    }
    EXPECT_GE(all.size(), 5U);
    const auto plan = make_plan(all);
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(plan->scenarios.size(), all.size());
}

TEST(ShippedScenarios, PresetsCanBeExtended) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(scenarios / "presets")) {
        Overrides overrides;
        overrides.presets = {scenarios / "presets"};
        const std::string text =
            fmt::format(R"({{"extends": "{}", "name": "a", "matrix": {{"strategy": "null", "size": 1}}}})",
                        entry.path().stem().string());
        const auto scenario = parse_scenario(text, "a.json", overrides);
        ASSERT_TRUE(scenario) << scenario.error().message;
        EXPECT_NE(scenario->statistics, Statistics{});
        ++count;
    }
    EXPECT_GE(count, 2U);
}

TEST(ShippedScenarios, QuickIsQuick) {
    const Scenario quick = *load_scenario(scenarios / "quick.json");
    EXPECT_GE(quick.points.size(), 100U);
    EXPECT_LE(quick.points.size(), 130U);
    EXPECT_TRUE(quick.excluded.empty());
    EXPECT_LE(quick.statistics.sample_time, std::chrono::microseconds(200));
    std::set<std::string> strategies;
    std::map<std::uint64_t, int> sizes;
    for (const Point& point : quick.points) {
        strategies.insert(point.strategy);
        ++sizes[point.size];
    }
    EXPECT_EQ(strategies, set_of(find_axis("strategy")->words));
    EXPECT_EQ(sizes.rbegin()->first, 256U << 10);  // what swiotlb maps at most
    EXPECT_LE(sizes.rbegin()->second, 4);
}

TEST(Schema, HasEveryKey) {
    const auto all = schema();
    EXPECT_EQ(keys_of(all.at("properties")), set_of(keys::scenario));
    const auto& definitions = all.at("definitions");
    EXPECT_EQ(keys_of(definitions.at("sweep").at("properties")), set_of(keys::sweep));
    EXPECT_EQ(keys_of(definitions.at("statistics").at("properties")), set_of(keys::statistics));
    EXPECT_EQ(keys_of(definitions.at("matrix").at("properties")), set_of(axis_names()));
    const auto& thresholds = definitions.at("thresholds");
    const auto& threshold = thresholds.at("properties").at("overrides").at("items");
    EXPECT_EQ(keys_of(thresholds.at("properties")), set_of(keys::thresholds));
    EXPECT_EQ(keys_of(threshold.at("properties")), set_of(keys::threshold_override));
    const auto& exclusion = definitions.at("exclude").at("items");
    std::set<std::string> axes_and_reason = set_of(axis_names());
    axes_and_reason.emplace(keys::reason);
    EXPECT_EQ(keys_of(exclusion.at("properties")), axes_and_reason);
    for (const auto& [key, value] : exclusion.at("properties").items()) {
        EXPECT_TRUE(key == keys::reason || value.at("$ref") == "#/definitions/matrix/properties/" + key)
            << key;
    }
    for (const auto& object : {all, definitions.at("sweep"), definitions.at("statistics"),
                               definitions.at("matrix"), thresholds, threshold, exclusion}) {
        EXPECT_EQ(object.at("type"), "object");
        EXPECT_EQ(object.at("additionalProperties"), false);
    }
    EXPECT_EQ(all.at("properties").at("name").at("maxLength"), keys::name_length);
    EXPECT_EQ(all.at("properties").at("title").at("maxLength"), keys::text_length);
}

TEST(Schema, HasEveryValueOfEveryAxis) {
    const auto matrix = schema().at("definitions").at("matrix").at("properties");
    for (const Axis& axis : all_axes()) {
        SCOPED_TRACE(axis.name);
        const auto value = value_of(matrix.at(std::string(axis.name)));
        if (axis.kind == AxisKind::integer) {
            EXPECT_EQ(value.at("anyOf").at(0).at("type"), "integer");
            EXPECT_EQ(value.at("anyOf").at(0).at("minimum"), axis.min);
            EXPECT_EQ(value.at("anyOf").at(0).at("maximum"), axis.max);
            EXPECT_EQ(value.at("anyOf").at(1).at("$ref"), "#/definitions/range");
            continue;
        }
        const auto& words = axis.kind == AxisKind::target ? value.at("anyOf").at(0) : value;
        // A word that is a number may be written as one.
        std::vector<std::string> listed;
        for (const auto& word : words.at("enum"))
            if (word.is_string())
                listed.push_back(word);
        EXPECT_EQ(listed, std::vector<std::string>(axis.words.begin(), axis.words.end()));
    }
}

TEST(Schema, PatternsAcceptWhatTheParserAccepts) {
    const auto all = schema();
    const std::regex range = pattern_of(all.at("definitions").at("range"));
    for (const char* text :
         {"64", "4K", "4KiB", "4 KiB", "4k", "1G", "4K..4M x2", "0..16 +4", "1..100x10", " 1 .. 2 +1", "",
          "4KB", "4K..4M", "x2", "-1", "1.5K", "4K..4M *2", "..4M x2", "many"}) {
        EXPECT_EQ(std::regex_search(text, range), parse_range(text).has_value()) << text;
    }
    const auto& statistics = all.at("definitions").at("statistics").at("properties");
    const std::regex duration = pattern_of(statistics.at("sample_time"));
    for (const char* text : {"1ns", "10us", "1ms", "2s", "2 s", "", "1", "1m", "1.5ms", "-1s", "1 min"}) {
        EXPECT_EQ(std::regex_search(text, duration), parse_duration(text).has_value()) << text;
    }
    const std::regex share = pattern_of(all.at("definitions").at("share"));
    for (const char* text :
         {"5%", "0.5%", " 5 % ", "5.%", "", "5", "%", "-1%", ".5%", "5%%", "1e2%", "a%", "+5%"}) {
        EXPECT_EQ(std::regex_search(text, share), parse_percent(text).has_value()) << text;
    }
    const Axis& target = *find_axis("target");
    const std::regex address = pattern_of(
        value_of(all.at("definitions").at("matrix").at("properties").at("target")).at("anyOf").at(1));
    for (const char* text :
         {"pci:0000:03:00.0", "pci:03:00.0", "pci:AB:1f.7", "pci:", "pci:0000:03:00.8", "pci:1"}) {
        EXPECT_EQ(std::regex_search(text, address), target.check(std::string(text)).has_value()) << text;
    }
}

TEST(Schema, LimitsAndDefaultsOfStatistics) {
    const auto properties = schema().at("definitions").at("statistics").at("properties");
    const Statistics defaults;
    const auto check = [&](const char* key, const auto& limits, const auto& by_default) {
        EXPECT_EQ(properties.at(key).at("minimum"), limits.least) << key;
        EXPECT_EQ(properties.at(key).at("maximum"), limits.most) << key;
        EXPECT_EQ(properties.at(key).at("default"), by_default) << key;
    };
    check("samples", keys::samples, defaults.samples);
    check("max_samples", keys::samples, defaults.max_samples);
    check("discard", keys::discard, defaults.discard);
    check("ci", keys::ci, defaults.ci);
    check("histogram_laps", keys::histogram_laps, defaults.histogram_laps);
    EXPECT_EQ(parse_duration(properties.at("sample_time").at("default").get<std::string>()),
              defaults.sample_time);
    EXPECT_EQ(parse_duration(properties.at("budget").at("default").get<std::string>()), defaults.budget);
}

TEST(DamagedScenario, EveryPrefixIsAnErrorWithAPlace) {
    const std::string text = *read_small_file(scenarios / "quick.json");
    const std::size_t end = text.rfind('}');
    for (std::size_t length = 0; length <= end; ++length) {
        const auto scenario = parse_scenario(text.substr(0, length), "quick.json");
        ASSERT_FALSE(scenario) << length;
        ASSERT_TRUE(is_one_line_with_a_position(scenario.error().message)) << scenario.error().message;
    }
}

TEST(DamagedScenario, EveryChangedByteIsReadOrIsAnErrorWithAPlace) {
    const std::string text = *read_small_file(scenarios / "quick.json");
    constexpr std::string_view replacements("\0\n\"\\{}[],:/*-0x \x7f\xc3\xff", 19);
    std::size_t accepted = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        // One replacement per byte, so that the test stays short; all of them come by.
        std::string damaged = text;
        damaged[at] = replacements[at % replacements.size()];
        const auto scenario = parse_scenario(damaged, "quick.json");
        accepted += scenario ? 1 : 0;
        ASSERT_TRUE(scenario || is_one_line_with_a_position(scenario.error().message))
            << scenario.error().message;
        damaged.erase(at, 1);
        const auto shorter = parse_scenario(damaged, "quick.json");
        ASSERT_TRUE(shorter || is_one_line_with_a_position(shorter.error().message))
            << shorter.error().message;
    }
    EXPECT_GT(accepted, 0U);  // in comments and white space
}
