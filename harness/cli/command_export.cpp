// SPDX-License-Identifier: GPL-2.0-only
// dmabench export
#include <algorithm>
#include <cctype>
#include <memory>

#include "analysis/export.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/one_of.h"

namespace dmabench {
namespace {

struct Options {
    std::string report;
    std::string format;
    std::string output;
    std::string build;
};

// The message follows "--build: "; an empty one is consent. The pattern is KCIDB's own.
std::string wrong_build(const std::string& text) {
    const std::size_t colon = text.find(':');
    const bool named =
        colon != std::string::npos && colon != 0 && colon + 1 != text.size() &&
        std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon),
                    [](unsigned char c) { return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_'; });
    return named
               ? ""
               : fmt::format("{} is no build of KCIDB; expected ORIGIN:ID, as myci:build-1", in_quotes(text));
}

Result<int> run_export(const Options& options) {
    if (options.format == "kcidb" && options.build.empty())
        return fail(ErrorKind::usage, "--format kcidb needs --build ORIGIN:ID, the build that was tested");
    if (options.format != "kcidb" && !options.build.empty())
        return fail(ErrorKind::usage, "--build is for --format kcidb only");
    auto report = load_report(options.report, {options.format == "csv"});
    if (!report)
        return tl::unexpected(report.error());
    const std::string text = options.format == "bmf"           ? export_bmf(*report)
                             : options.format == "openmetrics" ? export_openmetrics(*report)
                             : options.format == "junit"       ? export_junit(*report)
                             : options.format == "ktap"        ? export_ktap(*report)
                             : options.format == "kcidb"       ? export_kcidb(*report, options.build)
                             : options.format == "lava"        ? export_lava(*report)
                                                               : export_csv(*report);
    if (options.output.empty()) {
        std::fwrite(text.data(), 1, text.size(), stdout);
        return 0;
    }
    if (auto written = write_file_atomically(options.output, text); !written)
        return fail(ErrorKind::usage, "-o {}", written.error().message);
    return 0;
}

}  // namespace

void add_export_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("export", "Give a report in the format of a dashboard or test system");
    command->add_option("REPORT", options->report, "A report made by dmabench run")->required();
    command
        ->add_option(
            "--format", options->format,
            "bmf (Bencher), openmetrics, junit, ktap, kcidb, lava (a script of lava-test-case) or csv")
        ->check(one_of("format", {"bmf", "openmetrics", "junit", "ktap", "kcidb", "lava", "csv"}),
                "{bmf,openmetrics,junit,ktap,kcidb,lava,csv}")
        ->required();
    command->add_option("-o,--output", options->output, "File to write (default: standard output)");
    command->add_option("--build", options->build, "For kcidb: the build that was tested, as ORIGIN:ID")
        ->check(wrong_build, "");
    command->footer(
        "Examples:\n"
        "  dmabench export board.json --format openmetrics -o board.prom\n"
        "  dmabench export board.json --format bmf | bencher run --adapter json ...\n"
        "\n"
        "The report itself is what github-action-benchmark (tool googlecpp), Bencher (cpp_google), Conbench "
        "and\n"
        "Google Benchmark's compare.py read: give them the file as it is.");
    command->callback([options, &chosen] { chosen = [options] { return run_export(*options); }; });
}

}  // namespace dmabench
