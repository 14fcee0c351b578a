// SPDX-License-Identifier: GPL-2.0-only
// User-space access to an mmap()ed buffer, as a consumer of DMA data would make it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "plan/point.h"

namespace dmabench {

/// One access loop over a buffer, made ready once and then called in each lap.
///
/// All accesses are naturally aligned 8-byte loads and stores (bytes at an odd end), because a device mapping
/// (arm64 "uncached") faults on anything else. Each word is accessed exactly once per call:
/// - sequential: ascending addresses
/// - strided: one word of each cache line (64 bytes), then the next word of each
/// - random: in a fixed pseudo-random order of the words (the order is read from cached memory)
/// read sums the words, write stores to them, copy reads them into cached private memory.
class AccessLoop {
  public:
    AccessLoop(const Point& point, std::span<std::byte> buffer);

    /// Accesses every word once.
    void operator()();

    /// Bytes accessed in the buffer per call.
    [[nodiscard]] std::uint64_t bytes() const { return words_ * 8 + tail_; }

  private:
    template <typename Body>
    void each_word(Body body);

    Access access_;
    Pattern pattern_;
    volatile std::uint64_t* buffer_;
    volatile unsigned char* end_;  ///< the odd bytes behind the last word
    std::size_t words_;
    std::size_t tail_;
    std::vector<std::uint32_t> order_;       ///< random only
    std::vector<std::uint64_t> destination_;  ///< copy only
    std::uint64_t round_ = 0;
};

}  // namespace dmabench
