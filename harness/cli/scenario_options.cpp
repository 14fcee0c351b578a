// SPDX-License-Identifier: GPL-2.0-only
#include "cli/scenario_options.h"

#include "base/text.h"
#include "cli/data_files.h"
#include "scenario/values.h"

namespace dmabench {
namespace {

/// Where "extends" finds what it names without a path: what ships.
std::vector<std::filesystem::path> preset_folders() {
    std::vector<std::filesystem::path> folders;
    for (const char* name : {"scenarios/presets", "scenarios"})
        if (auto folder = find_data(name))
            folders.push_back(std::move(*folder));
    return folders;
}

}  // namespace

void add_scenario_options(CLI::App& command, ScenarioOptions& options) {
    command.add_option("SCENARIO", options.files, "Scenario files; several go together")->required();
    command
        .add_option("--set", options.overrides.set,
                    "Replace an axis: AXIS=VALUES, as size=4K..1M x4 or sync_every=0,1,16 (dmabench plan "
                    "--help has the list)")
        ->allow_extra_args(false);
    command.add_option("--filter", options.overrides.filter,
                       "Only points whose name matches this expression");
    command.add_option("--max-points", options.max_points,
                       "Most combinations of one scenario (default: 100000)");
}

Result<Plan> load_plan(const ScenarioOptions& options, bool filter, std::vector<std::string>* notes) {
    Overrides overrides = options.overrides;
    overrides.presets = preset_folders();
    if (!filter) {
        overrides.filter.clear();
        if (auto checked = NameFilter::make(options.overrides.filter); !checked)
            return tl::unexpected(checked.error());
    }
    if (!options.max_points.empty()) {
        const auto most = parse_integer(options.max_points);
        if (!most)
            return fail(ErrorKind::usage, "--max-points: {}", most.error().message);
        if (*most == 0)
            return fail(ErrorKind::usage, "--max-points: 0 leaves nothing to measure; expected 1 or more");
        overrides.max_points = *most;
    }
    std::vector<Scenario> scenarios;
    for (const std::string& file : options.files) {
        auto scenario = load_scenario(file, overrides);
        if (!scenario)
            return tl::unexpected(scenario.error());
        if (notes != nullptr)
            notes->insert(notes->end(), scenario->notes.begin(), scenario->notes.end());
        scenarios.push_back(std::move(*scenario));
    }
    return make_plan(std::move(scenarios));
}

}  // namespace dmabench
