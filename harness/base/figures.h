// SPDX-License-Identifier: GPL-2.0-only
// Figures as people read them.
#pragma once

#include <string>

namespace dmabench {

/// "336.0 ns", "2.75 us", "1.20 ms"
std::string time_text(double ns);

/// A ratio as a change: 1.312 is "+31.2 %", 0.5 "-50.0 %", 3 "+200 %". So small that it would show as 0: with
/// as many digits as it takes.
std::string change_text(double ratio);

/// 0.05 is "5 %", 0.025 "2.5 %"
std::string percent_text(double share);

/// "12 KiB", "1.5 MiB": to two digits, for what lies between measured places
std::string bytes_text(double bytes);

/// "1 point", "2 points"
std::string counted(std::size_t count, const char* noun);

}  // namespace dmabench
