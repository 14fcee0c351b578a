// SPDX-License-Identifier: GPL-2.0-only
// The points of scenarios as Google Benchmark benchmarks: the same session, laps and calibration as
// `dmabench run`, under the flags, filters and JSON that Google Benchmark's users know.
#include <benchmark/benchmark.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <regex>

#include "counters/counters.h"
#include "device/session.h"
#include "measure/laps.h"
#include "measure/sampler.h"
#include "plan/plan.h"
#include "report/version.h"

namespace {

using namespace dmabench;

struct Run {
    std::unique_ptr<Session> session;
    std::unique_ptr<Counters> counters;
    SamplingContext context;
};

/// Measures one benchmark: Google Benchmark chooses how many iterations, and an iteration is a lap.
void run_point(benchmark::State& state, Run& run, const Point& point) {
    auto buffer = run.session->setup(point);
    if (!buffer) {
        state.SkipWithError(buffer.error().reason.c_str());
        return;
    }
    auto laps = make_laps(*run.session, *run.counters, point, run.context.clock);
    if (!laps) {
        state.SkipWithError(laps.error().reason.c_str());
        return;
    }
    // One batch for all iterations, so that neither the loop below nor the call to the module is in the time.
    const auto wanted = static_cast<std::uint64_t>(state.max_iterations);
    // Threads count for themselves, and what another CPU or the dirtying does is not to be counted.
    const bool counting = point.threads == 1 && !point.timed_apart();
    CountTotals counts;
    if (counting)
        run.counters->start();
    auto batch = (*laps)->run(wanted);
    if (counting)
        counts.add(run.counters->stop());
    if (!batch) {
        state.SkipWithError(batch.error().reason.c_str());
        return;
    }
    const double lap_seconds = static_cast<double>(batch->total_ns) / static_cast<double>(batch->laps) * 1e-9;
    for (auto _ : state)
        state.SetIterationTime(lap_seconds);
    if (const Window* all = (*laps)->window(); all != nullptr && !point.timed_apart())
        for (const std::vector<Count>& thread : all->counts)
            counts.add(thread);
    for (const Count& count : counts.per_lap(batch->laps, {}))
        if (count.value > 0)
            state.counters[count.key] = count.value;
    if ((*laps)->access_bytes() != 0)
        state.counters["bytes_per_lap"] = static_cast<double>((*laps)->access_bytes());
    run.session->teardown();
}

int fail_with(const Error& error) {
    std::fprintf(stderr, "dmabench_gbench: %s\n", error.message.c_str());
    return static_cast<int>(error.kind);
}

int usage() {
    std::fprintf(stderr,
                 "usage: dmabench_gbench [--on=host|fake] SCENARIO... [--benchmark_* flags]\n"
                 "example: dmabench_gbench scenarios/quick.json --benchmark_filter=streaming_single "
                 "--benchmark_format=json\n");
    return static_cast<int>(ErrorKind::usage);
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    bool fake = false;
    std::vector<Scenario> scenarios;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word == "--on=fake" || word == "--on=host") {
            fake = word == "--on=fake";
        } else if (word.starts_with("-")) {
            return usage();
        } else {
            auto scenario = load_scenario(word);
            if (!scenario)
                return fail_with(scenario.error());
            scenarios.push_back(std::move(*scenario));
        }
    }
    if (scenarios.empty())
        return usage();
    auto plan = make_plan(std::move(scenarios));
    if (!plan)
        return fail_with(plan.error());
    Result<std::unique_ptr<Session>> session = fake ? make_fake_session() : open_ioctl_session();
    if (!session)
        return fail_with(session.error());
    Run run{std::move(*session), std::make_unique<Counters>(select_counters("default")->timed(), Sharing::by_kernel), {}};
    if (const int cpu = ::sched_getcpu(); cpu >= 0)
        run.session->stay_on(cpu);
    auto context = prepare_sampling(*run.session, *run.counters);
    if (!context)
        return fail_with(context.error());
    run.context = *context;

    std::vector<std::string> targets;
    for (const TargetInfo& target : run.session->info().targets)
        targets.push_back(target.name);
    const Plan bound = dmabench::bind(*plan, targets);
    for (const PlannedPoint& planned : bound.points)
        benchmark::RegisterBenchmark(planned.point.name().c_str(),
                                     [&run, &point = planned.point](benchmark::State& state) {
                                         run_point(state, run, point);
                                     })
            ->UseManualTime()
            ->Unit(benchmark::kNanosecond);
    benchmark::AddCustomContext("dmabench_version", version);
    benchmark::AddCustomContext("dmabench_session", fake ? "fake: made-up figures from a cost model" : "module");
    for (const UnavailableCounter& counter : run.counters->unavailable())
        benchmark::AddCustomContext("unavailable_" + counter.event, counter.reason);
    // A filter that matches nothing is a mistake, though Google Benchmark itself ends with 0.
    if (benchmark::RunSpecifiedBenchmarks() == 0)
        return fail_with({ErrorKind::usage, "--benchmark_filter matches none of the points"});
    benchmark::Shutdown();
    return 0;
}
