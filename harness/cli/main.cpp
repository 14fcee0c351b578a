// SPDX-License-Identifier: GPL-2.0-only
// dmabench: the command line. The one place that prints errors and picks the exit code.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/terminal.h"
#include "cli/commands.h"
#include "cli/usage_error.h"
#include "report/version.h"

namespace dmabench {
namespace {

std::string program = "dmabench";

int report_error(const Error& error) {
    const bool colour = has_colours(STDERR_FILENO);
    fmt::print(stderr, "{}dmabench:{} {}\n", colour ? "\033[1;31m" : "", colour ? "\033[0m" : "",
               error.message);
    return static_cast<int>(error.kind);
}

}  // namespace

const std::string& program_name() {
    return program;
}

}  // namespace dmabench

int main(int argc, char** argv) {
    using namespace dmabench;
    program = argv[0];
    CLI::App app{
        "Benchmark and profile Linux DMA mapping strategies: what coherent memory, streaming maps and\n"
        "dma_sync_* cost on this machine, or in an emulated guest (--on lab:NAME).",
        "dmabench"};
    app.set_version_flag("--version", fmt::format("dmabench {}", version));
    app.require_subcommand(1);
    app.get_formatter()->column_width(28);
    app.footer(
        "Examples:\n"
        "  dmabench run scenarios/quick.json --on lab:arm64      no hardware and no root needed\n"
        "  sudo dmabench run scenarios/sync_frequency.json -o board.json\n"
        "  dmabench advise board.json --touch-bytes 4K           coherent or streaming, for this use?\n"
        "  dmabench report board.json -o page/                   draws page/index.html\n"
        "  dmabench compare yesterday.json board.json            what got slower?\n"
        "  sudo dmabench trace --seconds 10                      which driver spends time in the DMA API?\n"
        "\n"
        "Exit codes: 0 ok, 1 a regression was found, 2 bad input or usage, 3 reports are not comparable, 4 not\n"
        "possible here (no module, privilege or tool), 5 a run failed or was interrupted, 6 the lab's own\n"
        "machinery failed.");
    Command chosen;
    add_run_command(app, chosen);
    add_plan_command(app, chosen);
    add_info_command(app, chosen);
    add_counters_command(app, chosen);
    add_doctor_command(app, chosen);
    add_advise_command(app, chosen);
    add_report_command(app, chosen);
    add_compare_command(app, chosen);
    add_export_command(app, chosen);
    add_trace_command(app, chosen);
    add_lab_command(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {
        return app.exit(success);  // --help, --version
    } catch (const CLI::ParseError& error) {
        return report_error({ErrorKind::usage, usage_message(app, error)});
    }
    const Result<int> done = chosen();
    return done ? *done : report_error(done.error());
}
