// SPDX-License-Identifier: GPL-2.0-only
// dmabench report: hands over to the Python package in reports/.
#include <cstdlib>
#include <memory>

#include "cli/commands.h"
#include "cli/data_files.h"

namespace dmabench {

void add_report_command(CLI::App& app, Command& chosen) {
    struct Options {
        std::vector<std::string> reports;
        std::vector<std::string> repeats;
        std::vector<std::string> history;
        std::string output;
        std::string plots = "svg,png";
    };
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("report", "Draw reports: one self-contained HTML page, and plots");
    command->add_option("REPORT", options->reports, "Reports made by dmabench run; traces made by dmabench trace --json, for trace.html")->required();
    command->add_option("-o,--output", options->output, "Folder for index.html and plots/")->required();
    command->add_option("--repeat", options->repeats,
                        "Reports of a second run, to say how closely the two agree");
    command->add_option("--history", options->history,
                        "Reports of earlier runs: adds history.html, each point's cost from run to run");
    command->add_option("--plots", options->plots, "Kinds of plot files: svg, png or both")->capture_default_str();
    command->footer("Example:\n  dmabench report out/*.json -o out/page && xdg-open out/page/index.html");
    command->callback([options, &chosen] {
        chosen = [options]() -> Result<int> {
            auto package = find_data("reports");
            if (!package)
                return tl::unexpected(package.error());
            ::setenv("PYTHONPATH", package->c_str(), 1);
            // Debian's python3-matplotlib belongs to /usr/bin/python3, whatever comes first in PATH.
            std::vector<std::string> words{"/usr/bin/python3", "-m", "dmabench_reports"};
            words.insert(words.end(), options->reports.begin(), options->reports.end());
            words.insert(words.end(), {"-o", options->output, "--plots", options->plots});
            if (!options->repeats.empty()) {
                words.emplace_back("--repeat");
                words.insert(words.end(), options->repeats.begin(), options->repeats.end());
            }
            if (!options->history.empty()) {
                words.emplace_back("--history");
                words.insert(words.end(), options->history.begin(), options->history.end());
            }
            return tl::unexpected(become(words));
        };
    });
}

}  // namespace dmabench
