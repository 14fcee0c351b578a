// SPDX-License-Identifier: GPL-2.0-only
// dmabench plan: what a run would measure, and how long that takes. Runs nothing.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/scenario_options.h"
#include "cli/time_estimate.h"
#include "plan/axis.h"
#include "plan/plan.h"

namespace dmabench {
namespace {

/// Reason by reason; of many names the first.
void print_left_out(const Plan& plan) {
    constexpr std::size_t shown = 5;
    std::vector<std::pair<std::string_view, std::vector<std::string_view>>> reasons;
    for (const Excluded& excluded : plan.excluded) {
        auto same = std::find_if(reasons.begin(), reasons.end(),
                                 [&](const auto& entry) { return entry.first == excluded.reason; });
        if (same == reasons.end())
            same = reasons.insert(reasons.end(), {excluded.reason, {}});
        same->second.push_back(excluded.name);
    }
    if (!reasons.empty())
        fmt::print("left out: {} combination{}\n", plan.excluded.size(), plan.excluded.size() == 1 ? "" : "s");
    for (const auto& [reason, names] : reasons) {
        fmt::print("  {}\n", reason);
        for (std::size_t i = 0; i < std::min(names.size(), shown); ++i)
            fmt::print("    {}\n", names[i]);
        if (names.size() > shown)
            fmt::print("    and {} more; --json has them all\n", names.size() - shown);
    }
}

struct Options {
    ScenarioOptions scenarios;
    std::string like;
    bool json = false;
};

Result<int> show_plan(const Options& options) {
    std::vector<std::string> notes;
    auto plan = load_plan(options.scenarios, true, &notes);
    if (!plan)
        return tl::unexpected(plan.error());
    for (const std::string& note : notes)
        fmt::print(stderr, "note: {}\n", note);
    const TimeLimits limits = time_limits(*plan);
    std::optional<TimeEstimate> estimate;
    if (!options.like.empty()) {
        auto made = time_as_in(*plan, options.like);
        if (!made)
            return tl::unexpected(made.error());
        estimate = std::move(*made);
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
        out["seconds"] = {{"least", limits.least}, {"most", limits.most}};
        if (estimate) {
            out["seconds"]["expected"] = estimate->seconds;
            out["seconds"]["known_points"] = estimate->known;
        }
        fmt::print("{}\n", out.dump(1));
        return 0;
    }
    for (const PlannedScenario& scenario : plan->scenarios)
        fmt::print("{}: {}\n", scenario.name, scenario.question.empty() ? scenario.title : scenario.question);
    for (const PlannedPoint& planned : plan->points)
        fmt::print("{}\n", planned.point.name());
    fmt::print("{} point{}; {} to {} of the measured machine's time for each target\n", plan->points.size(),
               plan->points.size() == 1 ? "" : "s", time_words(limits.least), time_words(limits.most));
    if (estimate)
        fmt::print("as {} took for {} of them: about {} of {}'s time in all\n", printable(options.like),
                   estimate->known, time_words(estimate->seconds), estimate->platform);
    print_left_out(*plan);
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
    add_scenario_options(*command, options->scenarios);
    command->add_option("--like", options->like, "Estimate the time from this earlier report");
    command->add_flag("--json", options->json, "The same as JSON");
    command->footer(axes_help() +
                    "\nExample:\n  dmabench plan scenarios/buffer_sizes.json --set size=4K..64K\\ x2");
    command->callback([options, &chosen] { chosen = [options] { return show_plan(*options); }; });
}

}  // namespace dmabench
