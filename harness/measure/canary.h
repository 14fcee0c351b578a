// SPDX-License-Identifier: GPL-2.0-only
// Canary points: measured again and again between the blocks of a sweep, they tell whether the machine itself
// became faster or slower meanwhile.
#pragma once

#include <string>
#include <vector>

#include "measure/sampler.h"

namespace dmabench {

/// Points between two readings of the canaries.
inline constexpr std::size_t block_points = 32;

/// One canary, measured once.
struct CanaryReading {
    std::string name;
    double real_time = 0;  ///< median ns per lap
};

class Canaries {
  public:
    /// `null` and streaming_single of 4 KiB, on what target "auto" is first resolved to here.
    explicit Canaries(const DeviceInfo& device);

    /// Measures each of them, shortly and without counters. One that this device refuses is left out from then on.
    /// Only an interrupt or a target that went away is a Refusal.
    Outcome<std::vector<CanaryReading>> measure(Session& session, const SamplingContext& context, TimeSpent& spent);

  private:
    std::vector<Point> points_;
};

/// How a canary changed over a sweep.
struct Drift {
    std::string name;
    double low = 0;       ///< ns per lap
    double high = 0;      ///< ns per lap
    double relative = 0;  ///< high / low - 1
};

/// More than this and the machine is said to have moved.
inline constexpr double drift_limit = 0.05;

/// The canary that changed the most. name is empty when none was read at least twice.
[[nodiscard]] Drift greatest_drift(const std::vector<CanaryReading>& readings);

}  // namespace dmabench
