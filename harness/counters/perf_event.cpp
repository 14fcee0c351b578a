// SPDX-License-Identifier: GPL-2.0-only
#include "counters/perf_event.h"

#include <fmt/format.h>
#include <perfmon/pfmlib_perf_event.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

namespace dmabench {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 2> tracing_folders{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

std::string paranoid() {
    std::string level = "?";
    std::ifstream("/proc/sys/kernel/perf_event_paranoid") >> level;
    return level;
}

/// The PMU of the CPU that this thread is on, where CPUs differ.
const CorePmu* own_pmu() {
    static const std::vector<CorePmu> pmus = core_pmus();
    const int cpu = ::sched_getcpu();
    for (const CorePmu& pmu : pmus)
        if (std::find(pmu.cpus.begin(), pmu.cpus.end(), cpu) != pmu.cpus.end())
            return &pmu;
    return nullptr;
}

/// Why perf_event_open() said no. Its errno values are told apart in perf_event_open(2).
std::string why(int error, EventKind kind) {
    switch (error) {
        case ENOENT:
        case ENODEV:
        case EOPNOTSUPP:
            return no_counter(kind == EventKind::hardware ? own_pmu() : nullptr);
        case EACCES:
        case EPERM:
            return fmt::format("not permitted: run as root, or sysctl kernel.perf_event_paranoid=-1 (now {})",
                               paranoid());
        case ENOSYS:
            return "this kernel is built without perf events";
        case EBUSY:
            return "another user of the PMU holds its counters";
        default:
            return std::strerror(error);
    }
}

/// pfm_initialize() once; PFM_SUCCESS or why not.
int libpfm() {
    static const int initialised = pfm_initialize();
    return initialised;
}

int encode_with_libpfm(const std::string& name, perf_event_attr& attr) {
    if (libpfm() != PFM_SUCCESS)
        return libpfm();
    std::memset(&attr, 0, sizeof attr);
    attr.size = sizeof attr;
    pfm_perf_encode_arg_t encode;
    std::memset(&encode, 0, sizeof encode);
    encode.size = sizeof encode;
    encode.attr = &attr;
    // user and kernel: most of what is measured here happens in the kernel
    return pfm_get_os_event_encoding(name.c_str(), PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT_EXT, &encode);
}

/// system and event of "system:event".
std::optional<std::pair<std::string, std::string>> tracepoint_parts(const std::string& name) {
    const auto colon = name.find(':');
    const auto plain = [](std::string_view part) {
        return !part.empty() && std::all_of(part.begin(), part.end(), [](unsigned char c) {
            return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_' || c == '-';
        });
    };
    if (colon == std::string::npos)
        return std::nullopt;
    std::pair parts{name.substr(0, colon), name.substr(colon + 1)};
    // "cycles:u" is an event with a modifier
    if (!plain(parts.first) || !plain(parts.second) || parts.second.size() < 3)
        return std::nullopt;
    return parts;
}

fs::path events_folder() {
    std::error_code error;
    for (const char* folder : tracing_folders)
        if (fs::exists(fs::path(folder) / "events", error))
            return fs::path(folder) / "events";
    return {};
}

tl::expected<EncodedEvent, std::string> encode_tracepoint(const std::string& system, const std::string& event) {
    const fs::path folder = events_folder();
    if (folder.empty()) {
        return tl::unexpected<std::string>(
            ::geteuid() == 0 ? "tracefs is not mounted: mount -t tracefs tracefs /sys/kernel/tracing"
                             : "tracefs cannot be read: run as root (it may also not be mounted)");
    }
    EncodedEvent encoded;
    encoded.kind = EventKind::tracepoint;
    encoded.attr.size = sizeof encoded.attr;
    encoded.attr.type = PERF_TYPE_TRACEPOINT;
    std::ifstream in(folder / system / event / "id");
    if (!(in >> encoded.attr.config))
        return tl::unexpected(fmt::format("this kernel has no tracepoint {}:{}", system, event));
    return encoded;
}

std::string first_line(const fs::path& file) {
    std::string line;
    std::ifstream in(file);
    std::getline(in, line);
    return line;
}

}  // namespace

std::string no_counter(const CorePmu* pmu) {
    return pmu != nullptr ? fmt::format("{}, the PMU of the CPU in use, has no counter for it", pmu->name)
                          : "no hardware counter for it here (the PMU lacks it, or there is no PMU, as in most virtual machines)";
}

bool is_tracepoint(const std::string& name) {
    if (!tracepoint_parts(name))
        return false;
    // libpfm4 offers tracepoints, too, where debugfs is mounted
    perf_event_attr attr;
    return encode_with_libpfm(name, attr) != PFM_SUCCESS || attr.type == PERF_TYPE_TRACEPOINT;
}

bool event_is_known(const std::string& name) {
    perf_event_attr attr;
    return is_tracepoint(name) || encode_with_libpfm(name, attr) == PFM_SUCCESS;
}

tl::expected<EncodedEvent, std::string> encode_event(const std::string& name) {
    EncodedEvent encoded;
    if (is_tracepoint(name)) {
        const auto parts = tracepoint_parts(name);
        auto traced = encode_tracepoint(parts->first, parts->second);
        if (!traced)
            return traced;
        encoded = *traced;
    } else {
        const int done = encode_with_libpfm(name, encoded.attr);
        if (done != PFM_SUCCESS)
            return tl::unexpected(fmt::format("libpfm4 knows no such event here ({})", pfm_strerror(done)));
        encoded.kind =
            encoded.attr.type == PERF_TYPE_SOFTWARE ? EventKind::software : EventKind::hardware;
    }
    encoded.attr.exclude_hv = 0;
    encoded.attr.exclude_guest = 0;
    encoded.attr.exclude_kernel = 0;
    encoded.attr.exclude_user = 0;
    encoded.attr.read_format =
        PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return encoded;
}

std::vector<int> parse_cpu_list(std::string_view text) {
    std::vector<int> cpus;
    std::istringstream in{std::string(text)};
    for (std::string part; std::getline(in, part, ',');) {
        int first = 0;
        int last = 0;
        const char* end = part.data() + part.size();
        const auto read = std::from_chars(part.data(), end, first);
        if (read.ec != std::errc{})
            continue;
        last = first;
        if (read.ptr != end && *read.ptr == '-')
            std::from_chars(read.ptr + 1, end, last);
        for (int cpu = first; cpu <= last && last < 65536; ++cpu)
            cpus.push_back(cpu);
    }
    return cpus;
}

std::vector<CorePmu> core_pmus(const fs::path& devices) {
    std::vector<CorePmu> pmus;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(devices, error)) {
        // A PMU of cores has the file "cpus" where cores differ (and always on Arm); one beside them "cpumask".
        CorePmu pmu{entry.path().filename(), 0, parse_cpu_list(first_line(entry.path() / "cpus"))};
        const std::string type = first_line(entry.path() / "type");
        if (pmu.cpus.empty() ||
            std::from_chars(type.data(), type.data() + type.size(), pmu.type).ec != std::errc{})
            continue;
        pmus.push_back(std::move(pmu));
    }
    if (pmus.size() < 2)
        return {};
    std::sort(pmus.begin(), pmus.end(), [](const CorePmu& a, const CorePmu& b) { return a.name < b.name; });
    return pmus;
}

tl::expected<UniqueFd, std::string> open_event(const EncodedEvent& event, int leader) {
    perf_event_attr attr = event.attr;
    if (leader < 0)
        attr.disabled = 1;
    int cpu = -1;
    if (event.kind == EventKind::hardware) {
        if (const CorePmu* pmu = own_pmu()) {
            cpu = ::sched_getcpu();
            // Intel's hybrid kernels take the PMU in a generic event's upper half (PERF_PMU_TYPE_SHIFT).
            constexpr int pmu_type_shift = 32;
            if (pmu->name.starts_with("cpu_") &&
                (attr.type == PERF_TYPE_HARDWARE || attr.type == PERF_TYPE_HW_CACHE))
                attr.config |= static_cast<std::uint64_t>(pmu->type) << pmu_type_shift;
        }
    }
    UniqueFd fd(static_cast<int>(::syscall(SYS_perf_event_open, &attr, 0, cpu, leader, PERF_FLAG_FD_CLOEXEC)));
    if (!fd)
        return tl::unexpected(why(errno, event.kind));
    return fd;
}

}  // namespace dmabench
