// SPDX-License-Identifier: GPL-2.0-only
#include "plan/plan.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.h"

namespace dmabench {
namespace {

bool is_pci(std::string_view target) {
    return target.starts_with("pci:");
}

bool is_dmaengine(std::string_view target) {
    return target.starts_with("dmaengine:");
}

/// What a point's target stands for; at least one. A transfer leads to those that may have its engine.
std::vector<std::string> resolved(const Point& point, std::span<const std::string> targets) {
    std::string target = point.target;
    if (target == "auto" && point.transfer == Transfer::memcpy) {
        target = "dmaengine";
    }
    if (target == "auto" && point.transfer == Transfer::edu) {
        target = "pci";
    }
    if (target != "auto" && target != "pci") {
        return {target};
    }
    std::vector<std::string> pci;
    std::vector<std::string> others;
    for (const std::string& name : targets) {
        if (!is_dmaengine(name)) {
            (is_pci(name) ? pci : others).push_back(name);
        }
    }
    if (pci.size() == 1) {
        return {"pci"};
    }
    if (!pci.empty()) {
        return pci;
    }
    return target == "pci" || others.empty() ? std::vector<std::string>{target} : others;
}

}  // namespace

Result<Plan> make_plan(std::vector<Scenario> scenarios) {
    if (scenarios.empty()) {
        return fail(ErrorKind::usage, "no scenario given");
    }
    Plan plan;
    std::unordered_set<std::string> names;
    for (Scenario& scenario : scenarios) {
        const auto same =
            std::find_if(plan.scenarios.begin(), plan.scenarios.end(),
                         [&](const PlannedScenario& other) { return other.name == scenario.name; });
        if (same != plan.scenarios.end()) {
            if (same->sha256 == scenario.sha256) {
                continue;
            }
            return fail(ErrorKind::usage,
                        "{}: the scenario's name '{}' is also that of {}; rename one of them",
                        printable(scenario.file.string()), scenario.name, printable(same->file.string()));
        }
        auto next = scenario.points.begin();
        for (const Sweep& sweep : scenario.sweeps) {
            for (std::size_t left = sweep.points; left > 0; --left, ++next) {
                if (names.insert(next->name()).second) {
                    plan.points.push_back(
                        {std::move(*next), sweep.statistics, plan.scenarios.size(), sweep.exclusions});
                }
            }
        }
        for (Excluded& excluded : scenario.excluded) {
            if (names.insert(excluded.name).second) {
                plan.excluded.push_back(std::move(excluded));
            }
        }
        plan.scenarios.push_back({std::move(scenario.name), std::move(scenario.title),
                                  std::move(scenario.question), std::move(scenario.file),
                                  std::move(scenario.sha256), std::move(scenario.flat),
                                  std::move(scenario.thresholds)});
    }
    return plan;
}

Plan bind(const Plan& plan, std::span<const std::string> targets) {
    Plan bound{plan.scenarios, {}, plan.excluded};
    std::unordered_set<std::string> names;
    std::unordered_set<std::string> left_out;
    for (const PlannedPoint& planned : plan.points) {
        for (const std::string& target : resolved(planned.point, targets)) {
            PlannedPoint copy = planned;
            copy.point.target = target;
            std::string name = copy.point.name();
            if (const Exclusion* exclusion = first_match(copy.exclusions, copy.point)) {
                if (left_out.insert(name).second) {
                    bound.excluded.push_back({std::move(name), exclusion->reason});
                }
            } else if (names.insert(std::move(name)).second) {
                bound.points.push_back(std::move(copy));
            }
        }
    }
    return bound;
}

std::string_view session_target(std::string_view target, std::span<const std::string> targets) {
    const auto same = std::find(targets.begin(), targets.end(), target);
    if (same != targets.end()) {
        return *same;
    }
    if (target != "pci" && target != "dmaengine") {
        return {};
    }
    const auto fits = target == "pci" ? is_pci : is_dmaengine;
    if (std::count_if(targets.begin(), targets.end(), fits) != 1) {
        return {};
    }
    return *std::find_if(targets.begin(), targets.end(), fits);
}

Plan filtered(Plan plan, const NameFilter& filter) {
    std::erase_if(plan.points,
                  [&](const PlannedPoint& planned) { return !filter.passes(planned.point.name()); });
    return plan;
}

}  // namespace dmabench
