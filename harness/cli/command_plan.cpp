// SPDX-License-Identifier: GPL-2.0-only
// dmabench plan: what a run would measure, and how long that takes. Runs nothing.
#include <unistd.h>

#include <memory>

#include "base/text.h"
#include "cli/commands.h"
#include "plan/axis.h"
#include "plan/plan.h"

namespace dmabench {
namespace {

/// The least time a point takes: its warm-up, its samples, calibration (about two samples' worth) and stamps.
double least_seconds(const Statistics& s) {
    const double sample = std::chrono::duration<double>(s.sample_time).count();
    const double budget = std::chrono::duration<double>(s.budget).count();
    return std::min(sample * (s.samples + s.discard + 2), budget);
}

double most_seconds(const Statistics& s) {
    return 1.25 * std::chrono::duration<double>(s.budget).count();
}

std::string duration(double seconds) {
    if (seconds < 1)
        return fmt::format("{:.0f} ms", 1e3 * seconds);
    if (seconds < 120)
        return fmt::format("{:.0f} s", seconds);
    return seconds < 7200 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

struct Options {
    std::vector<std::string> scenarios;
    Overrides overrides;
    bool json = false;
};

Result<int> show_plan(const Options& options) {
    std::vector<Scenario> scenarios;
    for (const std::string& file : options.scenarios) {
        auto scenario = load_scenario(file, options.overrides);
        if (!scenario)
            return tl::unexpected(scenario.error());
        scenarios.push_back(std::move(*scenario));
    }
    auto plan = make_plan(std::move(scenarios));
    if (!plan)
        return tl::unexpected(plan.error());
    double least = 0;
    double most = 0;
    for (const PlannedPoint& planned : plan->points) {
        least += least_seconds(planned.statistics);
        most += most_seconds(planned.statistics);
    }
    if (options.json) {
        nlohmann::ordered_json out;
        out["points"] = nlohmann::ordered_json::array();
        for (const PlannedPoint& planned : plan->points)
            out["points"].push_back({{"name", planned.point.name()},
                                     {"scenario", plan->scenarios[planned.scenario].name},
                                     {"params", planned.point.params()}});
        out["count"] = plan->points.size();
        out["excluded"] = nlohmann::ordered_json::array();
        for (const Excluded& excluded : plan->excluded)
            out["excluded"].push_back({{"name", excluded.name}, {"reason", excluded.reason}});
        out["seconds"] = {{"least", least}, {"most", most}};
        fmt::print("{}\n", out.dump(1));
        return 0;
    }
    for (const PlannedScenario& scenario : plan->scenarios)
        fmt::print("{}: {}\n", scenario.name, scenario.question);
    for (const PlannedPoint& planned : plan->points)
        fmt::print("{}\n", planned.point.name());
    fmt::print("{} point{}; {} to {} of the measured machine's time for each target\n", plan->points.size(),
               plan->points.size() == 1 ? "" : "s", duration(least), duration(most));
    if (!plan->excluded.empty())
        fmt::print("{} more combinations cannot be: {} ({})\n", plan->excluded.size(),
                   plan->excluded.front().name, plan->excluded.front().reason);
    return 0;
}

/// The table of axes as lines of help.
std::string axes_help() {
    std::string text = "Axes, for --set and in a scenario's matrix:\n";
    for (const Axis& axis : all_axes()) {
        std::string values = axis.kind == AxisKind::integer
                                 ? fmt::format("{} to {} {}", axis.min, axis.max, axis.unit)
                                 : join(axis.words, ", ");
        if (axis.kind == AxisKind::target)
            values += ", pci:ADDRESS";
        text += fmt::format("  {:<12} {}\n  {:<12}   {}{}\n", axis.name, axis.doc, "", values,
                            axis.required() || axis.default_text == "default" ? "" : fmt::format("; default {}", axis.default_text));
    }
    return text;
}

}  // namespace

void add_plan_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("plan", "Show the points of scenarios, and how long they take");
    command->add_option("SCENARIO", options->scenarios, "Scenario files")->required();
    command->add_option("--set", options->overrides.set, "Replace an axis: AXIS=VALUES")
        ->allow_extra_args(false);
    command->add_option("--filter", options->overrides.filter,
                        "Only points whose name matches this expression");
    command->add_flag("--json", options->json, "The same as JSON");
    command->footer(axes_help() +
                    "\nExample:\n  dmabench plan scenarios/buffer_sizes.json --set size=4K..64K\\ x2");
    command->callback([options, &chosen] { chosen = [options] { return show_plan(*options); }; });
}

}  // namespace dmabench
