// SPDX-License-Identifier: GPL-2.0-only
// Where a lap runs: in the kernel, or in user space on the mmap()ed buffer. The sampler sees no difference.
#pragma once

#include <memory>
#include <optional>

#include "device/session.h"
#include "measure/access_kernel.h"
#include "plan/point.h"

namespace dmabench {

class Laps {
  public:
    Laps() = default;
    Laps(const Laps&) = delete;
    Laps& operator=(const Laps&) = delete;
    virtual ~Laps() = default;

    /// One timed batch.
    virtual Outcome<Batch> run(std::uint64_t laps) = 0;
    /// One batch with each phase stamped; "touch" is the access when the lap is in user space.
    virtual Outcome<Batch> run_stamped(std::uint64_t laps, PhaseHistograms& histograms) = 0;
    /// What one stamp adds to each phase of run_stamped(), ns.
    [[nodiscard]] virtual double stamp_ns() const = 0;
    /// The mapping, when the lap is in user space.
    [[nodiscard]] virtual const UserMapping* mapping() const { return nullptr; }
    /// What accesses it there; nullptr: nothing.
    [[nodiscard]] virtual const AccessKernel* kernel() const { return nullptr; }
    /// Bytes accessed in user space per lap; 0: none.
    [[nodiscard]] virtual std::uint64_t access_bytes() const { return 0; }
};

/// The laps of a point that session.setup() has just made ready.
Outcome<std::unique_ptr<Laps>> make_laps(Session& session, const Point& point, const ClockCost& clock);

}  // namespace dmabench
