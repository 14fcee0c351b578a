// SPDX-License-Identifier: GPL-2.0-only
#include <fmt/ranges.h>

#include "base/figures.h"
#include "base/text.h"
#include "trace/show_trace.h"

namespace dmabench {
namespace {

const char* arrow(std::uint32_t direction) {
    switch (direction) {
        case DMABENCH_TO_DEVICE:
            return "to";
        case DMABENCH_FROM_DEVICE:
            return "from";
        case DMABENCH_BIDIRECTIONAL:
            return "both";
        default:
            return "-";
    }
}

std::string cut(std::string line, std::size_t width) {
    if (width != 0 && line.size() > width)
        line.resize(width);
    return line;
}

constexpr std::size_t indent = 4;

std::string figures_of(const Site& site, const Trace& trace) {
    const double seconds = trace.seconds > 0 ? trace.seconds : 1;
    return fmt::format("{:>6.2f} {:>9.3f} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:<4}  {:<22} {} {}",
                       site.total_ns / seconds / 1e7, site.total_ns / 1e6,
                       rate_text(static_cast<double>(site.calls) / seconds),
                       rate_text(static_cast<double>(site.bytes) / seconds / 1e6),
                       rate_text(site.bytes_per_call()), time_text(site.percentile(0.5, trace.bias_ns)),
                       time_text(site.percentile(0.99, trace.bias_ns)), time_text(site.max_ns),
                       arrow(site.direction), function_name(site.function), printable(site.driver),
                       printable(site.device));
}

std::string place_of(const Site& site) {
    std::string line = std::string(indent, ' ') + printable(site.caller);
    if (!site.parent.empty())
        line += " < " + printable(site.parent);
    if (!site.notes.empty())
        line += fmt::format("   [{}]", fmt::join(site.notes, ", "));
    return line;
}

std::vector<std::string> summary(const Trace& trace, const std::string& backend) {
    std::vector<std::string> lines{
        fmt::format("{:.2f} s: {} at {}, {:.3f} ms of CPU ({:.2f} % of one); {:.0f} ns a call taken off for "
                    "tracing, which cost {:.3f} ms{}",
                    trace.seconds, counted(trace.calls(), "call"), counted(trace.sites.size(), "site"),
                    trace.total_ns() / 1e6, trace.seconds > 0 ? trace.total_ns() / trace.seconds / 1e7 : 0,
                    trace.bias_ns, trace.cost_ns * static_cast<double>(trace.calls()) / 1e6,
                    backend.empty() ? "" : "; seen by " + (backend == "bpf" ? "BPF" : backend))};
    std::vector<std::string> losses;
    if (trace.missed != 0)
        losses.push_back(fmt::format("{} missed", counted(trace.missed, "call")));
    if (trace.homeless != 0)
        losses.push_back(fmt::format("{} on CPUs that came online later", counted(trace.homeless, "call")));
    if (trace.unplaced != 0)
        losses.push_back(fmt::format("{} at sites beyond the table (--sites makes it larger)",
                                     counted(trace.unplaced, "call")));
    if (trace.nested != 0)
        losses.push_back(
            fmt::format("{} within another, whose time is in both", counted(trace.nested, "call")));
    if (!losses.empty())
        lines.push_back(fmt::format("of these: {}", fmt::join(losses, "; ")));
    if (!trace.untold.empty())
        lines.push_back(fmt::format("by BPF this kernel does not tell of all calls whether: {}",
                                    fmt::join(trace.untold, ", ")));
    return lines;
}

}  // namespace

std::string rate_text(double value) {
    if (value >= 1e6)
        return fmt::format("{:.2f} M", value / 1e6);
    if (value >= 1e3)
        return fmt::format("{} {:03}", static_cast<long>(value + 0.5) / 1000,
                           static_cast<long>(value + 0.5) % 1000);
    return value >= 10 ? fmt::format("{:.0f}", value) : fmt::format("{:.2g}", value);
}


std::vector<std::string> table_lines(const Trace& trace, const TableStyle& style) {
    std::vector<std::string> lines = summary(trace, style.backend);
    for (std::string& line : lines)
        line = cut(std::move(line), style.width);
    if (trace.sites.empty())
        return lines;
    std::string header = cut(fmt::format("{:>6} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:<4}  {:<22} {}",
                                         "CPU %", "CPU ms", "calls/s", "MB/s", "B/call", "p50", "p99", "max",
                                         "dir", "function", "driver device / caller < its caller"),
                             style.width);
    lines.push_back(style.colour ? "\033[1m" + header + "\033[0m" : header);
    for (std::size_t i = 0; i < trace.sites.size(); ++i) {
        if (style.height != 0 && lines.size() + 3 > style.height) {
            lines.push_back(
                cut(fmt::format("... and {} more", counted(trace.sites.size() - i, "site")), style.width));
            break;
        }
        lines.push_back(cut(figures_of(trace.sites[i], trace), style.width));
        const std::string place = cut(place_of(trace.sites[i]), style.width);
        lines.push_back(style.colour ? "\033[2m" + place + "\033[0m" : place);
    }
    return lines;
}

}  // namespace dmabench
