// SPDX-License-Identifier: GPL-2.0-only
// One perf event: from its name to an open descriptor, or to the reason why there is none.
#pragma once

#include <linux/perf_event.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/unique_fd.h"

namespace dmabench {

enum class EventKind { hardware, software, tracepoint };

struct EncodedEvent {
    perf_event_attr attr{};
    EventKind kind = EventKind::hardware;
};

/// Whether a name is one of a tracepoint, "system:event": one that libpfm4 does not know as an event of a PMU.
[[nodiscard]] bool is_tracepoint(const std::string& name);

/// Whether this machine's libpfm4 or kernel knows an event of that name. It may still not be countable.
[[nodiscard]] bool event_is_known(const std::string& name);

/// By libpfm4's name or a tracepoint's; user and kernel mode. The error is the reason.
tl::expected<EncodedEvent, std::string> encode_event(const std::string& name);

/// A kind of CPU of a machine that has several, and the PMU that counts on it.
struct CorePmu {
    std::string name;  ///< cpu_core, cpu_atom, armv8_cortex_a53, ...
    std::uint32_t type = 0;
    std::vector<int> cpus;
};

/// The PMUs of a machine whose CPUs are of several kinds; none where all CPUs are alike.
std::vector<CorePmu> core_pmus(const std::filesystem::path& devices = "/sys/bus/event_source/devices");

/// Why an event cannot be counted that the PMU has no counter for. `pmu`: of the CPU in use, where CPUs are of several
/// kinds.
[[nodiscard]] std::string no_counter(const CorePmu* pmu);

/// Opens an event for the calling thread, disabled unless it joins the group of `leader` (-1: none). On a machine
/// with several kinds of CPUs it is opened for the CPU that the thread is on, so that the right PMU counts.
tl::expected<UniqueFd, std::string> open_event(const EncodedEvent& event, int leader);

/// "0-3,8" -> 0 1 2 3 8, as the kernel writes lists of CPUs.
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view text);

}  // namespace dmabench
