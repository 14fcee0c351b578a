// SPDX-License-Identifier: GPL-2.0-only
// Where a lap runs: in the kernel, or in user space on the mmap()ed buffer. The sampler sees no difference.
#pragma once

#include <memory>
#include <optional>

#include "counters/counters.h"
#include "device/session.h"
#include "measure/access_kernel.h"
#include "plan/point.h"

namespace dmabench {

/// What CPU clocks and counters told of a batch.
struct Window {
    double cpu_ns = 0;
    std::vector<std::vector<Count>> counts;  ///< of each thread
};

class Laps {
  public:
    Laps() = default;
    Laps(const Laps&) = delete;
    Laps& operator=(const Laps&) = delete;
    virtual ~Laps() = default;

    /// One timed batch.
    virtual Outcome<Batch> run(std::uint64_t laps) = 0;
    /// One batch with each phase stamped, over all threads; "touch" is the access when the lap is in user space.
    virtual Outcome<Batch> run_stamped(std::uint64_t laps, PhaseHistograms& histograms) = 0;
    /// What one stamp adds to each phase of run_stamped(), ns.
    [[nodiscard]] virtual double stamp_ns() const = 0;
    /// The mapping, when the lap is in user space.
    [[nodiscard]] virtual const UserMapping* mapping() const { return nullptr; }
    /// What accesses it there; nullptr: nothing.
    [[nodiscard]] virtual const AccessKernel* kernel() const { return nullptr; }
    /// Of the latest run(), over all threads, where there are several; nullptr: only the caller's were at work.
    [[nodiscard]] virtual const Window* window() const { return nullptr; }
    /// Bytes accessed in user space per lap; 0: none.
    [[nodiscard]] virtual std::uint64_t access_bytes() const { return 0; }
};

/// The laps of a point that session.setup() has just made ready. `counters` are those of this thread.
Outcome<std::unique_ptr<Laps>> make_laps(Session& session, Counters& counters, const Point& point,
                                         const ClockCost& clock);

}  // namespace dmabench
