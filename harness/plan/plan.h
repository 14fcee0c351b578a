// SPDX-License-Identifier: GPL-2.0-only
// A plan: the points of one or more scenarios, in order, each once. Pure; nothing here touches a device.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "plan/matrix.h"
#include "plan/name_filter.h"
#include "plan/point.h"
#include "scenario/exclusion.h"
#include "scenario/scenario.h"

namespace dmabench {

/// Where points come from, for the report.
struct PlannedScenario {
    std::string name;
    std::string title;
    std::string question;
    std::filesystem::path file;
    std::string sha256;
    std::string flat;                   ///< as in Scenario
    nlohmann::ordered_json thresholds;  ///< as in Scenario
};

struct PlannedPoint {
    Point point;
    Statistics statistics;     ///< those of its sweep
    std::size_t scenario = 0;  ///< index in Plan::scenarios
    Exclusions exclusions{};   ///< those of its sweep
};

struct Plan {
    std::vector<PlannedScenario> scenarios;
    std::vector<PlannedPoint> points;  ///< names are unique
    std::vector<Excluded> excluded;    ///< names are unique
};

/// Scenario by scenario; of points with the same name the first stays. A scenario given twice counts
/// once. Errors: no scenario; two different ones of the same name.
Result<Plan> make_plan(std::vector<Scenario> scenarios);

/// Resolve the targets "auto" and "pci" for a session that has the targets `targets` (their full names):
/// - "pci" becomes every target whose name begins with "pci:". When there is exactly one it stays "pci",
///   in the name too, so that reports of machines with different addresses can be compared.
/// - "auto" is the same when there is a PCI target, otherwise every other target.
/// - With no fitting target it stays as it is, and the session will say that there is none.
/// Where a target becomes several, the point is repeated for each, one after the other. What "exclude" says
/// of targets is then left out. Call it as dmabench::bind(): unqualified, std::bind() may be found instead.
Plan bind(const Plan& plan, std::span<const std::string> targets);

/// The session's target for a point's target: that of the same name, or for "pci" (as bind() leaves
/// it) the only PCI one. Empty: none.
std::string_view session_target(std::string_view target, std::span<const std::string> targets);

/// Only the points that pass. For --filter on the names of a bound plan.
Plan filtered(Plan plan, const NameFilter& filter);

}  // namespace dmabench
