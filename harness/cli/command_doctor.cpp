// SPDX-License-Identifier: GPL-2.0-only
// dmabench doctor: what would disturb or prevent a run, and how to mend it.
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/terminal.h"
#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/where.h"
#include "doctor/checks.h"
#include "doctor/fixes.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

struct Options {
    std::string on = "auto";
    bool json = false;
    bool fix = false;
    bool undo = false;
};

/// A run is possible, or it is not.
int exit_code(const std::vector<Finding>& findings) {
    const bool prevented = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.severity == Severity::prevents;
    });
    return prevented ? static_cast<int>(ErrorKind::not_possible) : 0;
}

json to_json(const std::vector<Finding>& findings, const std::vector<std::string>& said) {
    json out{{"findings", json::array()}, {"checked", json::array()}, {"said", said}};
    for (const Finding& finding : findings) {
        json entry{{"id", finding.id}, {"severity", severity_name(finding.severity)}, {"text", finding.text}};
        if (!finding.command.empty())
            entry["command"] = finding.command;
        entry["safe_fix"] = finding.safe;
        out["findings"].push_back(std::move(entry));
    }
    for (const Check& check : all_checks())
        out["checked"].push_back(check.id);
    return out;
}

void print(const std::vector<Finding>& findings) {
    const bool colour = has_colours(STDOUT_FILENO);
    const char* plain = colour ? "\033[0m" : "";
    const char* faint = colour ? "\033[2m" : "";
    const auto shade = [&](Severity severity) {
        return !colour ? "" : severity == Severity::prevents ? "\033[1;31m" : severity == Severity::limits ? "\033[33m" : "\033[36m";
    };
    bool safe = false;
    for (const Finding& finding : findings) {
        fmt::print("{}{:<9}{} {}\n", shade(finding.severity), severity_name(finding.severity), plain, finding.text);
        if (!finding.command.empty())
            fmt::print("          {}{}{}\n", faint, finding.command, plain);
        safe |= finding.safe;
    }
    const auto count = [&](Severity severity) {
        return std::count_if(findings.begin(), findings.end(),
                             [&](const Finding& finding) { return finding.severity == severity; });
    };
    fmt::print("{}{} checks: {} prevent a run, {} limit it, {} disturb it\n", findings.empty() ? "" : "\n",
               all_checks().size(), count(Severity::prevents), count(Severity::limits), count(Severity::disturbs));
    if (safe)
        fmt::print("'sudo dmabench run --fix ...' mends what it safely can for the run, 'sudo dmabench doctor --fix' until "
                   "'--undo'.\n");
}

Result<std::vector<std::string>> fix(const SystemFiles& files) {
    std::vector<std::string> said;
    const auto fixes = apply_fixes(files, Keep::until_undo, &said);
    if (!fixes)
        return tl::unexpected(fixes.error());
    const std::vector<std::string> done = describe(*fixes);
    said.insert(said.begin(), done.begin(), done.end());
    said.emplace_back(done.empty() ? "nothing to fix" : "'sudo dmabench doctor --undo' undoes this");
    return said;
}

Result<std::vector<std::string>> undo(const SystemFiles& files) {
    const auto fixes = load_fixes(files);
    if (!fixes)
        return tl::unexpected(fixes.error());
    if (!*fixes)
        return std::vector<std::string>{"nothing to undo"};
    if ((*fixes)->keep == Keep::until_end && is_alive(files, **fixes))
        return fail(ErrorKind::not_possible, "--undo: the fixes are of process {}, which still runs and will undo them",
                    (*fixes)->process);
    if (::access(files.where(fixes_file).c_str(), W_OK) != 0)
        return fail(ErrorKind::not_possible, "--undo: {}: not permitted; run as root", files.where(fixes_file).string());
    return undo_fixes(files, **fixes);
}

Result<int> examine(const Options& options) {
    auto where = parse_where(options.on);
    if (!where)
        return tl::unexpected(where.error());
    if (options.fix && options.undo)
        return fail(ErrorKind::usage, "--fix and --undo exclude each other");
    if (where->kind == Where::Kind::fake)
        return fail(ErrorKind::usage, "--on fake: nothing disturbs a cost model; expected auto, host or lab:NAME");
    if (where->kind == Where::Kind::lab) {
        if (where->platforms.size() != 1)
            return fail(ErrorKind::usage, "--on {}: one platform at a time", options.on);
        if (options.fix || options.undo)
            return fail(ErrorKind::usage, "--on {}: a guest is gone when the command ends; use dmabench run --fix",
                        options.on);
        auto lab = find_data("lab/lab");
        if (!lab)
            return tl::unexpected(lab.error());
        std::vector<std::string> command{lab->string(), "exec", where->platforms.front(), "--", "dmabench", "doctor"};
        if (options.json)
            command.emplace_back("--json");
        return tl::unexpected(become(command));
    }
    const System system = this_system();
    auto said = undo_leftovers(system.files);
    if (!said)
        return tl::unexpected(said.error());
    if (options.fix || options.undo) {
        const auto more = options.fix ? fix(system.files) : undo(system.files);
        if (!more)
            return tl::unexpected(more.error());
        said->insert(said->end(), more->begin(), more->end());
    }
    const std::vector<Finding> findings = diagnose(system);
    if (options.json) {
        fmt::print("{}\n", to_json(findings, *said).dump(1));
    } else {
        for (const std::string& line : *said)
            fmt::print("{}\n", line);
        if (!options.undo)
            print(findings);
    }
    return options.undo ? 0 : exit_code(findings);
}

}  // namespace

void add_doctor_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command =
        app.add_subcommand("doctor", "Tell what would disturb or prevent a run, and how to mend it");
    command->add_option("--on", options->on, "Where: auto (this machine), host, lab:NAME")->capture_default_str();
    command->add_flag("--json", options->json, "The same as JSON");
    command->add_flag("--fix", options->fix,
                      "Mend what can be undone: governor, turbo, perf_event_paranoid, NMI watchdog, debugfs, tracefs");
    command->add_flag("--undo", options->undo, "Put back what --fix changed");
    command->footer(
        "Examples:\n"
        "  dmabench doctor\n"
        "  sudo dmabench doctor --fix; ...; sudo dmabench doctor --undo\n"
        "  sudo dmabench run scenarios/quick.json --fix     for that run only\n"
        "\n"
        "Exit codes: 0 a run is possible, 4 something prevents it.");
    command->callback([options, &chosen] { chosen = [options] { return examine(*options); }; });
}

}  // namespace dmabench
