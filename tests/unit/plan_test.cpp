// SPDX-License-Identifier: GPL-2.0-only
#include "plan/plan.h"

#include <gtest/gtest.h>

using namespace dmabench;

namespace {

Point point_of(const std::string& strategy, std::uint64_t size, const std::string& target = "auto") {
    Point point;
    point.strategy = strategy;
    point.size = size;
    point.target = target;
    return point;
}

Scenario scenario_of(const std::string& name, std::vector<Point> points) {
    Scenario scenario;
    scenario.name = name;
    scenario.title = "Title of " + name;
    scenario.question = "Question of " + name;
    scenario.file = name + ".json";
    scenario.sha256 = "sha of " + name;
    scenario.points = std::move(points);
    scenario.sweeps = {{scenario.title, scenario.points.size(), {}, nullptr}};
    return scenario;
}

std::vector<std::string> names(const Plan& plan) {
    std::vector<std::string> result;
    for (const PlannedPoint& planned : plan.points) {
        result.push_back(planned.point.name());
    }
    return result;
}

using Names = std::vector<std::string>;

}  // namespace

TEST(Plan, MergesScenariosTheFirstPointOfANameStays) {
    Scenario a = scenario_of("a", {point_of("null", 1), point_of("coherent", 64)});
    Scenario b = scenario_of("b", {point_of("coherent", 64), point_of("coherent", 128)});
    a.sweeps[0].statistics.samples = 7;
    b.sweeps[0].statistics.samples = 8;
    a.excluded = {{"x", "of a"}};
    b.excluded = {{"x", "of b"}, {"y", "of b"}};
    const auto plan = make_plan({a, b});
    ASSERT_TRUE(plan) << plan.error().message;
    EXPECT_EQ(names(*plan), (Names{"null/size:1/target:auto", "coherent/size:64/target:auto",
                                   "coherent/size:128/target:auto"}));
    EXPECT_EQ(plan->points[1].scenario, 0U);
    EXPECT_EQ(plan->points[1].statistics.samples, 7U);
    EXPECT_EQ(plan->points[2].scenario, 1U);
    EXPECT_EQ(plan->points[2].statistics.samples, 8U);
    ASSERT_EQ(plan->scenarios.size(), 2U);
    EXPECT_EQ(plan->scenarios[1].name, "b");
    EXPECT_EQ(plan->scenarios[1].title, "Title of b");
    EXPECT_EQ(plan->scenarios[1].question, "Question of b");
    EXPECT_EQ(plan->scenarios[1].file, "b.json");
    EXPECT_EQ(plan->scenarios[1].sha256, "sha of b");
    ASSERT_EQ(plan->excluded.size(), 2U);
    EXPECT_EQ(plan->excluded[0].reason, "of a");
    EXPECT_EQ(plan->excluded[1].name, "y");
}

TEST(Plan, OneScenarioTwiceCountsOnce) {
    const Scenario a = scenario_of("a", {point_of("null", 1)});
    const auto plan = make_plan({a, a});
    ASSERT_TRUE(plan);
    EXPECT_EQ(plan->scenarios.size(), 1U);
    EXPECT_EQ(plan->points.size(), 1U);
}

TEST(Plan, NamesOfScenariosAreUnique) {
    Scenario a = scenario_of("a", {point_of("null", 1)});
    Scenario other = a;
    other.file = "dir/a.json";
    other.sha256 = "another";
    const auto plan = make_plan({a, other});
    ASSERT_FALSE(plan);
    EXPECT_EQ(plan.error().kind, ErrorKind::usage);
    EXPECT_EQ(plan.error().message,
              "dir/a.json: the scenario's name 'a' is also that of a.json; rename one of them");
    EXPECT_EQ(make_plan({}).error().message, "no scenario given");
}

TEST(Plan, AutoBecomesAllPlatformTargets) {
    const Plan plan = *make_plan({scenario_of("a", {point_of("null", 1), point_of("null", 2)})});
    const Names targets = {"platform-coherent", "platform-noncoherent"};
    EXPECT_EQ(names(dmabench::bind(plan, targets)),
              (Names{"null/size:1/target:platform-coherent", "null/size:1/target:platform-noncoherent",
                     "null/size:2/target:platform-coherent", "null/size:2/target:platform-noncoherent"}));
    EXPECT_EQ(names(dmabench::bind(plan, Names{"platform"})),
              (Names{"null/size:1/target:platform", "null/size:2/target:platform"}));
}

TEST(Plan, AutoPrefersPci) {
    const Plan plan = *make_plan({scenario_of("a", {point_of("null", 1)})});
    EXPECT_EQ(names(dmabench::bind(plan, Names{"platform", "pci:0000:00:03.0"})),
              (Names{"null/size:1/target:pci"}));
    EXPECT_EQ(names(dmabench::bind(plan, Names{"pci:0000:00:03.0", "platform", "pci:0000:00:04.0"})),
              (Names{"null/size:1/target:pci:0000:00:03.0", "null/size:1/target:pci:0000:00:04.0"}));
}

TEST(Plan, PciIsNeverReplacedByAPlatformTarget) {
    const Plan plan = *make_plan({scenario_of("a", {point_of("null", 1, "pci")})});
    EXPECT_EQ(names(dmabench::bind(plan, Names{"platform"})), (Names{"null/size:1/target:pci"}));
    EXPECT_EQ(names(dmabench::bind(plan, Names{})), (Names{"null/size:1/target:pci"}));
    EXPECT_EQ(names(dmabench::bind(plan, Names{"pci:0000:00:03.0", "pci:0000:00:04.0"})),
              (Names{"null/size:1/target:pci:0000:00:03.0", "null/size:1/target:pci:0000:00:04.0"}));
}

TEST(Plan, BindingKeepsWhatItCannotResolveAndMakesNoTwins) {
    const Plan plan = *make_plan({scenario_of("a", {point_of("null", 1), point_of("null", 1, "platform"),
                                                    point_of("null", 1, "pci:0000:00:09.0")})});
    EXPECT_EQ(names(dmabench::bind(plan, Names{})),
              (Names{"null/size:1/target:auto", "null/size:1/target:platform",
                     "null/size:1/target:pci:0000:00:09.0"}));
    EXPECT_EQ(names(dmabench::bind(plan, Names{"platform"})),
              (Names{"null/size:1/target:platform", "null/size:1/target:pci:0000:00:09.0"}));
    const Plan bound = dmabench::bind(plan, Names{"platform-coherent"});
    EXPECT_EQ(bound.scenarios.size(), 1U);
    EXPECT_EQ(names(dmabench::bind(bound, Names{"platform-coherent"})), names(bound));
}

TEST(Plan, SessionTarget) {
    const Names one = {"platform", "pci:0000:00:03.0"};
    const Names two = {"pci:0000:00:03.0", "pci:0000:00:04.0"};
    EXPECT_EQ(session_target("platform", one), "platform");
    EXPECT_EQ(session_target("pci", one), "pci:0000:00:03.0");
    EXPECT_EQ(session_target("pci:0000:00:03.0", one), "pci:0000:00:03.0");
    EXPECT_EQ(session_target("pci", two), "");
    EXPECT_EQ(session_target("pci", Names{"platform"}), "");
    EXPECT_EQ(session_target("platform-coherent", one), "");
    EXPECT_EQ(session_target("auto", one), "");
}

TEST(Plan, FilterFindsThePatternAnywhereInTheName) {
    const Plan plan = *make_plan(
        {scenario_of("a", {point_of("null", 1), point_of("coherent", 64), point_of("coherent", 4096)})});
    EXPECT_EQ(names(filtered(plan, *NameFilter::make("size:64/"))), (Names{"coherent/size:64/target:auto"}));
    EXPECT_EQ(names(filtered(plan, *NameFilter::make("^null|4096"))),
              (Names{"null/size:1/target:auto", "coherent/size:4096/target:auto"}));
    EXPECT_EQ(filtered(plan, *NameFilter::make("")).points.size(), 3U);
    EXPECT_EQ(filtered(plan, *NameFilter::make("pool")).points.size(), 0U);
}

TEST(Plan, FilterExplainsBadPatterns) {
    const auto message = [](const std::string& pattern) {
        const auto filter = NameFilter::make(pattern);
        return filter ? "no error" : filter.error().message;
    };
    EXPECT_EQ(message("a(b"),
              "--filter 'a(b': unbalanced '(' or ')', or a repetition of nothing; write '\\(' for the "
              "character itself, '.*' for any text");
    EXPECT_EQ(message("[a"), "--filter '[a': '[' without ']'");
    EXPECT_EQ(message("*").substr(0, 57), "--filter '*': unbalanced '(' or ')', or a repetition of n");
    EXPECT_EQ(message("a{"), "--filter 'a{': '{' without a valid count and '}'");
    EXPECT_EQ(message("[z-a]"), "--filter '[z-a]': a range in '[...]' that descends");
    EXPECT_EQ(message("a\\"), "--filter 'a\\': unknown or unfinished '\\' escape");
    EXPECT_EQ(message("[[:x:]]"), "--filter '[[:x:]]': unknown character class in '[[:...:]]'");
    EXPECT_EQ(message("(a)\\2"), "--filter '(a)\\2': a reference to a group that does not exist");
    EXPECT_EQ(message(std::string(1001, '(')), "--filter: longer than 1000 characters");
}
