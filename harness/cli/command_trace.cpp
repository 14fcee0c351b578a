// SPDX-License-Identifier: GPL-2.0-only
// dmabench trace: which driver, which call site spends the time in the DMA API on a running system.
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <thread>

#include "base/files.h"
#include "base/terminal.h"
#include "base/text.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/one_of.h"
#include "cli/trace_remedies.h"
#include "cli/where.h"
#include "report/platform.h"
#include "report/version.h"
#include "scenario/values.h"
#include "trace/bpf_support.h"
#include "trace/show_trace.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

struct Options {
    std::string on = "auto";
    std::string backend = "auto";
    double seconds = 10;
    bool seconds_given = false;
    double interval = 1;
    bool interval_given = false;
    std::vector<std::string> drivers;
    std::vector<std::string> devices;
    std::string functions;
    std::string min_time;
    std::uint32_t sites = 256;
    std::string json;
    std::string folded;
    std::string clock;
    RemedyOptions remedies;
    std::vector<std::string> command;
};

/// The table, in place of the one before where that is possible.
class LiveTable {
  public:
    LiveTable(bool redraw, std::string backend) : redraw_(redraw), backend_(std::move(backend)) {}
    ~LiveTable() { erase(); }
    LiveTable(const LiveTable&) = delete;
    LiveTable& operator=(const LiveTable&) = delete;

    void draw(const Trace& trace) {
        erase();
        TableStyle style{has_colours(STDOUT_FILENO), 0, 0, backend_};
        if (redraw_) {
            style.width = terminal_width(STDOUT_FILENO);
            style.height = std::max<std::size_t>(terminal_height(STDOUT_FILENO), 8) - 1;
        }
        const auto lines = table_lines(trace, style);
        fmt::print("{}\n{}", fmt::join(lines, "\n"), redraw_ ? "" : "\n");
        std::fflush(stdout);
        drawn_ = redraw_ ? lines.size() : 0;
    }

    void erase() {
        if (drawn_ != 0)
            fmt::print("\033[{}A\033[J", drawn_);
        drawn_ = 0;
    }

  private:
    bool redraw_;
    std::string backend_;
    std::size_t drawn_ = 0;
};

struct OpenTrace {
    std::unique_ptr<TraceSession> session;
    std::optional<Error> no_module;  ///< why not by the module, where that was not asked
};

/// The second reason is only half of it.
Error with_first(const OpenTrace& trace, const Error& second) {
    return trace.no_module ? neither(*trace.no_module, second) : second;
}

Result<OpenTrace> open_host_trace(const std::string& backend) {
    OpenTrace opened;
    if (choose_means(backend, std::filesystem::exists(DMABENCH_DEVICE)) == TraceMeans::module) {
        auto session = open_ioctl_trace();
        if (!session)
            return tl::unexpected(session.error());
        opened.session = std::move(*session);
        return opened;
    }
    if (backend == "auto") {
        if (auto module = open_ioctl_trace(); !module)
            opened.no_module = module.error();
    }
    auto session = open_bpf_trace();
    if (!session)
        return tl::unexpected(with_first(opened, session.error()));
    opened.session = std::move(*session);
    return opened;
}

Result<OpenTrace> open_trace(const Options& options, const Where& where) {
    if (where.kind == Where::Kind::lab)
        return fail(ErrorKind::usage,
                    "--on {}: a guest is traced from within: lab/lab exec {} -- dmabench trace -- COMMAND",
                    options.on, where.platforms.front());
    if (where.kind == Where::Kind::host)
        return open_host_trace(options.backend);
    if (options.backend != "auto")
        return fail(ErrorKind::usage, "--backend {}: --on fake has none but its own", options.backend);
    FakeTraceOptions fake;
    fake.step_ns = static_cast<std::uint64_t>(std::min(options.interval, options.seconds) * 1e9);
    return OpenTrace{make_fake_trace(fake), std::nullopt};
}

Result<SiteFilter> filter_of(const Options& options) {
    SiteFilter filter{options.drivers, options.devices, 0};
    if (!options.min_time.empty()) {
        auto time = parse_duration(options.min_time);
        if (!time)
            return fail(ErrorKind::usage, "--min-time: {}", time.error().message);
        filter.min_ns = static_cast<double>(time->count());
    }
    return filter;
}

/// How a trace came to its end.
struct Traced {
    TraceStart start;
    TraceSnapshot end;
    std::optional<int> command_status;
};

Result<Traced> trace_for_a_while(const OpenTrace& opened, TracedFunctions functions, const SiteFilter& filter,
                                 const Options& options) {
    TraceSession& session = *opened.session;
    Traced traced;
    auto start = session.start(functions, options.sites);
    if (!start)
        return tl::unexpected(with_first(opened, start.error()));
    traced.start = *start;
    std::optional<Child> child;
    if (!options.command.empty()) {
        auto started = Child::start(options.command);
        if (!started)
            return tl::unexpected(started.error());
        child.emplace(std::move(*started));
    }
    const auto begun = Clock::now();
    const bool redraw = can_redraw(STDOUT_FILENO) && !child && options.json != "-" && options.folded != "-";
    const bool show = redraw || options.interval_given;
    const bool limited = !child || options.seconds_given;
    LiveTable table(redraw, session.backend());
    TraceSnapshot before;
    before.now_ns = start->started_ns;
    for (auto next = begun + Seconds(options.interval); !interrupted(); next += Seconds(options.interval)) {
        const auto end = begun + Seconds(options.seconds);
        const auto until = limited && end < next ? end : next;
        while (Clock::now() < until && !interrupted() && !(child && child->ended()))
            std::this_thread::sleep_for(std::min<Seconds>(Seconds(0.02), until - Clock::now()));
        const bool over = (child && child->ended()) || (limited && Clock::now() >= end);
        if (!over || options.on == "fake") {
            auto now = session.read();
            if (!now)
                return tl::unexpected(now.error());
            if (show && !over) {
                Trace interval = gather(traced.start, *now, &before);
                keep(interval, filter);
                table.draw(interval);
            }
            before = std::move(*now);
        }
        if (over)
            break;
    }
    if (auto stopped = session.stop(); !stopped)
        return tl::unexpected(stopped.error());
    auto end = session.read();
    if (!end)
        return tl::unexpected(end.error());
    traced.end = std::move(*end);
    if (child)
        traced.command_status = child->ended();
    return traced;
}

/// What is traced: the running system, with the clock that its owner says it has.
Result<RunningPlatform> running_platform(const Options& options, const Where& where, bool by_bpf) {
    DeviceInfo device;
    if (auto session = open_session(where, 1))
        device = (*session)->info();
    else if (!by_bpf)
        return tl::unexpected(session.error());
    RunningPlatform here;
    here.clock = where.kind == Where::Kind::fake ? "fake" : !options.clock.empty() ? options.clock : "hardware";
    here.facts = describe_platform(device, google_context(program_name())["host_name"].get<std::string>(),
                                   options.clock);
    return here;
}

json describe(const Trace& trace, const TraceStart& start, const TraceSession& session,
              const RunningPlatform& here, const RemedyBook* book, const Options& options,
              const std::optional<int>& status) {
    const json context = google_context(program_name());
    json out;
    out["schema"] = trace_schema;
    out["date"] = context["date"];
    out["host_name"] = context["host_name"];
    out["harness_version"] = version;
    if (!options.command.empty())
        out["command"] = options.command;
    if (status)
        out["command_status"] = *status;
    json filters = json::object();
    if (!options.drivers.empty())
        filters["drivers"] = options.drivers;
    if (!options.devices.empty())
        filters["devices"] = options.devices;
    if (!options.functions.empty())
        filters["functions"] = options.functions;
    if (!options.min_time.empty())
        filters["min_time"] = options.min_time;
    out["filters"] = std::move(filters);
    if (session.backend() != "fake")
        out["platform"] = here.facts;
    if (!options.clock.empty() || session.backend() == "fake")
        out["clock"] = here.clock;
    out.update(to_json(trace, start, session.backend()));
    if (book != nullptr)
        out["remedies"] = book->document(trace);
    return {{"dmabench_trace", std::move(out)}};
}

Result<void> write_out(const std::string& path, const std::string& text) {
    if (path != "-")
        return write_file_atomically(path, text);
    if (!write_all(STDOUT_FILENO, text))
        return fail(ErrorKind::failed, "standard output cannot be written to");
    return {};
}

template <typename Member>
std::string names_seen(const Trace& trace, Member member) {
    std::set<std::string> names;
    for (const Site& site : trace.sites)
        names.insert(printable(site.*member));
    return fmt::format("{}", fmt::join(names, ", "));
}

/// What a person should know who filtered everything away.
void explain_nothing(const Trace& all, const Options& options) {
    if (all.sites.empty())
        fmt::print(stderr, "note: no call of the DMA API was seen\n");
    else if (!options.drivers.empty() || !options.devices.empty())
        fmt::print(stderr, "note: none of the {} sites seen passes; drivers: {}; devices: {}\n",
                   all.sites.size(), names_seen(all, &Site::driver), names_seen(all, &Site::device));
    else
        fmt::print(stderr, "note: none of the {} sites seen took {} or more\n", all.sites.size(),
                   options.min_time);
}

Result<int> show(const Traced& traced, const TraceSession& session, const SiteFilter& filter,
                 const RunningPlatform& here, const RemedyBook* book, const Options& options) {
    const Trace all = gather(traced.start, traced.end);
    Trace trace = all;
    keep(trace, filter);
    if (const auto absent = function_names(traced.start.absent());
        !options.functions.empty() && !absent.empty())
        fmt::print(stderr, "note: not in this kernel: {}\n", fmt::join(absent, ", "));
    if (trace.sites.empty())
        explain_nothing(all, options);
    if (options.json != "-" && options.folded != "-") {
        const bool colour = has_colours(STDOUT_FILENO);
        fmt::print("{}\n", fmt::join(table_lines(trace, {colour, 0, 0, session.backend()}), "\n"));
        if (book != nullptr)
            fmt::print("{}\n", fmt::join(book->lines(trace, colour), "\n"));
    }
    if (!options.json.empty()) {
        const json report =
            describe(trace, traced.start, session, here, book, options, traced.command_status);
        if (auto written =
                write_out(options.json, report.dump(1, ' ', false, json::error_handler_t::replace) + "\n");
            !written)
            return tl::unexpected(written.error());
    }
    if (!options.folded.empty())
        if (auto written = write_out(options.folded, folded(trace)); !written)
            return tl::unexpected(written.error());
    if (traced.command_status && *traced.command_status != 0)
        return fail(ErrorKind::failed, "{} ended with exit code {}", in_quotes(options.command[0]),
                    *traced.command_status);
    return 0;
}

Result<int> trace(const Options& options) {
    auto where = parse_where(options.on);
    if (!where)
        return tl::unexpected(where.error());
    auto functions = parse_functions(options.functions);
    if (!functions)
        return tl::unexpected(functions.error());
    auto filter = filter_of(options);
    if (!filter)
        return tl::unexpected(filter.error());
    if (options.json == "-" && options.folded == "-")
        return fail(ErrorKind::usage, "--json - and --folded -: only one of them can go to standard output");
    const RemedyOptions& wanted = options.remedies;
    if (wanted.report.empty() && (wanted.force || !wanted.touch_bytes.empty() || !wanted.target.empty()))
        return fail(ErrorKind::usage, "{} needs --advise",
                    wanted.force                  ? "--force"
                    : wanted.touch_bytes.empty() ? "--target"
                                                  : "--touch-bytes");
    auto opened_trace = open_trace(options, *where);
    if (!opened_trace)
        return tl::unexpected(opened_trace.error());
    const TraceSession& session = *opened_trace->session;
    auto here = running_platform(options, *where, session.backend() == "bpf");
    if (!here)
        return tl::unexpected(here.error());
    std::optional<RemedyBook> book;
    if (!wanted.report.empty()) {
        auto opened = RemedyBook::open(wanted, *here);
        if (!opened)
            return tl::unexpected(opened.error());
        book.emplace(std::move(*opened));
        if (const std::string warning = book->warning(); !warning.empty())
            fmt::print(stderr, "warning: {}\n", warning);
    }
    catch_interrupts();
    auto traced = trace_for_a_while(*opened_trace, *functions, *filter, options);
    if (!traced)
        return tl::unexpected(traced.error());
    return show(*traced, session, *filter, *here, book ? &*book : nullptr, options);
}

// Both messages follow "--NAME: ".
std::string wrong_seconds(const std::string& text) {
    double value = 0;
    return CLI::detail::lexical_cast(text, value) && value >= 0.01 && value <= 1e6
               ? ""
               : fmt::format("{} is not a number of seconds within 0.01 .. 1000000", in_quotes(text));
}

std::string wrong_sites(const std::string& text) {
    int value = 0;
    return CLI::detail::lexical_cast(text, value) && value >= DMABENCH_TRACE_MIN_ROWS &&
                   value <= DMABENCH_TRACE_MAX_ROWS
               ? ""
               : fmt::format("{} is not a number within {} .. {}", in_quotes(text), DMABENCH_TRACE_MIN_ROWS,
                             DMABENCH_TRACE_MAX_ROWS);
}

}  // namespace

void add_trace_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand(
        "trace", "Show which driver, device and call site spends the time in the DMA API, live");
    auto* seconds =
        command
            ->add_option("--seconds", options->seconds,
                         "How long; with a command, at most so long (default then: until it ends)")
            ->check(wrong_seconds, "")
            ->capture_default_str();
    auto* interval =
        command
            ->add_option("--interval", options->interval,
                         "Seconds between two tables; given, also where the output is not a terminal")
            ->check(wrong_seconds, "")
            ->capture_default_str();
    command->add_option("--driver", options->drivers, "Only sites of these drivers, with commas")
        ->delimiter(',');
    command->add_option("--device", options->devices, "Only sites of these devices, as 0000:00:03.0")
        ->delimiter(',');
    command->add_option(
        "--function", options->functions,
        "Trace only these: map, unmap, sync, sync_for_cpu, sync_for_device, alloc, free, or functions as "
        "map_sg, with commas");
    command->add_option("--min-time", options->min_time,
                        "Only sites that took so much CPU time in all, as 1ms");
    command->add_option("--sites", options->sites, "Room for so many sites per CPU")
        ->check(wrong_sites, "")
        ->capture_default_str();
    command->add_option("--json", options->json,
                        "Write the trace as JSON; - is standard output, without the table");
    command->add_option("--folded", options->folded,
                        "Write folded stacks, in nanoseconds, for flamegraph.pl; - is standard output");
    command->add_option("--advise", options->remedies.report,
                        "Say what would cost less, by this report of dmabench run on this platform");
    command->add_option("--touch-bytes", options->remedies.touch_bytes,
                        "For advice: what the CPU accesses of each buffer (default: several guesses)");
    command->add_option("--target", options->remedies.target,
                        "For advice: this target of the report (default: one like the device)");
    command->add_flag("--force", options->remedies.force,
                      "For advice: take the report of another platform");
    command
        ->add_option("--clock", options->clock,
                     "What drives the machine's clock, as dmabench run --clock (default: hardware)")
        ->check(one_of("clock", {"hardware", "realtime", "instructions", "modelled"}),
                "{hardware,realtime,instructions,modelled}");
    command->add_option("--on", options->on, "Where: auto (this machine), host, or fake (made-up traffic)")
        ->capture_default_str();
    command
        ->add_option(
            "--backend", options->backend,
            "What sees the calls: module, bpf (which needs no module), or auto: the module where it is "
            "loaded")
        ->check(one_of("backend", {"auto", "module", "bpf"}), "{auto,module,bpf}")
        ->capture_default_str();
    command->add_option("COMMAND", options->command, "After --: run it, and trace until it ends");
    command->footer(
        "Examples:\n"
        "  sudo dmabench trace\n"
        "  sudo dmabench trace --seconds 30 --driver e1000e --json trace.json\n"
        "  sudo dmabench trace --function sync --min-time 1ms -- dd if=/dev/nvme0n1 of=/dev/null bs=1M "
        "count=1000\n"
        "  sudo dmabench run scenarios/advise.json -o board.json && sudo dmabench trace --advise board.json\n"
        "  dmabench trace --on fake --seconds 1 --folded - | flamegraph.pl >trace.svg\n"
        "\n"
        "Times are without what tracing adds. The kernel module, or BPF where it is not loaded, sets probes "
        "while this runs; otherwise there are none.");
    command->callback([options, seconds, interval, &chosen] {
        options->seconds_given = seconds->count() != 0;
        options->interval_given = interval->count() != 0;
        chosen = [options] { return trace(*options); };
    });
}

}  // namespace dmabench
