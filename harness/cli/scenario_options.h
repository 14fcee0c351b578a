// SPDX-License-Identifier: GPL-2.0-only
// The options of all commands that read scenarios, and the reading.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/plan.h"
#include "scenario/scenario.h"

namespace dmabench {

struct ScenarioOptions {
    std::vector<std::string> files;
    Overrides overrides;
    std::string max_points;  ///< as given; empty: the default
};

/// SCENARIO, --set, --filter and --max-points.
void add_scenario_options(CLI::App& command, ScenarioOptions& options);

/// Reads them all and makes a plan. With `filter` false, --filter is only checked, not applied: names are
/// complete when the targets are known. Notes go to `notes`.
Result<Plan> load_plan(const ScenarioOptions& options, bool filter, std::vector<std::string>* notes);

}  // namespace dmabench
