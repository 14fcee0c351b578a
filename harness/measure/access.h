// SPDX-License-Identifier: GPL-2.0-only
// User-space access to an mmap()ed buffer, as a consumer of DMA data would make it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "measure/access_kernel.h"
#include "plan/point.h"

namespace dmabench {

/// One access loop over a buffer, made ready once and then called in each lap.
///
/// All accesses are naturally aligned loads and stores of the kernel's width (words and bytes at an odd end),
/// because a device mapping (arm64 "uncached") faults on anything else. Each byte is accessed exactly once per call:
/// - sequential: ascending addresses
/// - strided: one unit of each cache line (64 bytes), then the next unit of each
/// - random: in a fixed pseudo-random order of the units (the order is read from cached memory)
/// read sums the units, write stores to them, copy reads them into cached private memory.
class AccessLoop {
  public:
    /// The kernel is the one for the point's width unless given. The buffer is aligned to a cache line.
    AccessLoop(const Point& point, std::span<std::byte> buffer);
    AccessLoop(const Point& point, std::span<std::byte> buffer, const AccessKernel& kernel);

    /// Accesses every byte once.
    void operator()();

    /// Bytes accessed in the buffer per call.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] const AccessKernel& kernel() const { return *kernel_; }

  private:
    const AccessKernel* kernel_;
    std::size_t bytes_;
    AccessJob units_;  ///< as many as fit
    AccessJob words_;  ///< what is left of them, in words
    volatile unsigned char* end_;  ///< and in bytes
    std::size_t end_bytes_;
    std::vector<std::uint32_t> order_;  ///< random only
    struct Line {
        alignas(64) std::byte bytes[64];
    };
    std::vector<Line> destination_;  ///< copy only
};

}  // namespace dmabench
