// SPDX-License-Identifier: GPL-2.0-only
// The commands, one file each. A command registers its options with the parser and leaves its own function in
// `chosen`, which main() calls once the command line has been read.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "base/result.h"

namespace dmabench {

/// The exit code when all went well in itself, or what went wrong.
using Command = std::function<Result<int>()>;

void add_run_command(CLI::App& app, Command& chosen);
void add_plan_command(CLI::App& app, Command& chosen);
void add_info_command(CLI::App& app, Command& chosen);
void add_counters_command(CLI::App& app, Command& chosen);
void add_doctor_command(CLI::App& app, Command& chosen);
void add_advise_command(CLI::App& app, Command& chosen);
void add_report_command(CLI::App& app, Command& chosen);
void add_compare_command(CLI::App& app, Command& chosen);
void add_export_command(CLI::App& app, Command& chosen);
void add_trace_command(CLI::App& app, Command& chosen);
void add_lab_command(CLI::App& app, Command& chosen);

/// argv[0], for the report's context.
[[nodiscard]] const std::string& program_name();

}  // namespace dmabench
