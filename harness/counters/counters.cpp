// SPDX-License-Identifier: GPL-2.0-only
#include "counters/counters.h"

#include <fmt/format.h>
#include <perfmon/pfmlib_perf_event.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace dmabench {
namespace {

struct Reading {
    std::uint64_t value = 0, enabled = 0, running = 0;
};

bool read_event(int fd, Reading& reading) {
    return ::read(fd, &reading, sizeof reading) == static_cast<ssize_t>(sizeof reading);
}

std::string paranoid() {
    std::string level = "?";
    std::ifstream("/proc/sys/kernel/perf_event_paranoid") >> level;
    return level;
}

/// Why perf_event_open() said no. Its errno values are told apart in perf_event_open(2).
std::string why(int error) {
    switch (error) {
        case ENOENT:
        case ENODEV:
        case EOPNOTSUPP:
            return "no hardware counter for it here (most virtual machines have none at all)";
        case EACCES:
        case EPERM:
            return fmt::format("not permitted: run as root, or sysctl kernel.perf_event_paranoid=-1 (now {})",
                               paranoid());
        case ENOSYS:
            return "this kernel is built without perf events";
        default:
            return std::strerror(error);
    }
}

}  // namespace

const std::vector<std::string>& Counters::default_events() {
    static const std::vector<std::string> events{
        "cycles",     "instructions",     "cache-misses",          "branch-misses", "L1-dcache-load-misses",
        "dTLB-load-misses", "page-faults", "context-switches", "cpu-migrations"};
    return events;
}

Counters::Counters(const std::vector<std::string>& events) {
    static const int initialised = pfm_initialize();
    for (const std::string& name : events) {
        if (initialised != PFM_SUCCESS) {
            unavailable_.push_back({name, pfm_strerror(initialised)});
            continue;
        }
        perf_event_attr attr;
        std::memset(&attr, 0, sizeof attr);
        attr.size = sizeof attr;
        pfm_perf_encode_arg_t encode;
        std::memset(&encode, 0, sizeof encode);
        encode.size = sizeof encode;
        encode.attr = &attr;
        // user and kernel: most of what is measured here happens in the kernel
        const int encoded = pfm_get_os_event_encoding(name.c_str(), PFM_PLM0 | PFM_PLM3,
                                                      PFM_OS_PERF_EVENT_EXT, &encode);
        if (encoded != PFM_SUCCESS) {
            unavailable_.push_back({name, fmt::format("libpfm4 knows no such event here ({})",
                                                      pfm_strerror(encoded))});
            continue;
        }
        attr.disabled = 1;
        attr.exclude_hv = 0;
        attr.exclude_guest = 0;
        attr.exclude_kernel = 0;
        attr.exclude_user = 0;
        attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
        UniqueFd fd(static_cast<int>(::syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC)));
        if (!fd) {
            unavailable_.push_back({name, why(errno)});
            continue;
        }
        events_.push_back({name, std::move(fd)});
    }
}

void Counters::start() {
    for (Event& event : events_) {
        Reading now;
        if (read_event(event.fd.get(), now)) {
            event.value = now.value;
            event.enabled = now.enabled;
            event.running = now.running;
        }
    }
    // one call for all, so that the window of each is the same
    if (!events_.empty())
        ::prctl(PR_TASK_PERF_EVENTS_ENABLE);
}

std::vector<Count> Counters::stop() {
    if (!events_.empty())
        ::prctl(PR_TASK_PERF_EVENTS_DISABLE);
    std::vector<Count> counts;
    for (const Event& event : events_) {
        Reading now;
        if (!read_event(event.fd.get(), now) || now.running <= event.running)
            continue;
        const double running = static_cast<double>(now.running - event.running);
        const double enabled = static_cast<double>(now.enabled - event.enabled);
        counts.push_back({event.name, static_cast<double>(now.value - event.value) * enabled / running,
                          100 * running / enabled});
    }
    return counts;
}

std::vector<std::string> Counters::available() const {
    std::vector<std::string> names;
    for (const Event& event : events_)
        names.push_back(event.name);
    return names;
}

std::string counter_key(const std::string& event) {
    std::string key;
    for (const char c : event)
        key += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return key + "_per_lap";
}

}  // namespace dmabench
