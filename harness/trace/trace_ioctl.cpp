// SPDX-License-Identifier: GPL-2.0-only
// The trace that the kernel module makes.
#include <sys/ioctl.h>

#include <fmt/ranges.h>
#include <cerrno>
#include <cstring>

#include "device/open_device.h"
#include "trace/trace_session.h"

// The kernel side asserts the same (kmod/main.c): neither may drift alone.
static_assert(sizeof(dmabench_trace_start) == 64);
static_assert(sizeof(dmabench_trace_row) == 1576);
static_assert(sizeof(dmabench_trace_read) == 80);
static_assert(sizeof(dmabench_trace_stop) == 8);

namespace dmabench {
namespace {

Error cannot_start(int error, std::uint32_t reason, TracedFunctions functions) {
    switch (reason) {
        case DMABENCH_REASON_PRIVILEGE:
            return {
                ErrorKind::not_possible,
                "tracing needs the capability CAP_PERFMON, which this process has not: run dmabench as root"};
        case DMABENCH_REASON_LOCKED_DOWN:
            return {ErrorKind::not_possible,
                    "this kernel is locked down (/sys/kernel/security/lockdown), which forbids probes: boot "
                    "it with "
                    "lockdown= unset or integrity"};
        case DMABENCH_REASON_NO_PROBES:
            return {
                ErrorKind::not_possible,
                "this kernel sets no probes: it is built without CONFIG_KRETPROBES, or they are switched off "
                "(/sys/kernel/debug/kprobes/enabled is 0)"};
        case DMABENCH_REASON_NO_FUNCTION:
            return {ErrorKind::not_possible,
                    fmt::format("this kernel has none of the functions to trace ({})",
                                fmt::join(function_names(functions), ", "))};
        case DMABENCH_REASON_TRACED:
            return {ErrorKind::not_possible, "another dmabench trace is under way: one at a time"};
        default:
            break;
    }
    if (error == ENOTTY)
        return {ErrorKind::not_possible,
                "the kernel module that is loaded is older and cannot trace: unload it (rmmod dmabench) and "
                "load the "
                "one of this version"};
    return {error == ENOMEM ? ErrorKind::not_possible : ErrorKind::failed,
            fmt::format("tracing cannot begin: {}", std::strerror(error))};
}

class IoctlTrace : public TraceSession {
  public:
    explicit IoctlTrace(UniqueFd fd) : fd_(std::move(fd)) {}

    [[nodiscard]] std::string backend() const override { return "kretprobes"; }

    Result<TraceStart> start(TracedFunctions functions, std::uint32_t rows) override {
        dmabench_trace_start arg{};
        arg.size = sizeof arg;
        arg.rows = rows;
        arg.functions = functions;
        if (::ioctl(fd_.get(), DMABENCH_IOC_TRACE_START, &arg) != 0)
            return tl::unexpected(cannot_start(errno, arg.reason, functions));
        TraceStart start;
        start.asked = functions;
        start.traced = arg.functions;
        start.covered = arg.covered;
        start.bias_ns = static_cast<double>(arg.bias_ps) / 1000;
        start.cost_ns = static_cast<double>(arg.cost_ps) / 1000;
        start.started_ns = arg.started_ns;
        return start;
    }

    Result<TraceSnapshot> read() override {
        TraceSnapshot snapshot;
        std::vector<dmabench_trace_row> some(128);
        dmabench_trace_read arg{};
        arg.size = sizeof arg;
        arg.rows_ptr = reinterpret_cast<std::uintptr_t>(some.data());
        arg.rows_len = static_cast<std::uint32_t>(some.size());
        arg.row_size = sizeof some.front();
        do {
            if (::ioctl(fd_.get(), DMABENCH_IOC_TRACE_READ, &arg) != 0) {
                if (errno == EINTR)
                    continue;
                return fail(ErrorKind::failed, "the trace cannot be read: {}", std::strerror(errno));
            }
            snapshot.rows.insert(snapshot.rows.end(), some.begin(), some.begin() + arg.rows);
        } while (arg.more != 0);
        snapshot.now_ns = arg.now_ns;
        snapshot.missed = arg.missed;
        snapshot.nested = arg.nested;
        snapshot.homeless = arg.homeless;
        return snapshot;
    }

    Result<void> stop() override {
        dmabench_trace_stop arg{};
        arg.size = sizeof arg;
        while (::ioctl(fd_.get(), DMABENCH_IOC_TRACE_STOP, &arg) != 0)
            if (errno != EINTR)
                return fail(ErrorKind::failed, "the trace cannot be stopped: {}", std::strerror(errno));
        return {};
    }

  private:
    UniqueFd fd_;
};

}  // namespace

Result<std::unique_ptr<TraceSession>> open_ioctl_trace() {
    auto fd = open_device();
    if (!fd)
        return tl::unexpected(fd.error());
    return std::make_unique<IoctlTrace>(std::move(*fd));
}

}  // namespace dmabench
