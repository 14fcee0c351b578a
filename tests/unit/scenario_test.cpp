// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/scenario.h"

#include <gtest/gtest.h>

#include "scenario/sha256.h"

using namespace dmabench;
using namespace std::chrono_literals;

namespace {

constexpr const char* small = R"({"name": "small", "matrix": {"strategy": "coherent", "size": 64}})";

/// A scenario with this matrix and nothing else.
std::string with_matrix(const std::string& matrix) {
    return R"({"name": "a", "matrix": )" + matrix + "}";
}

std::string with_statistics(const std::string& statistics) {
    return R"({"name": "a", "matrix": {"strategy": "null", "size": 1}, "statistics": )" + statistics + "}";
}

Scenario parsed(const std::string& text, const Overrides& overrides = {}) {
    auto scenario = parse_scenario(text, "a.json", overrides);
    EXPECT_TRUE(scenario) << scenario.error().message;
    return scenario ? *scenario : Scenario{};
}

/// Without the JSON pointer at its end, which has tests of its own.
std::string error_of(const std::string& text, const Overrides& overrides = {}) {
    const auto scenario = parse_scenario(text, "a.json", overrides);
    if (scenario) {
        return "no error";
    }
    EXPECT_EQ(scenario.error().kind, ErrorKind::usage);
    const std::string& message = scenario.error().message;
    return message.substr(0, message.rfind(" (at /"));
}

Overrides set(std::vector<std::string> options) {
    Overrides overrides;
    overrides.set = std::move(options);
    return overrides;
}

Overrides filter(const std::string& pattern) {
    Overrides overrides;
    overrides.filter = pattern;
    return overrides;
}

using Names = std::vector<std::string>;

Names names(const Scenario& scenario) {
    Names result;
    for (const Point& point : scenario.points) {
        result.push_back(point.name());
    }
    return result;
}

}  // namespace

TEST(Scenario, Smallest) {
    const Scenario scenario = parsed(small);
    EXPECT_EQ(scenario.name, "small");
    EXPECT_EQ(scenario.title, "small");
    EXPECT_EQ(scenario.question, "");
    EXPECT_EQ(scenario.file, "a.json");
    EXPECT_EQ(scenario.sha256, sha256_hex(small));
    EXPECT_EQ(scenario.statistics, Statistics{});
    EXPECT_EQ(names(scenario), (Names{"coherent/size:64/target:auto"}));
    ASSERT_EQ(scenario.sweeps.size(), 1U);
    EXPECT_EQ(scenario.sweeps[0].points, 1U);
    EXPECT_TRUE(scenario.excluded.empty());
}

TEST(Scenario, EveryKey) {
    const Scenario scenario = parsed(R"({
        "$schema": "scenario.schema.json",
        "name": "all_of_it", "title": "All of it", "question": "Is every key read?",
        "statistics": {"samples": 6, "max_samples": 12, "discard": 0, "sample_time": "200us", "budget": "2s",
                       "ci": 0.5, "histogram_laps": 0},
        "sweeps": [{"title": "One", "matrix": {"strategy": ["null", "coherent"], "size": [1, "4K..16K x2"]}},
                   {"matrix": {"strategy": "coherent", "size": ["8K", "1M"]}}]
    })");
    EXPECT_EQ(scenario.name, "all_of_it");
    EXPECT_EQ(scenario.title, "All of it");
    EXPECT_EQ(scenario.question, "Is every key read?");
    EXPECT_EQ(scenario.statistics, (Statistics{6, 12, 0, 200us, 2s, 0.5, 0}));
    EXPECT_EQ(names(scenario),
              (Names{"null/size:1/target:auto", "null/size:4096/target:auto", "null/size:8192/target:auto",
                     "null/size:16384/target:auto", "coherent/size:1/target:auto",
                     "coherent/size:4096/target:auto", "coherent/size:8192/target:auto",
                     "coherent/size:16384/target:auto", "coherent/size:1048576/target:auto"}));
    ASSERT_EQ(scenario.sweeps.size(), 2U);
    EXPECT_EQ(scenario.sweeps[0].title, "One");
    EXPECT_EQ(scenario.sweeps[0].points, 8U);
    EXPECT_EQ(scenario.sweeps[1].title, "All of it");
    EXPECT_EQ(scenario.sweeps[1].points, 1U);  // the other one is in the first sweep already
}

TEST(Scenario, StatisticsGiveWayToWhatIsAskedFor) {
    EXPECT_EQ(parsed(with_statistics(R"({"samples": 200})")).statistics.max_samples, 200U);
    EXPECT_EQ(parsed(with_statistics(R"({"max_samples": 7})")).statistics.samples, 7U);
    EXPECT_EQ(parsed(with_statistics(R"({"sample_time": "1s"})")).statistics.budget, 1s);
    EXPECT_EQ(parsed(with_statistics("{}")).statistics, Statistics{});
    EXPECT_EQ(parsed(with_statistics(R"({"ci": 1, "histogram_laps": "10K"})")).statistics.histogram_laps,
              10240U);
}

TEST(Scenario, StatisticsAreChecked) {
    const auto error = [](const std::string& statistics) {
        return error_of(with_statistics(statistics)).substr(std::string("a.json:1:").size());
    };
    EXPECT_EQ(error(R"({"samples": 5})"), "84: samples: 5 is out of range; expected 6 .. 10000");
    EXPECT_EQ(error(R"({"samples": 6.5})"), "84: samples: 6.5 is not a whole number; expected an integer");
    EXPECT_EQ(error(R"({"samples": true})"), "84: samples: expected an integer; got true");
    EXPECT_EQ(error(R"({"samples": 20, "max_samples": 10})"),
              "103: max_samples: 10 is less than samples, 20");
    EXPECT_EQ(error(R"({"discard": 1001})"), "84: discard: 1001 is out of range; expected 0 .. 1000");
    EXPECT_EQ(error(R"({"sample_time": "9us"})"),
              "88: sample_time: 9us is out of range; expected 10us .. 10s");
    EXPECT_EQ(error(R"({"sample_time": 1})"),
              "88: sample_time: expected a string with a unit, such as '250us', '1ms' or '2s'; got 1");
    EXPECT_EQ(error(R"({"budget": "999us"})"), "83: budget: 999us is less than sample_time, 1ms");
    EXPECT_EQ(error(R"({"budget": "2000min"})"),
              "83: budget: '2000min' has the unknown unit 'min'; expected ns, us, ms or s");
    EXPECT_EQ(error(R"({"ci": 0})"), "79: ci: 0 is out of range; expected 0.0001 .. 1");
    EXPECT_EQ(error(R"({"ci": "2%"})"), "79: ci: expected a number such as 0.02; got '2%'");
    EXPECT_EQ(
        error(R"({"sample": 6})"),
        "73: unknown key 'sample'; expected one of samples, max_samples, discard, sample_time, budget, ci, "
        "histogram_laps (did you mean 'samples'?)");
    EXPECT_EQ(error("[]"), "72: statistics must be an object; got an empty list");
}

TEST(Scenario, KeysAreChecked) {
    EXPECT_EQ(error_of(R"({"name": "a", "sizes": 1})"),
              "a.json:1:15: unknown key 'sizes'; expected one of extends, name, title, question, "
              "statistics, matrix, zip, include, exclude, sweeps, thresholds, $schema");
    EXPECT_EQ(error_of(R"({"name": "a", "size": 1})"),
              "a.json:1:15: 'size' is an axis; it belongs into 'matrix'");
    EXPECT_EQ(error_of(R"({"name": "a", "sweep": []})"),
              "a.json:1:15: unknown key 'sweep'; expected one of extends, name, title, question, "
              "statistics, matrix, zip, include, exclude, sweeps, thresholds, $schema (did you mean 'sweeps'?)");
    EXPECT_EQ(error_of(R"({"matrix": {}})"), "a.json:1:1: key 'name' is missing");
    EXPECT_EQ(error_of(R"({"name": "a"})"),
              "a.json:1:1: there is nothing to sweep; expected the key 'matrix' or 'sweeps'");
    EXPECT_EQ(error_of(R"({"name": "a", "matrix": {}, "sweeps": []})"),
              "a.json:1:29: 'matrix' and 'sweeps' exclude each other");
    EXPECT_EQ(error_of("[]"), "a.json:1:1: a scenario must be an object; got an empty list");
    EXPECT_EQ(error_of(R"({"name": 1, "matrix": {}})"), "a.json:1:10: name must be a string; got 1");
    EXPECT_EQ(error_of(R"({"name": "", "matrix": {}})"), "a.json:1:10: name is empty");
    EXPECT_EQ(error_of(R"({"name": "A b", "matrix": {}})"),
              "a.json:1:10: name 'A b' must be of lower-case letters, digits and '_'");
    EXPECT_EQ(error_of(R"({"name": "a", "title": "x\ny", "matrix": {}})"),
              "a.json:1:24: title must be one line without control characters");
    EXPECT_EQ(error_of(R"({"name": "a", "question": ")" + std::string(501, 'x') + R"("})"),
              "a.json:1:27: question is longer than 500 characters");
    EXPECT_EQ(error_of(R"({"name": "a", "$schema": 1, "matrix": {}})"),
              "a.json:1:26: $schema must be a string; got 1");
}

TEST(Scenario, SweepsAreChecked) {
    EXPECT_EQ(error_of(R"({"name": "a", "sweeps": []})"),
              "a.json:1:25: sweeps must be a list of at least one object; got an empty list");
    EXPECT_EQ(error_of(R"({"name": "a", "sweeps": {}})"),
              "a.json:1:25: sweeps must be a list of at least one object; got an object");
    EXPECT_EQ(error_of(R"({"name": "a", "sweeps": [1]})"), "a.json:1:26: a sweep must be an object; got 1");
    EXPECT_EQ(error_of(R"({"name": "a", "sweeps": [{}]})"), "a.json:1:26: the sweep has no 'matrix'");
    EXPECT_EQ(error_of(R"({"name": "a", "sweeps": [{"size": 1}]})"),
              "a.json:1:27: 'size' is an axis; it belongs into 'matrix'");
    EXPECT_EQ(error_of(R"({"name": "a", "sweeps": [{"title": 1, "matrix": {}}]})"),
              "a.json:1:36: title must be a string; got 1");
}

TEST(Scenario, AxesAreChecked) {
    const auto error = [](const std::string& matrix) {
        return error_of(with_matrix(matrix)).substr(std::string("a.json:1:").size());
    };
    EXPECT_EQ(error("[]"), "25: matrix must be an object of axes; got an empty list");
    EXPECT_EQ(error("{}"), "25: matrix is empty; expected at least strategy and size");
    EXPECT_EQ(error(R"({"size": 1})"), "25: matrix has no 'strategy'");
    EXPECT_EQ(error(R"({"strategy": "null"})"), "25: matrix has no 'size'");
    EXPECT_EQ(
        error(R"({"sizes": 1})"),
        "26: unknown axis 'sizes'; expected one of strategy, size, direction, target, source, map_every, "
        "sync_every, sync_offset, sync_bytes, touch, touch_bytes, dirty, cache_state, transfer, ownership, "
        "cache_mode, access, pattern, width, batch, unmap_cpu, offset, mask_bits, node, threads (did you "
        "mean 'size'?)");
    EXPECT_EQ(error(R"({"size": []})"), "34: size: the list is empty; expected at least one value");
    EXPECT_EQ(error(R"({"size": 0})"), "34: size: 0 is out of range; expected 1 .. 67108864 (64M) bytes");
    EXPECT_EQ(error(R"({"size": [1, "1G"]})"),
              "38: size: 1073741824 is out of range; expected 1 .. 67108864 (64M) bytes");
    EXPECT_EQ(error(R"({"size": "4K..1K x2"})"),
              "34: size: range '4K..1K x2' descends; write the smaller bound first");
    EXPECT_EQ(error(R"({"size": -1})"), "34: size: '-1' is negative; expected an integer such as 4096 or 4K");
    EXPECT_EQ(error(R"({"size": 1e3})"), "34: size: 1e3 is not a whole number; expected an integer");
    EXPECT_EQ(error(R"({"size": 99999999999999999999})"), "34: size: '99999999999999999999' is too large");
    EXPECT_EQ(
        error(R"({"size": {}})"),
        "34: size: expected an integer, a string such as '4K' or '4K..64K x2', or a list of these; got an "
        "object");
    EXPECT_EQ(error(R"({"size": [[1]]})"),
              "35: size: expected an integer, a string such as '4K' or '4K..64K x2', or a list of these; got "
              "a list");
    EXPECT_EQ(error(R"({"strategy": 1})"), "38: strategy: expected a string or a list of strings; got 1");
    EXPECT_EQ(
        error(R"({"strategy": ["null", "steaming_page"]})"),
        "47: strategy: unknown value 'steaming_page'; expected one of null, coherent, write_combine, pool, "
        "streaming_single, streaming_page, streaming_sg, noncoherent, noncontiguous, streaming_recycle, copy "
        "(did you mean 'streaming_page'?)");
    EXPECT_EQ(
        error(R"({"strategy": "null", "size": 1, "touch": "reed"})"),
        "66: touch: unknown value 'reed'; expected one of none, read, write, copy (did you mean 'read'?)");
    EXPECT_EQ(error(R"({"strategy": "null", "size": 1, "size": 2})"), "57: key 'size' is given twice");
}

TEST(Scenario, MatricesOfWhichNothingIsPossible) {
    const auto error = [](const std::string& axes) {
        return error_of(with_matrix(R"({"size": 64, )" + axes + "}")).substr(std::string("a.json:1:").size());
    };
    EXPECT_EQ(
        error(R"("strategy": "streaming_page", "cache_mode": "coherent", "access": "read")"),
        "68: no combination of this matrix is possible: streaming_page cannot be mmap()ed coherent, only "
        "cached, writecombine, uncached");
    EXPECT_EQ(error(R"("strategy": ["null", "pool"], "cache_mode": "cached", "access": "read")"),
              "68: no combination of this matrix is possible: pool memory cannot be mmap()ed");
    EXPECT_EQ(error(R"("strategy": ["null", "coherent"], "access": "read")"),
              "72: access needs a cache_mode, one of cached, writecombine, uncached, coherent");
    EXPECT_EQ(error(R"("strategy": "coherent", "cache_mode": ["none", "coherent"])"),
              "62: cache_mode needs an access, one of read, write, copy");
    EXPECT_EQ(
        error(R"("strategy": "streaming_page", "cache_mode": "cached", "access": "read", "map_every": 1)"),
        "110: no combination of this matrix is possible: access needs map_every 0, not 1: user space keeps "
        "its mapping");
    EXPECT_EQ(error(R"("strategy": "coherent", "cache_mode": "coherent", "access": "read", "touch": "read")"),
              "106: no combination of this matrix is possible: touch and access exclude each other: a lap is "
              "either "
              "in the kernel or in user space");
    EXPECT_EQ(
        error(R"("strategy": "streaming_page", "sync_every": 1, "sync_offset": 1, "sync_bytes": 64)"),
        "103: no combination of this matrix is possible: sync_offset 1 and sync_bytes 64 exceed size 64");
    EXPECT_EQ(error(R"("strategy": "coherent", "touch": "read", "touch_bytes": "128..1K x2")"),
              "79: no combination of this matrix is possible: touch_bytes 128 exceeds size 64");
}

TEST(Scenario, ImpossibleCombinationsBesidePossibleOnesAreExcluded) {
    const Scenario scenario = parsed(with_matrix(
        R"({"strategy": "coherent", "size": [64, 128], "touch": "read", "touch_bytes": [64, 128]})"));
    EXPECT_EQ(scenario.points.size(), 3U);
    ASSERT_EQ(scenario.excluded.size(), 1U);
    EXPECT_EQ(scenario.excluded[0].name, "coherent/size:64/touch:read/touch_bytes:128");
    EXPECT_EQ(scenario.excluded[0].reason, "touch_bytes 128 exceeds size 64");
}

TEST(Scenario, CombinationsAreCountedBeforeTheyAreMade) {
    Overrides overrides;
    overrides.max_points = 10;
    EXPECT_EQ(
        error_of(with_matrix(R"({"strategy": ["null", "pool"], "size": "1..6 +1"})"), overrides),
        "a.json:1:25: 12 combinations are more than the 10 allowed; use fewer values, several scenarios, or --max-points");
    EXPECT_EQ(error_of(with_matrix(R"({"strategy": ["null", "pool"], "size": "1..5 +1"})"), overrides),
              "no error");
    EXPECT_EQ(
        error_of(R"({"name": "a", "sweeps": [{"matrix": {"strategy": "null", "size": "1..6 +1"}},
                                                   {"matrix": {"strategy": "pool", "size": "1..6 +1"}}]})",
                 overrides),
        "a.json:2:63: 12 combinations are more than the 10 allowed; use fewer values, several scenarios, or --max-points");
    EXPECT_EQ(
        error_of(with_matrix(R"({"strategy": "pool", "size": "1..64M +1", "map_every": "0..4G +1"})")),
        "a.json:1:25: 288230376218820608 combinations are more than the 100000 allowed; use fewer values, "
        "several scenarios, or --max-points");
    EXPECT_EQ(
        error_of(with_matrix(R"({"strategy": "streaming_page", "size": "1..64M +1", "map_every": "0..4G +1",
                                       "sync_every": "0..4G +1"})")),
        "a.json:1:25: at least 18446744073709551615 combinations are more than the 100000 allowed; use fewer "
        "values, several scenarios, or --max-points");
}

TEST(Scenario, SetReplacesAnAxisInEveryMatrix) {
    const std::string text = R"({"name": "a", "sweeps": [
        {"matrix": {"strategy": "null", "size": [1, 2]}}, {"matrix": {"strategy": "coherent", "size": 4}}]})";
    EXPECT_EQ(names(parsed(text, set({"size=64, 4K", "target=pci"}))),
              (Names{"null/size:64/target:pci", "null/size:4096/target:pci", "coherent/size:64/target:pci",
                     "coherent/size:4096/target:pci"}));
    EXPECT_EQ(names(parsed(text, set({"size=1..4 x2", "strategy=null"}))),
              (Names{"null/size:1/target:auto", "null/size:2/target:auto", "null/size:4/target:auto"}));
    EXPECT_EQ(names(parsed(with_matrix(R"({"strategy": "null"})"), set({"size=1"}))),
              (Names{"null/size:1/target:auto"}));
}

TEST(Scenario, SetMayEmptyAMatrixButNotAll) {
    const std::string text = R"({"name": "a", "sweeps": [
        {"matrix": {"strategy": "coherent", "size": 128, "touch": "read", "touch_bytes": 128}},
        {"matrix": {"strategy": "coherent", "size": 128}}]})";
    const Scenario scenario = parsed(text, set({"size=64"}));
    EXPECT_EQ(names(scenario), (Names{"coherent/size:64/target:auto"}));
    EXPECT_EQ(scenario.sweeps[0].points, 0U);
    EXPECT_EQ(scenario.excluded.size(), 1U);
    EXPECT_EQ(error_of(text, set({"touch=read", "touch_bytes=256"})),
              "a.json: with --set no combination is possible: touch_bytes 256 exceeds size 128");
}

TEST(Scenario, SetIsChecked) {
    const auto error = [](std::vector<std::string> options) {
        return error_of(small, set(std::move(options)));
    };
    EXPECT_EQ(error({"size"}), "--set size: expected AXIS=VALUES, such as size=4K,64K");
    EXPECT_EQ(
        error({"sise=4K"}),
        "--set sise=4K: unknown axis 'sise'; expected one of strategy, size, direction, target, source, "
        "map_every, sync_every, sync_offset, sync_bytes, touch, touch_bytes, dirty, cache_state, transfer, "
        "ownership, cache_mode, access, pattern, width, batch, unmap_cpu, offset, mask_bits, node, threads "
        "(did you mean 'size'?)");
    EXPECT_EQ(error({"size="}), "--set size=: a value is missing; expected one or more, separated by commas");
    EXPECT_EQ(error({"size=4K,"}),
              "--set size=4K,: a value is missing; expected one or more, separated by commas");
    EXPECT_EQ(error({"size=0"}), "--set size=0: 0 is out of range; expected 1 .. 67108864 (64M) bytes");
    EXPECT_EQ(error({"size=4K..1K x2"}),
              "--set size=4K..1K x2: range '4K..1K x2' descends; write the smaller bound first");
    EXPECT_EQ(error({"touch=reed"}),
              "--set touch=reed: unknown value 'reed'; expected one of none, read, write, copy (did you mean "
              "'read'?)");
    EXPECT_EQ(error({"size=1", "size=2"}), "--set size=2: size is set twice; give all of its values at once");
    EXPECT_EQ(
        error({"access=read"}),
        "--set access=read: access needs a cache_mode, one of cached, writecombine, uncached, coherent");
    EXPECT_EQ(error({"si\nze=1"}).substr(0, 45), "--set si\\nze=1: unknown axis 'si\\nze'; expect");
}

TEST(Scenario, FilterKeepsWhatMatches) {
    const std::string text = with_matrix(R"({"strategy": ["null", "coherent"], "size": [1, 2]})");
    const Scenario scenario = parsed(text, filter("^coherent.*size:2"));
    EXPECT_EQ(names(scenario), (Names{"coherent/size:2/target:auto"}));
    EXPECT_EQ(scenario.sweeps[0].points, 1U);
    EXPECT_EQ(error_of(text, filter("pool")),
              "a.json: none of 4 points passes --filter 'pool'; names are like null/size:1/target:auto, "
              "null/size:2/target:auto, coherent/size:1/target:auto");
    EXPECT_EQ(
        error_of(text, filter("pool(")),
        "--filter 'pool(': unbalanced '(' or ')', or a repetition of nothing; write '\\(' for the character "
        "itself, '.*' for any text");
}

TEST(Scenario, LoadsFiles) {
    const std::filesystem::path quick = std::filesystem::path(DMABENCH_SOURCE_DIR) / "scenarios/quick.json";
    const auto scenario = load_scenario(quick);
    ASSERT_TRUE(scenario) << scenario.error().message;
    EXPECT_EQ(scenario->name, "quick");
    EXPECT_EQ(scenario->file, quick);
    EXPECT_EQ(load_scenario("/nowhere.json").error().message, "/nowhere.json: no such file");
    EXPECT_EQ(load_scenario(DMABENCH_SOURCE_DIR).error().message,
              std::string(DMABENCH_SOURCE_DIR) + ": is a directory; expected a file");
}
