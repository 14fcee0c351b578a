// SPDX-License-Identifier: GPL-2.0-only
#include "cli/results_table.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "base/figures.h"
#include "base/terminal.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// "sync_for_cpu 61 %": the phase that takes most of the lap.
std::string dearest_phase(const json& row) {
    static constexpr std::array<const char*, 6> phases{"map",   "sync_for_device", "sync_for_cpu",
                                                       "touch", "unmap",           "access"};
    const char* dearest = nullptr;
    double most = 0;
    double sum = 0;
    for (const char* phase : phases) {
        const double ns = row.value(std::string(phase) + "_ns", 0.0);
        sum += ns;
        if (ns > most) {
            most = ns;
            dearest = phase;
        }
    }
    return dearest == nullptr ? "" : fmt::format("{} {:.0f} %", dearest, 100 * most / sum);
}

struct Line {
    std::string name;
    std::string time;
    std::string spread;
    std::string most;
};

std::vector<Line> lines_of(const json& rows) {
    std::vector<Line> lines;
    for (const json& row : rows) {
        const double time = row.value("real_time", 0.0);
        const double low = row.value("ci_low_ns", time);
        const double high = row.value("ci_high_ns", time);
        std::string spread =
            row.contains("ci_low_ns") && time > 0 ? fmt::format("{:.1f} %", 50 * (high - low) / time) : "?";
        lines.push_back({row.at("name"), time_text(time), std::move(spread), dearest_phase(row)});
    }
    return lines;
}

/// The name cut after '/', so that its last piece fits `last` columns and those before it `full`; all but the
/// first are indented.
std::vector<std::string> wrapped(std::string name, std::size_t full, std::size_t last) {
    std::vector<std::string> pieces;
    std::string indent;
    while (indent.size() + name.size() > last) {
        const std::size_t limit = std::min(full - indent.size(), name.size() - 1);
        const std::size_t slash = name.rfind('/', limit - 1);
        if (slash == std::string::npos)
            break;
        pieces.push_back(indent + name.substr(0, slash + 1));
        name.erase(0, slash + 1);
        indent = "  ";
    }
    pieces.push_back(indent + name);
    return pieces;
}

constexpr const char* most_title = "most of it";

}  // namespace

void print_results(const json& report) {
    const bool colour = has_colours(STDOUT_FILENO);
    const char* bold = colour ? "\033[1m" : "";
    const char* dim = colour ? "\033[2m" : "";
    const char* plain = colour ? "\033[0m" : "";
    const json& own = report.at("dmabench");
    const std::vector<Line> lines = lines_of(report.at("benchmarks"));
    std::size_t name_width = std::strlen("point");
    std::size_t most_width = std::strlen(most_title);
    for (const Line& line : lines) {
        name_width = std::max(name_width, line.name.size());
        most_width = std::max(most_width, line.most.size());
    }
    // On a terminal that the longest name does not fit, a name stands in the lines above its figures.
    const std::size_t figures = 2 + 10 + 2 + 7 + 2 + most_width;
    const std::size_t columns = terminal_width(STDOUT_FILENO);
    if (columns != 0 && name_width + figures > columns)
        name_width = std::max<std::size_t>(columns, figures + 30) - figures;
    fmt::print("{}{:<{}}  {:>10}  {:>7}  {}{}\n", bold, "point", name_width, "per lap", "+-", most_title,
               plain);
    for (const Line& line : lines) {
        const auto pieces = wrapped(line.name, name_width + figures, name_width);
        for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
            fmt::print("{}\n", pieces[i]);
        fmt::print("{:<{}}  {:>10}  {:>7}  {}\n", pieces.back(), name_width, line.time, line.spread,
                   line.most);
    }
    std::map<std::string, std::size_t> reasons;
    for (const json& skip : own.at("skipped"))
        ++reasons[skip.at("reason")];
    for (const auto& [reason, count] : reasons)
        fmt::print("{}skipped {} point{}: {}{}\n", dim, count, count == 1 ? "" : "s", reason, plain);
    for (const json& error : own.at("errors"))
        fmt::print("{}failed:{} {}: {}\n", colour ? "\033[1;31m" : "", plain,
                   error.at("name").get<std::string>(), error.at("reason").get<std::string>());
    if (const json& drift = own.at("drift"); drift.at("verdict") == "moved")
        fmt::print("{}the machine moved:{} {} took between {} and {}; see what else runs here, then measure again\n",
                   colour ? "\033[1;31m" : "", plain, drift.at("name").get<std::string>(),
                   time_text(drift.at("low_ns")), time_text(drift.at("high_ns")));
    if (own.contains("notice"))
        fmt::print("{}{}{}\n", dim, own.at("notice").get<std::string>(), plain);
}

}  // namespace dmabench
