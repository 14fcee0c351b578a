// SPDX-License-Identifier: GPL-2.0-only
// A trace of calls of the DMA API: by the kernel module's probes, by BPF, or made up for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "trace/functions.h"

namespace dmabench {

/// What a trace is told when it begins.
struct TraceStart {
    TracedFunctions asked = 0;
    TracedFunctions traced = 0;
    TracedFunctions covered = 0;  ///< do nothing but call one that is traced in their place
    double bias_ns = 0;           ///< by how much a recorded duration is too long
    double cost_ns = 0;           ///< by how much a call takes longer for being traced
    std::uint64_t started_ns = 0;

    /// Asked for, but not in this kernel.
    [[nodiscard]] TracedFunctions absent() const { return asked & ~traced & ~covered; }
};

/// What was traced so far.
struct TraceSnapshot {
    std::uint64_t now_ns = 0;
    std::uint64_t missed = 0;    ///< calls that could not be followed
    std::uint64_t nested = 0;    ///< calls within another traced one
    std::uint64_t homeless = 0;  ///< calls on CPUs that came later
    std::vector<std::string> untold;  ///< members of the JSON's sites that cannot be told here: "bounced"
    std::vector<dmabench_trace_row> rows;
};

class TraceSession {
  public:
    TraceSession() = default;
    TraceSession(const TraceSession&) = delete;
    TraceSession& operator=(const TraceSession&) = delete;
    virtual ~TraceSession() = default;

    /// Which means it traces by: "kretprobes", "bpf", "fake".
    [[nodiscard]] virtual std::string backend() const = 0;

    /// `rows`: sites per CPU. ErrorKind::not_possible says in one line why it cannot be done here.
    virtual Result<TraceStart> start(TracedFunctions functions, std::uint32_t rows) = 0;
    virtual Result<TraceSnapshot> read() = 0;
    virtual Result<void> stop() = 0;
};

/// The kernel module at /dev/dmabench.
Result<std::unique_ptr<TraceSession>> open_ioctl_trace();

/// BPF programs, which need no module. ErrorKind::not_possible says in one line what they lack here.
Result<std::unique_ptr<TraceSession>> open_bpf_trace();

/// A network driver and a disk driver at work. Each read() lets `step_ns` go by until it is stopped.
struct FakeTraceOptions {
    std::uint64_t step_ns = 1'000'000'000;
    Error start_error;  ///< start() fails with it, if it has a message
};
std::unique_ptr<TraceSession> make_fake_trace(const FakeTraceOptions& options = {});

}  // namespace dmabench
