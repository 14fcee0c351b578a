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

#include "analysis/compare.h"
#include "analysis/crossover.h"
#include "base/figures.h"
#include "base/terminal.h"

namespace dmabench {
namespace {

/// "sync_for_cpu 61 %": the phase that takes most of the lap.
std::string dearest_phase(const LoadedReport& report, const LoadedRow& row) {
    std::string_view dearest;
    double most = 0;
    double sum = 0;
    for (const RowFigure& metric : row.metrics) {
        const std::string_view phase = phase_of(report.keys.word(metric.key));
        if (phase.empty())
            continue;
        sum += metric.value;
        if (metric.value > most) {
            most = metric.value;
            dearest = phase;
        }
    }
    return dearest.empty() ? "" : fmt::format("{} {:.0f} %", dearest, 100 * most / sum);
}

struct Line {
    std::string name;
    std::string time;
    std::string spread;
    std::string most;
    std::string data;  ///< what became of them, where a device moved some
};

/// "stale without sync_for_cpu", "fresh".
std::string data_text(const LoadedRow& row) {
    std::string text(row.data);
    if (row.ownership.starts_with("no_"))
        text += " without " + std::string(row.ownership.substr(3));
    return text;
}

std::vector<Line> lines_of(const LoadedReport& report) {
    std::vector<Line> lines;
    for (const LoadedRow& row : report.rows) {
        const double time = row.real_time;
        std::string spread = row.ci_low > 0 && time > 0
                                 ? fmt::format("{:.1f} %", 50 * (row.ci_high - row.ci_low) / time)
                                 : "?";
        lines.push_back(
            {std::string(row.name), time_text(time), std::move(spread), dearest_phase(report, row),
             data_text(row)});
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

void print_crossovers(const LoadedReport& report, const char* dim, const char* plain) {
    const std::vector<Crossover> found = crossovers(report);
    for (const Crossover& one : found)
        fmt::print("crossover: {}: {}\n", one.work, one.answer);
    if (report.clock == "instructions" &&
        std::any_of(found.begin(), found.end(), [](const Crossover& one) { return one.uncached; }))
        fmt::print("{}(an uncached read costs nothing extra on this clock: hardware favours caching from fewer bytes on)"
                   "{}\n", dim, plain);
}

constexpr const char* most_title = "most of it";

}  // namespace

void print_results(const LoadedReport& report) {
    const bool colour = has_colours(STDOUT_FILENO);
    const char* bold = colour ? "\033[1m" : "";
    const char* dim = colour ? "\033[2m" : "";
    const char* plain = colour ? "\033[0m" : "";
    const std::vector<Line> lines = lines_of(report);
    std::size_t name_width = std::strlen("point");
    std::size_t most_width = std::strlen(most_title);
    std::size_t data_width = 0;
    for (const Line& line : lines) {
        name_width = std::max(name_width, line.name.size());
        most_width = std::max(most_width, line.most.size());
        data_width = std::max(data_width, line.data.size());
    }
    // On a terminal that the longest name does not fit, a name stands in the lines above its figures.
    const std::size_t figures = 2 + 10 + 2 + 7 + 2 + most_width + (data_width != 0 ? 2 + data_width : 0);
    const std::size_t columns = terminal_width(STDOUT_FILENO);
    if (columns != 0 && name_width + figures > columns)
        name_width = std::max<std::size_t>(columns, figures + 30) - figures;
    fmt::print("{}{:<{}}  {:>10}  {:>7}  {}{}\n", bold, "point", name_width, "per lap", "+-",
               data_width != 0 ? fmt::format("{:<{}}  data", most_title, most_width) : most_title, plain);
    for (const Line& line : lines) {
        const auto pieces = wrapped(line.name, name_width + figures, name_width);
        for (std::size_t i = 0; i + 1 < pieces.size(); ++i)
            fmt::print("{}\n", pieces[i]);
        fmt::print(
            "{:<{}}  {:>10}  {:>7}  {}\n", pieces.back(), name_width, line.time, line.spread,
            line.data.empty() ? line.most : fmt::format("{:<{}}  {}", line.most, most_width, line.data));
    }
    print_crossovers(report, dim, plain);
    std::map<std::string, std::size_t> reasons;
    for (const NamedReason& skip : report.skipped)
        ++reasons[skip.reason];
    for (const auto& [reason, count] : reasons)
        fmt::print("{}skipped {} point{}: {}{}\n", dim, count, count == 1 ? "" : "s", reason, plain);
    for (const NamedReason& error : report.errors)
        fmt::print("{}failed:{} {}: {}\n", colour ? "\033[1;31m" : "", plain, error.name, error.reason);
    if (report.drift.moved)
        fmt::print(
            "{}the machine moved:{} {} took between {} and {}; see what else runs here, then measure again\n",
            colour ? "\033[1;31m" : "", plain, report.drift.name, time_text(report.drift.low),
            time_text(report.drift.high));
    if (!report.notice.empty())
        fmt::print("{}{}{}\n", dim, report.notice, plain);
}

}  // namespace dmabench
