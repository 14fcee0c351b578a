// SPDX-License-Identifier: GPL-2.0-only
// A measured point as a row of the report; docs/DESIGN.md lists the keys.
#pragma once

#include <nlohmann/json.hpp>

#include "measure/sampler.h"
#include "plan/point.h"

namespace dmabench {

/// One element of benchmarks[]. `clock` tells which phases are too short to be told from nothing.
nlohmann::ordered_json make_row(const Point& point, const Measurement& measured, const ClockCost& clock);

/// The quantile q (0 .. 1) of a histogram: the middle of the bucket that it falls into, clamped to the least and
/// greatest duration seen. The histogram must not be empty.
[[nodiscard]] double histogram_quantile(const dmabench_hist& histogram, double q);

}  // namespace dmabench
