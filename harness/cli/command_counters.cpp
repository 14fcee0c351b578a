// SPDX-License-Identifier: GPL-2.0-only
// dmabench counters: the sets of counters, and what of them can be counted here.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/terminal.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/data_files.h"
#include "cli/where.h"
#include "counters/counters.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

struct Options {
    std::vector<std::string> names;
    std::string on = "auto";
    bool json = false;
    bool names_only = false;
};

/// Why an event cannot be counted here; empty when it can. Each is opened by itself, once.
std::string why_not(const CounterEvent& event) {
    static std::map<std::string, std::string> known;
    const auto [entry, is_new] = known.try_emplace(event.event);
    if (is_new) {
        const Counters alone(std::vector<CounterEvent>{event});
        if (!alone.unavailable().empty())
            entry->second = alone.unavailable().front().reason;
    }
    return entry->second;
}

json describe(const CounterSet& set) {
    json out{{"name", set.name}, {"title", set.title}, {"question", set.question}, {"text", set.text}};
    for (const CounterEvent& event : set.events) {
        json entry{{"event", event.event},
                   {"key", event.key + "_per_lap"},
                   {"tracepoint", is_tracepoint(event.event)},
                   {"available", why_not(event).empty()}};
        if (const std::string reason = why_not(event); !reason.empty())
            entry["reason"] = reason;
        out["events"].push_back(std::move(entry));
    }
    out["metrics"] = json::array();
    for (const Metric& metric : set.metrics)
        out["metrics"].push_back({{"name", metric.name}, {"formula", metric.formula}, {"text", metric.text}});
    return out;
}

/// Text in lines of that many columns, each behind the indent.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns = 100) {
    std::string lines;
    while (!text.empty()) {
        std::size_t end = text.size();
        if (end > columns - indent) {
            end = text.rfind(' ', columns - indent);
            if (end == std::string_view::npos || end == 0)
                end = std::min(text.find(' '), text.size());
        }
        lines += std::string(indent, ' ') + std::string(text.substr(0, end)) + "\n";
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

struct Colours {
    const char* bold = "";
    const char* green = "";
    const char* faint = "";
    const char* plain = "";
};

Colours colours() {
    return has_colours(STDOUT_FILENO) ? Colours{"\033[1m", "\033[32m", "\033[2m", "\033[0m"} : Colours{};
}

void print_list(const std::vector<json>& sets) {
    const Colours c = colours();
    for (const json& set : sets) {
        const json& events = set["events"];
        const auto usable = std::count_if(events.begin(), events.end(),
                                          [](const json& event) { return event["available"].get<bool>(); });
        const std::string share = usable == 0 ? "none here" : fmt::format("{} of {} here", usable, events.size());
        fmt::print("{}{:<13}{}{}{:<14}{}{}\n", c.bold, set["name"].get<std::string>(), c.plain,
                   usable != 0 ? c.green : c.faint, share, c.plain, set["question"].get<std::string>());
    }
    fmt::print("\n'dmabench counters NAME' shows a set's events and metrics; 'dmabench run --counters NAME,EVENT' "
               "counts.\n");
}

void print_details(const json& set) {
    const Colours c = colours();
    fmt::print("{}{}: {}{}\n{}", c.bold, set["name"].get<std::string>(), set["title"].get<std::string>(), c.plain,
               wrapped(set["question"].get<std::string>(), 2));
    if (const auto text = set["text"].get<std::string>(); !text.empty())
        fmt::print("{}", wrapped(text, 2));
    fmt::print("  {}events{}\n", c.bold, c.plain);
    for (const json& event : set["events"]) {
        const bool usable = event["available"];
        fmt::print("    {}{:<30}{} {}\n", usable ? c.green : c.faint, event["event"].get<std::string>(), c.plain,
                   usable ? event["key"].get<std::string>()
                          : "unavailable: " + event["reason"].get<std::string>());
    }
    if (!set["metrics"].empty())
        fmt::print("  {}metrics{}\n", c.bold, c.plain);
    for (const json& metric : set["metrics"])
        fmt::print("    {:<30} {}\n{}", metric["name"].get<std::string>(), metric["formula"].get<std::string>(),
                   wrapped(metric["text"].get<std::string>(), 35));
}

Result<int> show_counters(const Options& options) {
    auto where = parse_where(options.on);
    if (!where)
        return tl::unexpected(where.error());
    std::vector<CounterSet> sets = counter_sets();
    if (!options.names.empty()) {
        std::string names;
        for (const std::string& name : options.names) {
            const bool known = std::any_of(sets.begin(), sets.end(),
                                           [&](const CounterSet& set) { return set.name == name; });
            if (!known && !name.ends_with(".json")) {
                std::vector<std::string_view> all;
                for (const CounterSet& set : sets)
                    all.push_back(set.name);
                return fail(ErrorKind::usage, "unknown counter set {}; expected one of {}, or a .json file{}",
                            in_quotes(name), join(all), did_you_mean(name, all));
            }
            names += (names.empty() ? "" : ",") + name;
        }
        auto selected = select_counters(names);
        if (!selected)
            return tl::unexpected(selected.error());
        sets = std::move(selected->sets);
    }
    if (where->kind == Where::Kind::lab) {
        if (where->platforms.size() != 1)
            return fail(ErrorKind::usage, "--on {}: one platform at a time", options.on);
        auto lab = find_data("lab/lab");
        if (!lab)
            return tl::unexpected(lab.error());
        std::vector<std::string> command{lab->string(), "exec", where->platforms.front()};
        std::vector<std::string> names;
        for (const std::string& name : options.names) {
            const bool file = name.ends_with(".json");
            if (file)
                command.insert(command.end(), {"--share", name});
            names.push_back(file ? "/mnt/in/" + std::filesystem::path(name).filename().string() : name);
        }
        command.insert(command.end(), {"--", "dmabench", "counters"});
        command.insert(command.end(), names.begin(), names.end());
        if (options.json)
            command.emplace_back("--json");
        return tl::unexpected(become(command));
    }
    if (options.names_only) {
        for (const CounterSet& set : sets)
            fmt::print("{}\n", set.name);
        return 0;
    }
    std::vector<json> described;
    for (const CounterSet& set : sets)
        described.push_back(describe(set));
    if (options.json)
        fmt::print("{}\n", json(described).dump(1));
    else if (options.names.empty())
        print_list(described);
    else
        for (const json& set : described)
            print_details(set);
    return 0;
}

}  // namespace

void add_counters_command(CLI::App& app, Command& chosen) {
    auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("counters", "List sets of counters, and what can be counted here");
    command->add_option("NAME", options->names, "Sets, or files of sets, to show in full");
    command->add_option("--on", options->on, "Where: auto (this machine), host, lab:NAME")->capture_default_str();
    command->add_flag("--json", options->json, "Everything, as JSON");
    command->add_flag("--names", options->names_only, "Only the sets' names");
    command->footer(
        "Examples:\n"
        "  dmabench counters\n"
        "  dmabench counters mapping --on lab:x86_64-vtd-strict\n"
        "  dmabench run scenarios/quick.json --counters default,mapping --on lab:x86_64-vtd-strict");
    command->callback([options, &chosen] { chosen = [options] { return show_counters(*options); }; });
}

}  // namespace dmabench
