// SPDX-License-Identifier: GPL-2.0-only
#include "base/figures.h"

#include <fmt/format.h>

#include <cmath>

namespace dmabench {

std::string time_text(double ns) {
    if (ns < 1e3)
        return fmt::format("{:.1f} ns", ns);
    if (ns < 1e6)
        return fmt::format("{:.2f} us", ns / 1e3);
    return fmt::format("{:.2f} ms", ns / 1e6);
}

std::string change_text(double ratio) {
    const double percent = 100 * (ratio - 1);
    const double size = std::abs(percent);
    if (size == 0)
        return "0 %";
    if (size >= 100)
        return fmt::format("{:+.0f} %", percent);
    if (size >= 0.05)
        return fmt::format("{:+.1f} %", percent);
    return fmt::format("{:+.1g} %", percent);
}

std::string percent_text(double share) {
    return fmt::format("{:.4g} %", 100 * share);
}

std::string bytes_text(double bytes) {
    if (bytes < 1024)
        return fmt::format("{:.0f} B", bytes);
    const double scaled = bytes < 1024 * 1024 ? bytes / 1024 : bytes / 1024 / 1024;
    const char* unit = bytes < 1024 * 1024 ? "KiB" : "MiB";
    return scaled < 10 ? fmt::format("{:.2g} {}", scaled, unit) : fmt::format("{:.0f} {}", scaled, unit);
}

std::string counted(std::size_t count, const char* noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace dmabench
