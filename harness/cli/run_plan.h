// SPDX-License-Identifier: GPL-2.0-only
// Carries a plan out: every point measured, journalled, and put into the report.
#pragma once

#include <filesystem>

#include "device/session.h"
#include "plan/plan.h"
#include "report/report.h"

namespace dmabench {

struct RunOptions {
    std::filesystem::path report;  ///< the file to write
    CounterSelection counters;
    bool resume = false;
    bool quiet = false;
};

/// Measures the points of a bound plan in an order shuffled by facts.seed and writes the report. `facts` must have
/// platform, clock_kind, executable and seed; the rest is filled in. Returns it, its rows being
/// in the file only.
Result<Report> run_plan(Session& session, const Plan& plan, RunFacts facts, const RunOptions& options);

}  // namespace dmabench
