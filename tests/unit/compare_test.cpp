// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/compare.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <random>

#include "analysis/show.h"
#include "base/files.h"
#include "counters/counters.h"
#include "measure/sampler.h"
#include "report/row.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

json row(const std::string& name, const std::vector<double>& samples) {
    std::vector<double> sorted = samples;
    std::sort(sorted.begin(), sorted.end());
    return {
        {"name", name}, {"real_time", sorted[sorted.size() / 2]}, {"dmabench", {{"samples_ns", samples}}}};
}

/// Ten samples around ns that spread by so much.
std::vector<double> around(double ns, double spread = 0.01) {
    std::vector<double> samples;
    for (int i = 0; i < 10; ++i)
        samples.push_back(ns * (1 + spread * (((i * 7) % 10) - 4.5) / 4.5));
    return samples;
}

json document(std::vector<json> rows) {
    return {{"context",
             {{"platform", {{"kernel", "6.1.0"}, {"arch", "arm64"}, {"iommu", {{"present", false}}}}}}},
            {"benchmarks", std::move(rows)},
            {"dmabench",
             {{"schema", 1}, {"platform", "board"}, {"clock", {{"kind", "hardware"}}}, {"emulated", false}}}};
}

LoadedReport load(const json& report) {
    const std::string file = fmt::format("{}/dmabench-compare-{}.json", ::testing::TempDir(), ::getpid());
    EXPECT_TRUE(write_file_atomically(file, report.dump(1)));
    auto loaded = load_report(file);
    std::remove(file.c_str());
    EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().message);
    return std::move(*loaded);
}

struct Pair {
    LoadedReport base;
    LoadedReport candidate;
    Result<Comparison> compared;
    Pair(const json& a, const json& b, const CompareOptions& options = {})
        : base(load(a)), candidate(load(b)), compared(compare(base, candidate, options)) {}
};

Verdict only_verdict(const Pair& pair) {
    EXPECT_TRUE(pair.compared.has_value());
    EXPECT_EQ(pair.compared->points.size(), 1U);
    return pair.compared->points.front().verdict;
}

TEST(Compare, TheFourVerdicts) {
    const auto verdict = [](const std::vector<double>& a, const std::vector<double>& b) {
        return only_verdict(Pair(document({row("p", a)}), document({row("p", b)})));
    };
    EXPECT_EQ(verdict(around(100), around(112)), Verdict::regression);
    EXPECT_EQ(verdict(around(100), around(88)), Verdict::improvement);
    EXPECT_EQ(verdict(around(100), around(101)), Verdict::unchanged);
    EXPECT_EQ(verdict(around(100, 0.3), around(104, 0.3)), Verdict::inconclusive);
    // Within the threshold, however sure: 4 % is not 5 %.
    EXPECT_EQ(verdict(around(100, 0.001), around(104, 0.001)), Verdict::unchanged);
}

TEST(Compare, AnInconclusivePointTellsWhatCouldHaveBeenSeen) {
    const Pair pair(document({row("p", around(100, 0.1))}), document({row("p", around(104, 0.1))}));
    ASSERT_EQ(only_verdict(pair), Verdict::inconclusive);
    const double visible = pair.compared->points.front().visible;
    EXPECT_GT(visible, 1.05);
    EXPECT_LT(visible, 1.25);
    // And indeed: a change of a little more is seen.
    const Pair again(document({row("p", around(100, 0.1))}),
                     document({row("p", around(100 * visible * 1.02, 0.1))}));
    EXPECT_EQ(only_verdict(again), Verdict::regression);
}

TEST(Compare, TooFewSamplesSaySo) {
    const Pair pair(document({row("p", {100, 101})}), document({row("p", {200, 201})}));
    EXPECT_EQ(only_verdict(pair), Verdict::inconclusive);
    EXPECT_EQ(pair.compared->points.front().visible, 0);
    EXPECT_NE(why_inconclusive(pair.compared->points.front()).find("so few samples"), std::string::npos);
}

TEST(Compare, SixSamplesAreEnoughOverManyPoints) {
    // Ranks alone reach 1/924 with six samples, never 0.05/300.
    std::vector<json> before;
    std::vector<json> after;
    for (int i = 0; i < 300; ++i) {
        const std::string name = "p" + std::to_string(i);
        const double factor = i == 7 ? 1.3 : i == 8 ? 0.7 : 1;
        const std::vector<double> samples{100, 101, 99, 100.4, 99.7, 100.2};
        std::vector<double> changed;
        for (const double sample : samples)
            changed.push_back(sample * factor);
        before.push_back(row(name, samples));
        after.push_back(row(name, changed));
    }
    const Pair pair(document(before), document(after));
    ASSERT_TRUE(pair.compared);
    EXPECT_EQ(summary(*pair.compared), "1 regression, 1 improvement, 298 unchanged of 300 points");
    EXPECT_EQ(pair.compared->points.front().candidate->name, "p7");
}

TEST(Compare, ExactClocksShowAnyChangeAndJudgeByTheThreshold) {
    json a =
        document({row("same", {100}), row("one more", {100}), row("many more", {100}), row("fewer", {100})});
    a["dmabench"]["clock"]["kind"] = "instructions";
    json b = a;
    b["benchmarks"][1]["real_time"] = 101;
    b["benchmarks"][2]["real_time"] = 106;
    b["benchmarks"][3]["real_time"] = 80;
    const Pair pair(a, b);
    ASSERT_TRUE(pair.compared);
    EXPECT_EQ(pair.compared->count(Verdict::regression), 1U);
    EXPECT_EQ(pair.compared->count(Verdict::improvement), 1U);
    EXPECT_EQ(pair.compared->changed_within(), 1U);
    EXPECT_EQ(summary(*pair.compared),
              "1 regression, 1 improvement, 1 changed within the threshold, 1 equal of 4 points");
    EXPECT_EQ(pair.compared->points.front().candidate->name, "many more");
    const std::string text = show_text({*pair.compared}, {});
    EXPECT_NE(text.find("+1.0 %"), std::string::npos) << text;
}

TEST(Compare, EachScenarioHasItsOwnThresholds) {
    json a = document({row("coherent/size:1", around(100, 0.001)), row("pool/size:1", around(100, 0.001)),
                       row("copy/size:1", around(100, 0.001))});
    json b = document({row("coherent/size:1", around(103, 0.001)), row("pool/size:1", around(103, 0.001)),
                       row("copy/size:1", around(103, 0.001))});
    b["dmabench"]["scenarios"] = {{{"name", "strict"}, {"thresholds", {{"default", "2%"}}}},
                                  {{"name", "lax"}, {"thresholds", {{"default", "10%"}}}},
                                  {{"name", "silent"}}};
    const auto threshold_of = [&](const std::string& name, const std::string& scenario) {
        for (json& row : b["benchmarks"])
            row["dmabench"]["scenario"] = row["name"] == name ? scenario : "lax";
        const Pair pair(a, b);
        EXPECT_TRUE(pair.compared);
        for (const PointChange& change : pair.compared->points)
            if (change.candidate->name == name)
                return change.threshold;
        return 0.0;
    };
    EXPECT_EQ(threshold_of("pool/size:1", "strict"), 0.02);
    EXPECT_EQ(threshold_of("pool/size:1", "lax"), 0.1);
    EXPECT_EQ(threshold_of("pool/size:1", "silent"), 0.05);
    // A report that does not tell: the strictest.
    for (json& row : b["benchmarks"])
        row["dmabench"].erase("scenario");
    EXPECT_EQ(Pair(a, b).compared->count(Verdict::regression), 3U);
}

TEST(Compare, ThresholdsComeFromTheScenarioOrTheCommandLine) {
    json a = document({row("coherent/size:1", around(100, 0.001)), row("pool/size:1", around(100, 0.001))});
    json b = document({row("coherent/size:1", around(104, 0.001)), row("pool/size:1", around(104, 0.001))});
    b["dmabench"]["scenarios"] = {
        {{"name", "s"},
         {"thresholds",
          {{"default", "5%"}, {"overrides", {{{"match", "^coherent/"}, {"threshold", "2%"}}}}}}}};
    const Pair own(a, b);
    ASSERT_TRUE(own.compared);
    EXPECT_EQ(own.compared->count(Verdict::regression), 1U);
    EXPECT_EQ(own.compared->points.front().candidate->name, "coherent/size:1");
    EXPECT_EQ(own.compared->points.front().threshold, 0.02);
    const Pair given(a, b, {0.03, false});
    EXPECT_EQ(given.compared->count(Verdict::regression), 2U);
}

TEST(Compare, DifferentPlatformsAreRefusedNamingTheFields) {
    const json a = document({row("p", around(100))});
    json b = a;
    b["context"]["platform"]["kernel"] = "6.12.0";
    b["context"]["platform"]["iommu"]["present"] = true;
    const Pair refused(a, b);
    ASSERT_FALSE(refused.compared);
    EXPECT_EQ(refused.compared.error().kind, ErrorKind::not_comparable);
    for (const char* part : {"kernel (6.1.0 / 6.12.0)", "iommu.present (false / true)"})
        EXPECT_NE(refused.compared.error().message.find(part), std::string::npos)
            << refused.compared.error().message;
    const Pair forced(a, b, {{}, true});
    ASSERT_TRUE(forced.compared);
    EXPECT_EQ(remarks(*forced.compared).front().substr(0, 6), "FORCED");
}

TEST(Compare, ClocksNeverMixNotEvenByForce) {
    const json a = document({row("p", around(100))});
    json b = a;
    b["dmabench"]["clock"]["kind"] = "realtime";
    b["dmabench"]["emulated"] = true;
    const Pair pair(a, b, {{}, true});
    ASSERT_FALSE(pair.compared);
    EXPECT_EQ(pair.compared.error().kind, ErrorKind::not_comparable);
    EXPECT_NE(pair.compared.error().message.find("clock.kind (hardware / realtime), emulated (false / true)"),
              std::string::npos);
}

TEST(Compare, OnASharedMachinesRealtimeClockOnePointIsNoEvidence) {
    std::vector<json> before;
    std::vector<json> after;
    std::vector<json> slower;
    for (int i = 0; i < 60; ++i) {
        const std::string name = (i % 2 == 0 ? "pool/size:" : "coherent/size:") + std::to_string(i);
        before.push_back(row(name, around(100)));
        after.push_back(row(name, around(i == 7 ? 270 : i == 8 ? 120 : 100)));
        slower.push_back(row(name, around(i % 2 == 0 ? 112 : 100)));
    }
    const auto realtime = [](const std::vector<json>& rows) {
        json report = document(rows);
        report["dmabench"]["clock"]["kind"] = "realtime";
        return report;
    };
    EXPECT_EQ(summary(*Pair(realtime(before), realtime(after)).compared),
              "2 inconclusive, 58 unchanged of 60 points");
    EXPECT_EQ(summary(*Pair(realtime(before), realtime(slower)).compared),
              "30 regressions, 30 unchanged of 60 points");
    EXPECT_EQ(summary(*Pair(document(before), document(after)).compared),
              "2 regressions, 58 unchanged of 60 points");
}

json canaries(double null_ns, double streaming_ns) {
    json list = json::array();
    for (int block = 0; block < 6; ++block) {
        list.push_back({{"block", block}, {"name", "null"}, {"real_time", null_ns * (1 + 0.001 * block)}});
        list.push_back(
            {{"block", block}, {"name", "streaming"}, {"real_time", streaming_ns * (1 + 0.001 * block)}});
    }
    return list;
}

TEST(Compare, AMovedMachineIsNoRegression) {
    json a = document({row("p", around(100))});
    json b = document({row("p", around(120))});
    a["dmabench"]["canaries"] = canaries(3, 300);
    b["dmabench"]["canaries"] = canaries(3.6, 360);
    const Pair moved(a, b);
    EXPECT_EQ(only_verdict(moved), Verdict::inconclusive);
    EXPECT_TRUE(moved.compared->machine_moved);
    EXPECT_FALSE(moved.compared->failed(false));
    EXPECT_TRUE(moved.compared->failed(true));
    // null calls nothing of the DMA API: where it stays, the change is the API's.
    b["dmabench"]["canaries"] = canaries(3, 360);
    EXPECT_EQ(only_verdict(Pair(a, b)), Verdict::regression);
}

TEST(Compare, ReportsWithoutCanariesSaySo) {
    const Pair pair(document({row("p", around(100))}), document({row("p", around(100))}));
    EXPECT_EQ(remarks(*pair.compared).front(),
              "no canary points in these reports: whether the machine itself moved cannot be told");
}

TEST(Compare, PointsOfOneReportOnlyAreListedWithTheOthersReason) {
    json a = document({row("both", around(100)), row("old", around(100))});
    json b = document({row("both", around(100)), row("new", around(100))});
    b["dmabench"]["skipped"] = {{{"name", "old"}, {"reason", "no such target"}}};
    const Pair pair(a, b);
    ASSERT_EQ(pair.compared->only_base.size(), 1U);
    EXPECT_EQ(pair.compared->only_base.front().why, "skipped: no such target");
    ASSERT_EQ(pair.compared->only_candidate.size(), 1U);
    EXPECT_FALSE(pair.compared->failed(false));
    EXPECT_TRUE(pair.compared->failed(true));
}

TEST(Compare, ThePhaseThatExplainsAChangeIsNamed) {
    json a = document({row("p", around(100))});
    json b = document({row("p", around(131))});
    a["benchmarks"][0].update({{"map_ns", 10}, {"sync_for_cpu_ns", 80}, {"lap_p50_ns", 100}});
    b["benchmarks"][0].update({{"map_ns", 10.4}, {"sync_for_cpu_ns", 110}, {"lap_p50_ns", 131}});
    const Pair pair(a, b);
    EXPECT_EQ(because(*pair.compared, pair.compared->points.front()), "sync_for_cpu +38 %");
}

/// A report of the cost model, with noise that changes with the seed.
json noisy_report(std::uint64_t seed, double slower) {
    FakeOptions fake;
    fake.seed = seed;
    fake.noise = 0.03;
    fake.slowdown = slower;
    const auto session = make_fake_session(fake);
    Counters counters({});
    const auto context = prepare_sampling(*session, counters);
    Statistics statistics;
    statistics.histogram_laps = 0;
    std::vector<json> rows;
    for (std::uint64_t i = 1; i <= 200; ++i) {
        Point point;
        point.strategy = "streaming_single";
        point.size = 64 * i;
        point.target = "platform-noncoherent";
        point.map_every = 1;
        const auto measured = sample_point(*session, counters, *context, point, statistics);
        rows.push_back(make_row(point, *measured, context->clock));
    }
    json report = document(std::move(rows));
    report["dmabench"]["clock"]["kind"] = "fake";
    return report;
}

TEST(Compare, TwoHundredUnchangedPointsGiveNoFalseAlarmInFortyRuns) {
    LoadedReport last = load(noisy_report(1000, 0));
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        LoadedReport next = load(noisy_report(1000 + seed, 0));
        const auto compared = compare(last, next, {});
        ASSERT_TRUE(compared);
        EXPECT_EQ(compared->count(Verdict::regression), 0U) << seed;
        last = std::move(next);
    }
}

TEST(Compare, TenPercentAreFoundInTenOfTenRuns) {
    const LoadedReport base = load(noisy_report(1, 0));
    for (std::uint64_t seed = 2; seed <= 11; ++seed) {
        const LoadedReport slower = load(noisy_report(seed, 0.1));
        const auto compared = compare(base, slower, {});
        ASSERT_TRUE(compared);
        EXPECT_GT(compared->count(Verdict::regression), 20U) << seed << summary(*compared);
        EXPECT_EQ(compared->count(Verdict::improvement), 0U);
    }
}

}  // namespace
}  // namespace dmabench
