// SPDX-License-Identifier: GPL-2.0-only
// What would disturb or prevent a run: one small function for each thing that can be wrong.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/system_files.h"

namespace dmabench {

/// Ordered by how bad it is.
enum class Severity {
    prevents,  ///< no run is possible
    limits,    ///< a part of what could be measured cannot
    disturbs,  ///< figures will be noisy, or not what they seem
};

struct Finding {
    std::string id;  ///< of the check
    Severity severity = Severity::disturbs;
    std::string text;     ///< one sentence without a period
    std::string command;  ///< that mends it; empty: there is none
    bool safe = false;    ///< --fix does it, and can undo it
};

/// The machine, as checks see it.
struct System {
    SystemFiles files;
    std::string release;      ///< of the kernel
    std::string arch;         ///< as uname tells it
    bool privileged = false;  ///< root
    int cpu = 0;              ///< that a run would be pinned to
    std::uint64_t memlock = ~0ULL;  ///< RLIMIT_MEMLOCK, bytes
    std::function<bool(const std::string&)> can_open;   ///< read and write
    std::function<std::string()> pmu;       ///< why no cycles can be counted; empty: they can
    std::function<void()> wait;             ///< some 100 ms, between two looks
};

/// The machine that we are on.
System this_system();

struct Check {
    const char* id;
    const char* what;  ///< that it looks at, for people
    std::vector<Finding> (*look)(const System&);
};

std::span<const Check> all_checks();

/// All findings, the worst first, otherwise in the order of the checks.
std::vector<Finding> diagnose(const System& system);

[[nodiscard]] const char* severity_name(Severity severity);

}  // namespace dmabench
