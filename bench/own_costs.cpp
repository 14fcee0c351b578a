// SPDX-License-Identifier: GPL-2.0-only
// What dmabench itself costs where it matters: recording a duration, reading the clock, calling the module.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "device/session.h"
#include "hist.h"
#include "measure/laps.h"

namespace {

using namespace dmabench;

/// One duration into a histogram; the module runs the same code after each phase of a stamped lap.
void histogram_record(benchmark::State& state) {
    auto histogram = std::make_unique<dmabench_hist>();
    std::uint64_t ns = 1;
    for (auto _ : state) {
        dmabench_hist_record(histogram.get(), ns);
        ns = (ns * 5 + 1) & 0xfffff;
    }
    benchmark::DoNotOptimize(histogram->sum_ns);
}
BENCHMARK(histogram_record);

/// A session with the module, opened once; where there is none the benchmark says why.
Session* module_session(benchmark::State& state) {
    static auto session = open_ioctl_session();
    if (session)
        return session->get();
    state.SkipWithError(session.error().message.c_str());
    return nullptr;
}

/// The raw clock as user-space laps read it.
void clock_read(benchmark::State& state) {
    Session* session = module_session(state);
    if (session == nullptr)
        return;
    for (auto _ : state)
        benchmark::DoNotOptimize(session->now_ns());
}
BENCHMARK(clock_read);

Point null_point(const Session& session) {
    Point point;
    point.strategy = "null";
    point.size = 64;
    point.target = session.info().targets.front().name;
    return point;
}

/// One call for `range` laps of null: with 0 it is the way into the module and back.
void ioctl_round_trip(benchmark::State& state) {
    Session* session = module_session(state);
    if (session == nullptr)
        return;
    if (auto ready = session->setup(null_point(*session)); !ready) {
        state.SkipWithError(ready.error().reason.c_str());
        return;
    }
    const auto laps = static_cast<std::uint64_t>(state.range(0));
    for (auto _ : state)
        if (auto done = session->run(laps); !done) {
            state.SkipWithError(done.error().reason.c_str());
            break;
        }
    session->teardown();
}
BENCHMARK(ioctl_round_trip)->Arg(0)->Arg(1000);

/// Setting a buffer up and giving it back: what a point costs besides its laps.
void setup_teardown(benchmark::State& state) {
    Session* session = module_session(state);
    if (session == nullptr)
        return;
    Point point = null_point(*session);
    point.strategy = "streaming_single";
    point.map_every = 1;
    point.size = static_cast<std::uint64_t>(state.range(0));
    for (auto _ : state) {
        auto ready = session->setup(point);
        session->teardown();
        if (!ready) {
            state.SkipWithError(ready.error().reason.c_str());
            break;
        }
    }
}
BENCHMARK(setup_teardown)->Arg(4096)->Arg(1 << 20);

}  // namespace

BENCHMARK_MAIN();
