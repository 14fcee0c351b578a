// SPDX-License-Identifier: GPL-2.0-only
#include "cli/results_table.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

std::string time_text(double ns) {
    if (ns < 1e3)
        return fmt::format("{:.1f} ns", ns);
    if (ns < 1e6)
        return fmt::format("{:.2f} us", ns / 1e3);
    return fmt::format("{:.2f} ms", ns / 1e6);
}

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

}  // namespace

void print_results(const json& report) {
    const bool colour = ::isatty(STDOUT_FILENO) != 0;
    const char* bold = colour ? "\033[1m" : "";
    const char* dim = colour ? "\033[2m" : "";
    const char* plain = colour ? "\033[0m" : "";
    const json& rows = report.at("benchmarks");
    const json& own = report.at("dmabench");
    std::size_t width = 5;
    for (const json& row : rows)
        width = std::max(width, row.at("name").get_ref<const std::string&>().size());
    fmt::print("{}{:<{}}  {:>10}  {:>7}  {}{}\n", bold, "point", width, "per lap", "+-", "most of it", plain);
    for (const json& row : rows) {
        const double time = row.value("real_time", 0.0);
        const double low = row.value("ci_low_ns", time);
        const double high = row.value("ci_high_ns", time);
        const std::string spread = row.contains("ci_low_ns") && time > 0
                                       ? fmt::format("{:.1f} %", 50 * (high - low) / time)
                                       : "?";
        fmt::print("{:<{}}  {:>10}  {:>7}  {}\n", row.at("name").get_ref<const std::string&>(), width,
                   time_text(time), spread, dearest_phase(row));
    }
    std::map<std::string, std::size_t> reasons;
    for (const json& skip : own.at("skipped"))
        ++reasons[skip.at("reason")];
    for (const auto& [reason, count] : reasons)
        fmt::print("{}skipped {} point{}: {}{}\n", dim, count, count == 1 ? "" : "s", reason, plain);
    for (const json& error : own.at("errors"))
        fmt::print("{}failed:{} {}: {}\n", colour ? "\033[1;31m" : "", plain, error.at("name").get<std::string>(),
                   error.at("reason").get<std::string>());
    if (own.contains("notice"))
        fmt::print("{}{}{}\n", dim, own.at("notice").get<std::string>(), plain);
}

}  // namespace dmabench
