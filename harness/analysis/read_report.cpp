// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/read_report.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace dmabench {
namespace {

/// "3:17" of the byte that stopped the parser.
std::string place_of(const std::string& text, std::size_t byte) {
    const std::size_t end = std::min(byte == 0 ? 0 : byte - 1, text.size());
    const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    const std::size_t begin = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
    return fmt::format("{}:{}", lines + 1, end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

}  // namespace

Result<nlohmann::ordered_json> read_report(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream all;
    if (!in || !(all << in.rdbuf()))
        return fail(ErrorKind::usage, "{}: {}", printable(file), std::strerror(errno != 0 ? errno : EIO));
    const std::string text = all.str();
    nlohmann::ordered_json report;
    try {
        report = nlohmann::ordered_json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        return fail(ErrorKind::usage, "{}:{}: not JSON; expected a report of dmabench run", printable(file),
                    place_of(text, error.byte));
    }
    if (!report.is_object() || !report.contains("benchmarks") || !report.at("benchmarks").is_array() ||
        !report.contains("dmabench") || !report.at("dmabench").is_object())
        return fail(ErrorKind::usage, "{}:1:1: JSON, but not a report of dmabench run", printable(file));
    return report;
}

}  // namespace dmabench
