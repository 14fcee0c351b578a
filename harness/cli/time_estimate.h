// SPDX-License-Identifier: GPL-2.0-only
// How long a plan takes, on the measured machine's clock.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "base/result.h"
#include "plan/plan.h"

namespace dmabench {

/// From the statistics alone, for each target; seconds.
struct TimeLimits {
    double least = 0;
    double most = 0;
};
[[nodiscard]] TimeLimits time_limits(const Plan& plan);

/// From what the points took in an earlier run, all its targets together.
struct TimeEstimate {
    double seconds = 0;
    std::size_t known =
        0;  ///< points of the plan that are in the report; the others are taken for average ones
    std::string platform;
};

/// ErrorKind::usage when the file is no report, or has none of the plan's points.
Result<TimeEstimate> time_as_in(const Plan& plan, const std::filesystem::path& report);

/// "250 ms", "12 s", "3 min", "2.5 h"
[[nodiscard]] std::string time_words(double seconds);

}  // namespace dmabench
