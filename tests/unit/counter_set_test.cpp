// SPDX-License-Identifier: GPL-2.0-only
#include "counters/counter_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "counters/counters.h"
#include "counters/formula.h"
#include "counters/sets.h"
#include "report/metrics.h"

namespace dmabench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::optional<double> value_of(std::string_view formula) {
    const auto value =
        evaluate(formula, [](std::string_view name) -> tl::expected<std::optional<double>, std::string> {
            if (name == "a")
                return std::optional(6.0);
            if (name == "zero")
                return std::optional(0.0);
            if (name == "unknown_here")
                return std::optional<double>();
            return tl::unexpected(std::string("no such name"));
        });
    EXPECT_TRUE(value) << formula << ": " << value.error().message;
    return value.value_or(std::nullopt);
}

TEST(Formula, BindsAsInArithmetic) {
    EXPECT_EQ(value_of("2 + 3 * 4"), 14);
    EXPECT_EQ(value_of("(2 + 3) * 4"), 20);
    EXPECT_EQ(value_of("20 / 2 / 5 - 1"), 1);
    EXPECT_EQ(value_of("8 - 3 - 2"), 3);
    EXPECT_EQ(value_of(" 100*a / 1.5 "), 400);
}

TEST(Formula, WhatIsNotKnownMakesTheWholeUnknown) {
    EXPECT_EQ(value_of("a + unknown_here"), std::nullopt);
    EXPECT_EQ(value_of("a * unknown_here / 2"), std::nullopt);
    EXPECT_EQ(value_of("a / zero"), std::nullopt);
    EXPECT_EQ(value_of("zero / a"), 0);
}

TEST(Formula, ErrorsTellThePlace) {
    const auto error_of = [](std::string_view formula) {
        const auto value =
            evaluate(formula, [](std::string_view name) -> tl::expected<std::optional<double>, std::string> {
                return name == "a" ? tl::expected<std::optional<double>, std::string>(std::optional(1.0))
                                   : tl::unexpected(std::string("no such name"));
            });
        EXPECT_FALSE(value) << formula;
        return value ? FormulaError{} : value.error();
    };
    EXPECT_EQ(error_of("a + b").offset, 4U);
    EXPECT_EQ(error_of("a + b").message, "no such name");
    EXPECT_EQ(error_of("a +").message, "expected a number, a name or '(', but the formula ends");
    EXPECT_EQ(error_of("(a").message, "expected ')', but the formula ends");
    EXPECT_EQ(error_of("a a").message, "expected +, -, * or /, but 'a' is in its place");
    EXPECT_EQ(error_of("1.2.3 * a").message, "'1.2.3' is not a number");
    EXPECT_EQ(error_of(std::string(100, '(')).message, "is nested too deep, but '(' is in its place");
    EXPECT_EQ(error_of("a; a").offset, 1U);
}

std::string error_of(const std::string& text) {
    const auto set = parse_counter_set(text, "s.json");
    EXPECT_FALSE(set);
    return set ? "" : set.error().message;
}

TEST(CounterSet, ReadsEventsAndMetrics) {
    const auto set = parse_counter_set(R"({ // a comment
        "name": "mine", "question": "why?",
        "events": ["L1-dcache-loads", {"event": "swiotlb:swiotlb_bounced", "as": "bounces"}],
        "metrics": [{"name": "bounces_per_load", "formula": "bounces / L1_dcache_loads"}]
    })",
                                       "s.json");
    ASSERT_TRUE(set) << set.error().message;
    EXPECT_EQ(set->title, "mine");
    ASSERT_EQ(set->events.size(), 2U);
    EXPECT_EQ(set->events[0].key, "L1_dcache_loads");
    EXPECT_EQ(set->events[1].key, "bounces");
    EXPECT_EQ(set->metrics[0].formula, "bounces / L1_dcache_loads");
}

TEST(CounterSet, ErrorsHaveFileLineAndColumn) {
    EXPECT_EQ(error_of("[]"), "s.json:1:1: a counter set must be an object; got an empty list");
    EXPECT_EQ(error_of(R"({"question": "q", "events": ["cycles"]})"), "s.json:1:1: key 'name' is missing");
    EXPECT_THAT(error_of("{\"name\": \"n\", \"question\": \"q\",\n \"event\": []}"),
                StartsWith("s.json:2:2: unknown key 'event'; expected one of name, title, "));
    EXPECT_EQ(error_of(R"({"name": "n", "question": "q", "events": []})"),
              "s.json:1:42: events must be a list of at least one item; got an empty list (at /events)");
    EXPECT_EQ(error_of(R"({"name": "n", "question": "q", "events": ["a b"]})"),
              "s.json:1:43: 'a b' is not the name of an event (at /events/0)");
    EXPECT_EQ(error_of(R"({"name": "n", "question": "q", "events": ["a", "a"]})"),
              "s.json:1:48: 'a' is there twice (at /events/1)");
    EXPECT_THAT(error_of(R"({"name": "n", "question": "q", "events": [{"event": "a", "as": "a-b"}]})"),
                HasSubstr("1:64: 'a-b' must be of letters"));
    EXPECT_THAT(error_of(R"({"name": "n", "question": "q", "events": [{"event": "a", "as": "bytes"}]})"),
                HasSubstr("1:64: 'bytes' is what formulas call the point's own"));
    const std::string head = R"({"name": "n", "question": "q", "events": ["cycles"], "metrics": [)";
    EXPECT_THAT(error_of(head + R"({"name": "x", "formula": "cycles"}]})"),
                HasSubstr("1:75: 'x' must tell its unit: expected "));
    EXPECT_EQ(error_of(head + R"({"name": "x_pct", "formula": "1 / cycle"}]})"),
              "s.json:1:100: formula: unknown name 'cycle'; expected one of bytes, ns, cycles (did you mean 'cycles'?)");
}

TEST(CounterSet, AllThatAreBuiltInAreGood) {
    std::set<std::string> names;
    for (const BuiltInSet& file : built_in_sets) {
        const auto set = parse_counter_set(file.text, file.file);
        ASSERT_TRUE(set) << set.error().message;
        EXPECT_EQ(fmt::format("counters/{}.json", set->name), file.file);
        EXPECT_FALSE(set->text.empty()) << set->name;
        EXPECT_FALSE(set->metrics.empty()) << set->name;
        for (const Metric& metric : set->metrics)
            EXPECT_FALSE(metric.text.empty()) << metric.name;
        names.insert(set->name);
    }
    std::set<std::string> files;
    for (const auto& entry : fs::directory_iterator(DMABENCH_SOURCE_DIR "/counters"))
        if (entry.path().extension() == ".json")
            files.insert(entry.path().stem());
    EXPECT_EQ(names, files);
    EXPECT_EQ(counter_sets().size(), files.size());
    EXPECT_TRUE(names.contains("default"));
}

TEST(CounterSelection, TakesSetsAndEventsTogether) {
    const auto chosen = select_counters("default,page-faults,swiotlb:swiotlb_bounced,mapping");
    ASSERT_TRUE(chosen) << chosen.error().message;
    EXPECT_EQ(chosen->sets.size(), 2U);
    std::set<std::string> events;
    for (const CounterEvent& event : chosen->events)
        EXPECT_TRUE(events.insert(event.event).second) << event.event;
    EXPECT_TRUE(events.contains("cycles") && events.contains("iommu:map"));
    for (const CounterEvent& event : chosen->traced())
        EXPECT_THAT(event.event, HasSubstr(":"));
    EXPECT_EQ(chosen->traced().size() + chosen->timed().size(), chosen->events.size());
    EXPECT_TRUE(select_counters("none")->events.empty());
}

TEST(CounterSelection, AWordThatIsAlmostASetIsAMistake) {
    const auto chosen = select_counters("page-faults,defualt");
    ASSERT_FALSE(chosen);
    EXPECT_EQ(chosen.error().kind, ErrorKind::usage);
    EXPECT_THAT(chosen.error().message, StartsWith("--counters: 'defualt' is neither a set nor an event; the sets are "));
    EXPECT_THAT(chosen.error().message, HasSubstr("(did you mean 'default'?)"));
    EXPECT_FALSE(select_counters("no/such/file.json"));
    // an event of another machine's CPU: listed as unavailable
    EXPECT_TRUE(select_counters("MEM_LOAD_RETIRED:L1_HIT"));
}

TEST(PerfEvent, TellsTracepointsFromEventsWithModifiers) {
    EXPECT_TRUE(is_tracepoint("swiotlb:swiotlb_bounced"));
    EXPECT_TRUE(is_tracepoint("iommu:map"));
    EXPECT_FALSE(is_tracepoint("cycles:u"));
    EXPECT_FALSE(is_tracepoint("page-faults"));
    EXPECT_FALSE(is_tracepoint("MEM_LOAD_RETIRED:L1_HIT"));
    EXPECT_FALSE(is_tracepoint("perf::CYCLES"));
}

TEST(PerfEvent, ReadsListsOfCpus) {
    EXPECT_THAT(parse_cpu_list("0-3,8"), ElementsAre(0, 1, 2, 3, 8));
    EXPECT_THAT(parse_cpu_list("7"), ElementsAre(7));
    EXPECT_TRUE(parse_cpu_list("").empty());
}

TEST(PerfEvent, FindsThePmusOfAHybridMachine) {
    const fs::path root = fs::path(testing::TempDir()) / "hybrid";
    fs::remove_all(root);
    const auto pmu = [&](const char* name, const char* type, const char* file, const char* cpus) {
        fs::create_directories(root / name);
        std::ofstream(root / name / "type") << type << "\n";
        std::ofstream(root / name / file) << cpus << "\n";
    };
    pmu("cpu_core", "4", "cpus", "0-7");
    pmu("uncore_imc", "12", "cpumask", "0");
    EXPECT_TRUE(core_pmus(root).empty()) << "one kind of CPU only";
    pmu("cpu_atom", "10", "cpus", "8-15");
    const auto pmus = core_pmus(root);
    ASSERT_EQ(pmus.size(), 2U);
    EXPECT_EQ(pmus[0].name, "cpu_atom");
    EXPECT_EQ(pmus[0].type, 10U);
    EXPECT_THAT(pmus[0].cpus, ElementsAre(8, 9, 10, 11, 12, 13, 14, 15));
    EXPECT_EQ(pmus[1].name, "cpu_core");
    EXPECT_EQ(no_counter(&pmus[0]), "cpu_atom, the PMU of the CPU in use, has no counter for it");
    EXPECT_THAT(no_counter(nullptr), testing::StartsWith("no hardware counter for it here"));
}

TEST(CountTotals, AnEventThatTookTurnsIsScaledAndSaysSo) {
    CountTotals totals;
    for (int window = 0; window < 4; ++window) {
        std::vector<Count> counts{{"always", "always_per_lap", 1010, 100}};
        if (window % 2 == 0)
            counts.push_back({"half", "half_per_lap", 200, 50});
        totals.add(counts);
    }
    const auto counts = totals.per_lap(100, {{"always", "", 10, 100}});
    ASSERT_EQ(counts.size(), 2U);
    EXPECT_DOUBLE_EQ(counts[0].value, 10);
    EXPECT_DOUBLE_EQ(counts[0].running_pct, 100);
    // counted in 2 of 4 windows, and in half of each of them
    EXPECT_DOUBLE_EQ(counts[1].value, 2);
    EXPECT_DOUBLE_EQ(counts[1].running_pct, 25);
}

TEST(Metrics, AreMadeOfWhatWasCounted) {
    nlohmann::ordered_json row{{"real_time", 50.0}, {"dmabench", {{"params", {{"size", 4096}}}}}};
    add_counts(row, {{"cycles", "cycles_per_lap", 200, 100}, {"nothing", "nothing_per_lap", 0, 100}});
    EXPECT_EQ(row["cycles_per_lap"], 200);
    EXPECT_FALSE(row.contains("nothing_per_lap")) << "a row's numbers are above 0";
    EXPECT_EQ(row["dmabench"]["counters"].size(), 2U) << "but that it was counted is told";
    EXPECT_EQ(row["dmabench"]["counters"][1]["per_lap"], 0);
    add_metrics(row, {{"cycles_per_ns", "cycles / ns", ""},
                      {"x_per_nothing", "cycles / nothing", ""},
                      {"cycles_per_kib", "1024 * cycles / bytes", ""},
                      {"y_per_unknown", "cycles / unknown", ""}});
    EXPECT_EQ(row["cycles_per_ns"], 4);
    EXPECT_EQ(row["cycles_per_kib"], 50);
    EXPECT_FALSE(row.contains("x_per_nothing"));
    EXPECT_FALSE(row.contains("y_per_unknown"));
}

// Needs no PMU: the kernel counts this one by itself.
TEST(Counters, CountsPageFaultsWherePerfIsAllowed) {
    const std::vector<CounterEvent> events{{"page-faults", "page_faults"}, {"no-such-event", "no_such_event"}};
    Counters counters(events);
    ASSERT_EQ(counters.unavailable().back().event, "no-such-event");
    if (counters.available().empty())
        GTEST_SKIP() << counters.unavailable().front().reason;
    constexpr std::size_t pages = 64;
    counters.start();
    std::vector<char> memory(pages * 65536, 1);
    const auto counts = counters.stop();
    EXPECT_EQ(memory.back(), 1);
    ASSERT_EQ(counts.size(), 1U);
    EXPECT_EQ(counts[0].key, "page_faults_per_lap");
    EXPECT_GE(counts[0].value, 1);
    counters.start();
    EXPECT_LT(counters.stop()[0].value, counts[0].value) << "each window counts anew";
}

}  // namespace
}  // namespace dmabench
