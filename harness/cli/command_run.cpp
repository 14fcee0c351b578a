// SPDX-License-Identifier: GPL-2.0-only
// dmabench run
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>
#include <sstream>

#include "base/files.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/one_of.h"
#include "cli/results_table.h"
#include "cli/run_plan.h"
#include "cli/scenario_options.h"
#include "cli/where.h"
#include "doctor/fixes.h"
#include "platform/facts.h"
#include "scenario/keys.h"
#include "scenario/values.h"

namespace dmabench {
namespace {

namespace fs = std::filesystem;

struct Options {
    ScenarioOptions scenarios;
    std::string on = "auto";
    std::string output;
    std::string counters = "default";
    std::uint64_t seed = 1;
    std::string budget;
    bool resume = false;
    bool quiet = false;
    bool fix = false;
    std::string platform_name;
    std::string clock;
};

std::string host_name() {
    std::array<char, 256> name{};
    ::gethostname(name.data(), name.size() - 1);
    return name[0] != '\0' ? name.data() : "host";
}

/// All that can be wrong with the command line or a scenario shows here, before a device is opened or a guest
/// booted.
Result<Plan> plan_of(const Options& options, std::vector<std::string>* notes) {
    auto plan = load_plan(options.scenarios, false, notes);
    if (plan && !options.budget.empty()) {
        const auto budget = parse_duration(options.budget);
        if (!budget)
            return fail(ErrorKind::usage, "--budget {}: {}", printable(options.budget),
                        budget.error().message);
        if (*budget < keys::budget.least || *budget > keys::budget.most)
            return fail(ErrorKind::usage, "--budget {}: out of range; expected 10us .. 3600s",
                        printable(options.budget));
        for (PlannedPoint& planned : plan->points)
            planned.statistics.budget = *budget;
    }
    return plan;
}

/// A file without a name, for a program that this one becomes.
Result<UniqueFd> file_in_memory(const std::string& text) {
    UniqueFd fd(::memfd_create("scenario", 0));
    if (!fd || !write_all(fd.get(), text))
        return fail(ErrorKind::failed, "cannot keep a scenario in memory: {}", std::strerror(errno));
    return fd;
}

/// FILE as given, or DIR/NAME.json when the output is a folder.
Result<fs::path> report_path(const Options& options, const Plan& plan, const std::string& platform) {
    const std::string file_name = platform + ".json";
    if (options.output.empty())
        return fs::path(fmt::format("dmabench-{}-{}", plan.scenarios.front().name, file_name));
    const auto refuse = [&](const std::string& why) {
        return fail(ErrorKind::usage, "-o {}: {}", printable(options.output), why);
    };
    std::error_code error;
    fs::path path = options.output;
    if (path.extension() != ".json" || fs::is_directory(path, error)) {
        if (fs::exists(path, error) && !fs::is_directory(path, error))
            return refuse("is a file, but not a .json file; expected FILE.json or a folder");
        fs::create_directories(path, error);
        if (error)
            return refuse(fmt::format("the folder cannot be made: {}", error.message()));
        path /= file_name;
    } else if (const fs::path folder = path.parent_path();
               !folder.empty() && !fs::is_directory(folder, error)) {
        return refuse(fmt::format("there is no folder {}", printable(folder.string())));
    }
    return path;
}

/// Whether files can be made where the report is to be: better told now than after the first point. A full
/// disk is none of the command line's faults, and the journal will tell.
Result<void> check_writable(const fs::path& report) {
    fs::path probe = report;
    probe += ".tmp";
    const UniqueFd fd(::open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    if (!fd && errno != ENOSPC && errno != EDQUOT)
        return fail(ErrorKind::usage, "-o {}: cannot be written: {}", printable(report.string()),
                    std::strerror(errno));
    ::unlink(probe.c_str());
    return {};
}

/// --counters as the guest gets it: files of sets are shared with it. Adds their options to lab's command.
std::string shared_counters(const std::string& counters, std::vector<std::string>& command) {
    std::string words;
    std::istringstream in(counters);
    for (std::string word; std::getline(in, word, ',');) {
        if (word.ends_with(".json")) {
            command.insert(command.end(), {"--share", word});
            word = "/mnt/in/" + fs::path(word).filename().string();
        }
        words += (words.empty() ? "" : ",") + word;
    }
    return words;
}

Result<int> run_in_lab(const Options& options, const Where& where) {
    // What can be wrong with the scenarios should show before a guest is started.
    auto plan = plan_of(options, nullptr);
    if (!plan)
        return tl::unexpected(plan.error());
    if (auto selected = select_counters(options.counters, Elsewhere::yes); !selected)
        return tl::unexpected(selected.error());
    auto lab = find_data("lab/lab");
    if (!lab)
        return tl::unexpected(lab.error());
    std::string platforms;
    for (const std::string& platform : where.platforms)
        platforms += (platforms.empty() ? "" : ",") + platform;
    std::string output = options.output;
    if (output.empty())
        output =
            where.platforms.size() == 1
                ? fmt::format("dmabench-{}-{}.json", plan->scenarios.front().name, where.platforms.front())
                : fmt::format("dmabench-{}", plan->scenarios.front().name);
    std::vector<std::string> command{lab->string(), "run", platforms, "-o", output};
    std::vector<UniqueFd> flat_files;  // open until the lab has taken over, and after
    for (const PlannedScenario& scenario : plan->scenarios) {
        std::string file = scenario.file.string();
        if (!scenario.flat.empty()) {
            auto memory = file_in_memory(scenario.flat);
            if (!memory)
                return tl::unexpected(memory.error());
            file = fmt::format("{}=/proc/self/fd/{}", scenario.file.filename().string(), memory->get());
            flat_files.push_back(std::move(*memory));
        }
        command.insert(command.end(), {"--scenario", file});
    }
    const std::string counters = shared_counters(options.counters, command);
    if (!options.clock.empty())
        command.insert(command.end(), {"--clock", options.clock});
    if (options.quiet)
        command.emplace_back("--quiet");
    if (options.resume)
        command.emplace_back("--resume");
    command.emplace_back("--");
    for (const std::string& set : options.scenarios.overrides.set)
        command.insert(command.end(), {"--set", set});
    if (!options.scenarios.overrides.filter.empty())
        command.insert(command.end(), {"--filter", options.scenarios.overrides.filter});
    if (!options.scenarios.max_points.empty())
        command.insert(command.end(), {"--max-points", options.scenarios.max_points});
    if (!options.budget.empty())
        command.insert(command.end(), {"--budget", options.budget});
    if (options.fix)
        command.emplace_back("--fix");
    command.insert(command.end(), {"--counters", counters, "--seed", std::to_string(options.seed)});
    return tl::unexpected(become(command));
}

/// What --fix asks for, until the returned object is gone.
Result<ScopedFixes> fix_for_the_run(bool quiet) {
    const SystemFiles files;
    auto said = undo_leftovers(files);
    if (!said)
        return tl::unexpected(said.error());
    auto fixes = ScopedFixes::apply(files, &*said);
    if (!fixes)
        return fixes;
    for (const std::string& line : *said)
        fmt::print(stderr, "fix: {}\n", line);
    for (const std::string& line : describe(fixes->fixes()))
        if (!quiet)
            fmt::print(stderr, "fix, for this run: {}\n", line);
    return fixes;
}

tl::unexpected<Error> nothing_passes(const std::string& filter, const Plan& plan) {
    std::string examples;
    for (std::size_t i = 0; i < std::min<std::size_t>(plan.points.size(), 2); ++i)
        examples += (i == 0 ? "" : ", ") + plan.points[i].point.name();
    return fail(ErrorKind::usage, "--filter {}: none of the {} points passes; names are like {}",
                in_quotes(filter), plan.points.size(), examples);
}

Result<int> run_here(const Options& options, const Where& where) {
    std::vector<std::string> notes;
    auto plan = plan_of(options, &notes);
    if (!plan)
        return tl::unexpected(plan.error());
    for (const std::string& note : notes)
        fmt::print(stderr, "note: {}\n", note);
    if (options.fix && where.kind == Where::Kind::fake)
        return fail(ErrorKind::usage, "--fix: a cost model has nothing to fix; expected --on auto, host or lab:NAME");
    auto counters = select_counters(options.counters);
    if (!counters)
        return tl::unexpected(counters.error());
    auto session = open_session(where, options.seed);
    if (!session)
        return tl::unexpected(session.error());
    std::vector<std::string> targets;
    for (const TargetInfo& target : (*session)->info().targets)
        targets.push_back(target.name);
    auto filter = NameFilter::make(options.scenarios.overrides.filter);
    if (!filter)
        return tl::unexpected(filter.error());
    const Plan bound = filtered(dmabench::bind(*plan, targets), *filter);
    if (bound.points.empty())
        return nothing_passes(options.scenarios.overrides.filter, dmabench::bind(*plan, targets));

    RunFacts facts;
    facts.platform = !options.platform_name.empty()    ? options.platform_name
                     : where.kind == Where::Kind::fake ? "fake"
                                                       : host_name();
    facts.clock_kind = where.kind == Where::Kind::fake ? "fake"
                       : !options.clock.empty()        ? options.clock
                                                       : "hardware";
    facts.executable = program_name();
    facts.seed = options.seed;
    auto path = report_path(options, bound, facts.platform);
    if (!path)
        return tl::unexpected(path.error());
    if (auto writable = check_writable(*path); !writable)
        return tl::unexpected(writable.error());
    RunOptions run;
    run.report = *path;
    run.counters = std::move(*counters);
    run.resume = options.resume;
    run.quiet = options.quiet;
    std::optional<ScopedFixes> fixes;
    if (options.fix) {
        auto applied = fix_for_the_run(options.quiet);
        if (!applied)
            return tl::unexpected(applied.error());
        fixes.emplace(std::move(*applied));
    }
    if (where.kind == Where::Kind::host)
        for (const IneffectiveFlag& flag : ineffective_boot_flags(SystemFiles()))
            fmt::print(stderr, "warning: {}\n", flag.text);
    auto report = run_plan(**session, bound, facts, run);
    fixes.reset();
    if (!report)
        return tl::unexpected(report.error());
    if (!options.quiet) {
        auto written = load_report(path->string(), {.params = true});
        if (!written)
            return tl::unexpected(written.error());
        print_results(*written);
    }
    fmt::print("{}\n", path->string());
    const auto& own = report->own;
    if (own["interrupted"].get<bool>())
        return fail(ErrorKind::failed,
                    "interrupted after {} of {} points; the same command with --resume goes on",
                    report->rows.size() + own["skipped"].size(), bound.points.size());
    if (!own["errors"].empty())
        return fail(ErrorKind::failed,
                    "{} of {} points failed; the same command with --resume tries them again",
                    own["errors"].size(), bound.points.size());
    return 0;
}

// The checks' messages follow "--seed: "; an empty one is consent.
std::string wrong_seed(const std::string& text) {
    std::uint64_t seed = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, seed);
    return read.ec == std::errc{} && read.ptr == end
               ? ""
               : fmt::format("{} is not an integer within 0 .. 2^64 - 1", in_quotes(text));
}

std::string wrong_platform_name(const std::string& text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-' || c == '@';
    });
    return plain && !text.starts_with('.') && !text.starts_with('-')
               ? ""
               : fmt::format("{} cannot name a file; expected letters, digits, '.', '_', '-' and '@'",
                             in_quotes(text));
}

}  // namespace

void add_run_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("run", "Sweep scenarios and write a report");
    add_scenario_options(*command, options->scenarios);
    command
        ->add_option("--on", options->on,
                     "Where: auto (this machine), host, fake (a cost model), lab:NAME[,NAME...]")
        ->capture_default_str();
    command->add_option("-o,--output", options->output,
                        "The report: a .json file, or a folder that gets PLATFORM.json");
    command
        ->add_option("--counters", options->counters,
                     "What to count: sets (dmabench counters lists them), files of sets, libpfm4 events and tracepoints, "
                     "with commas; or none")
        ->capture_default_str();
    command->add_option("--seed", options->seed, "Seed of the order of points")
        ->check(wrong_seed, "")
        ->capture_default_str();
    command->add_option("--budget", options->budget, "Most time per point, as 500ms");
    command->add_flag("--fix", options->fix,
                      "Mend what disturbs (governor, turbo, ...: dmabench doctor), and undo it after the run");
    command->add_flag("--resume", options->resume, "Go on with an interrupted run");
    command->add_flag("-q,--quiet", options->quiet, "No progress, no table: only the report's path");
    command
        ->add_option("--platform-name", options->platform_name,
                     "What the report calls this machine (default: its host name)")
        ->check(wrong_platform_name, "");
    command
        ->add_option(
            "--clock", options->clock,
            "What drives the machine's clock. An emulator can't be told from inside, so whoever starts "
            "one says it; the lab does")
        ->check(one_of("clock", {"hardware", "realtime", "instructions", "modelled"}),
                "{hardware,realtime,instructions,modelled}");
    command->footer(
        "Examples:\n"
        "  dmabench run scenarios/quick.json --on lab:arm64,x86_64-vtd-strict -o out/\n"
        "  sudo dmabench run scenarios/coherent_vs_streaming.json --set size=4K..64K\\ x2 -o board.json\n"
        "  dmabench run scenarios/quick.json --on fake --filter 'sync_every:(1|4)/'\n"
        "\n"
        "Every point is on the disk before the next one begins. Ctrl-C ends the run after the sample at hand "
        "and\n"
        "writes a report of what there is; --resume goes on from there, also after a crash.");
    command->callback([options, &chosen] {
        chosen = [options]() -> Result<int> {
            auto where = parse_where(options->on);
            if (!where)
                return tl::unexpected(where.error());
            return where->kind == Where::Kind::lab ? run_in_lab(*options, *where)
                                                   : run_here(*options, *where);
        };
    });
}

}  // namespace dmabench
