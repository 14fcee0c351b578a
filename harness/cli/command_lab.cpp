// SPDX-License-Identifier: GPL-2.0-only
// dmabench lab: hands over to lab/lab, which has its own --help.

#include "cli/commands.h"
#include "cli/data_files.h"

namespace dmabench {

void add_lab_command(CLI::App& app, Command& chosen) {
    CLI::App* command = app.add_subcommand(
        "lab", "Emulated machines that boot real kernels: list, fetch, run, exec, shell");
    command->prefix_command();
    command->set_help_flag();
    command->callback([command, &chosen] {
        const std::vector<std::string> rest = command->remaining();
        chosen = [rest]() -> Result<int> {
            auto lab = find_data("lab/lab");
            if (!lab)
                return tl::unexpected(lab.error());
            std::vector<std::string> command_line{lab->string()};
            command_line.insert(command_line.end(), rest.begin(), rest.end());
            return tl::unexpected(become(command_line));
        };
    });
}

}  // namespace dmabench
