// SPDX-License-Identifier: GPL-2.0-only
// Counts tracepoints over a point's laps, apart from all that is timed.
#pragma once

#include <vector>

#include "counters/counters.h"
#include "device/session.h"
#include "plan/point.h"

namespace dmabench {

/// Sets the point up anew and counts over that many laps, less what a batch without laps counts. The session is
/// left with the point's buffer set up.
Outcome<std::vector<Count>> count_laps(Session& session, Counters& counters, const Point& point,
                                       std::uint64_t laps);

}  // namespace dmabench
