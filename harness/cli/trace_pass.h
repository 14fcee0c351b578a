// SPDX-License-Identifier: GPL-2.0-only
// The second pass of a run: counts tracepoints for points whose rows are there already.
#pragma once

#include "device/session.h"
#include "plan/plan.h"
#include "report/journal.h"
#include "report/report.h"

namespace dmabench {

/// An enabled tracepoint makes laps slower, and even one that was enabled once leaves the kernel's memory in another
/// state; so all points have been timed before the first one is counted. Points that are timed apart
/// are left out, as all that is done between their laps would be counted, too; and threads, of which only one's calls
/// would be. Counts go into `entries` and the journal.
/// Returns whether all rows have theirs: an interrupt ends the pass early.
Result<bool> trace_pass(Session& session, const Plan& plan, const CounterSelection& selection, RunFacts& facts,
                        JournalEntries& entries, Journal& journal, bool quiet);

}  // namespace dmabench
