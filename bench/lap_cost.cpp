// SPDX-License-Identifier: GPL-2.0-only
// dmabench held against dmabench: what its own loop costs, and whether a batch's mean is what a lap costs by difference.
// Meant for a lab guest's instruction clock, where each ns is an instruction (scripts/bench-laps runs it there).
#include <fmt/format.h>

#include <cstdio>

#include "difference.h"
#include "measure/sampler.h"

namespace {

using namespace dmabench;

constexpr std::uint64_t laps = 10'000;

/// A loop that counts and does nothing, ns for each turn.
double empty_loop(const Session& session) {
    const auto time_of = [&](std::uint64_t turns) {
        const std::uint64_t before = session.now_ns();
        for (std::uint64_t i = 0; i < turns; ++i)
            asm volatile("");
        return static_cast<double>(session.now_ns() - before);
    };
    time_of(laps);
    const double once = time_of(laps);
    return (time_of(2 * laps) - once) / static_cast<double>(laps);
}

Outcome<double> batch_mean(Session& session, Counters& counters, const SamplingContext& context, const Point& point) {
    auto measured = sample_point(session, counters, context, point, Statistics{});
    if (!measured)
        return tl::unexpected(measured.error());
    return median(measured->samples);
}

Outcome<void> compare(Session& session, Counters& counters, const SamplingContext& context, const Point& point) {
    const auto mean = batch_mean(session, counters, context, point);
    if (!mean)
        return tl::unexpected(mean.error());
    const auto difference = cost_by_difference(session, laps);
    if (!difference)
        return tl::unexpected(difference.error());
    fmt::print("{} of {} for {}\n", point.strategy, point.size, point.target);
    fmt::print("  batch mean        {:>10.2f} ns a lap\n", *mean);
    fmt::print("  by difference     {:>10.2f} ns a lap   (time of {} laps - time of {} laps) / {}\n", *difference,
               2 * laps, laps, laps);
    fmt::print("  mean is off by    {:>10.3f} %\n", (*mean / *difference - 1) * 100);
    return {};
}

Outcome<void> measure(Session& session, Counters& counters, const SamplingContext& context) {
    Point point;
    point.strategy = "null";
    point.size = 4096;
    point.target = session.info().targets.front().name;
    const auto null_lap = batch_mean(session, counters, context, point);
    if (!null_lap)
        return tl::unexpected(null_lap.error());
    const double empty = empty_loop(session);
    fmt::print("null strategy, mean pass\n");
    fmt::print("  lap               {:>10.2f} ns\n", *null_lap);
    fmt::print("  empty loop        {:>10.2f} ns a turn\n", empty);
    fmt::print("  beyond the loop   {:>10.2f} ns a lap\n", *null_lap - empty);

    point.strategy = "streaming_single";
    for (const TargetInfo& target : session.info().targets) {
        point.target = target.name;
        // Mapped and unmapped in each lap; then mapped once and synced in each.
        for (const bool mapped : {true, false}) {
            point.map_every = mapped ? 1 : 0;
            point.sync_every = mapped ? 0 : 1;
            fmt::print("\n{}: ", mapped ? "map and unmap" : "sync for device and for CPU");
            if (auto done = compare(session, counters, context, point); !done)
                return done;
        }
    }
    return {};
}

}  // namespace

int main() {
    auto session = open_ioctl_session();
    if (!session) {
        fmt::print(stderr, "lap_cost: {}\n", session.error().message);
        return static_cast<int>(session.error().kind);
    }
    Counters counters({});
    auto context = prepare_sampling(**session, counters);
    if (!context) {
        fmt::print(stderr, "lap_cost: {}\n", context.error().message);
        return static_cast<int>(context.error().kind);
    }
    if (auto done = measure(**session, counters, *context); !done) {
        fmt::print(stderr, "lap_cost: {}\n", done.error().reason);
        return static_cast<int>(ErrorKind::failed);
    }
    return 0;
}
