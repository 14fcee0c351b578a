// SPDX-License-Identifier: GPL-2.0-only
// Laps by several threads at once: each with a session, a buffer, a CPU and counters of its own.
#pragma once

#include <memory>

#include "counters/counters.h"
#include "measure/laps.h"

namespace dmabench {

/// The team for point.threads threads. The calling thread, on which `session` is set up and `counters` count, is one
/// of them. Skipped where there are fewer CPUs.
///
/// A lap's time is what a thread sees: the mean over the threads. They begin together; each does all of its laps, so
/// that near the end, when some are done, the others have less company.
Outcome<std::unique_ptr<Laps>> make_thread_team(Session& session, Counters& counters, const Point& point,
                                                const ClockCost& clock);

}  // namespace dmabench
