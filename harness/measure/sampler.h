// SPDX-License-Identifier: GPL-2.0-only
// Measures one point: calibrate, warm up, sample until the median is known well enough, then stamp phases.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "counters/counters.h"
#include "device/session.h"
#include "measure/access_kernel.h"
#include "measure/statistics.h"
#include "measure/time_spent.h"
#include "scenario/scenario.h"

namespace dmabench {

enum class StopReason { ci, samples, budget };

/// All that is known of a point once it is measured. Times are ns per lap unless said otherwise.
struct Measurement {
    BufferInfo buffer;
    std::optional<UserMapping> mapping;
    std::uint64_t access_bytes = 0;
    const AccessKernel* kernel = nullptr;  ///< of the access in user space
    std::optional<TransferCounts> transfers;
    std::uint64_t laps_per_sample = 0;
    std::uint32_t discarded = 0;
    std::vector<double> samples;
    std::vector<double> cpu_samples;
    std::optional<MedianInterval> interval;
    double ci_relative = 0;  ///< half the interval's width, relative to the median; of no meaning without one
    StopReason stop = StopReason::budget;
    std::uint64_t stamped_laps = 0;  ///< 0: there was no stamped pass
    PhaseHistograms histograms{};
    double stamp_ns = 0;        ///< what each stamped duration holds too much
    std::vector<Count> counts;  ///< value is per lap; the call's own share is taken off
};

/// What stays the same for all points of a run.
struct SamplingContext {
    ClockCost clock;                 ///< its resolution is the finer one that prepare_sampling() finds
    std::vector<Count> idle_counts;  ///< counts of one call without laps
    double idle_cpu_ns = 0;          ///< CPU time of one call without laps
    double ioctl_ns = 0;             ///< time of one call without laps, seen from user space
    double null_lap_ns = 0;          ///< a lap without phases, and so what the loop costs
};

/// Measures what a reading of the session's clock costs, and how finely it ticks.
Result<ClockCost> measure_clock(Session& session);

/// Measures the clock, the call and the counters' own share, with the null strategy.
Result<SamplingContext> prepare_sampling(Session& session, Counters& counters);

/// Measures one point. The session is left with the point's buffer set up. What it took is added to `spent`, also
/// when it fails.
Outcome<Measurement> sample_point(Session& session, Counters& counters, const SamplingContext& context,
                                  const Point& point, const Statistics& statistics, TimeSpent* spent = nullptr);

}  // namespace dmabench
