// SPDX-License-Identifier: GPL-2.0-only
// What accesses and cache maintenance cost one CPU: levels of write-back, write-allocate caches, a
// write-combining buffer, memory that is not cached. Each call gives ps, beside the 1 ns that QEMU counts for
// every instruction.
//
// Costs add up: a CPU that waits for each access in turn. No TLB, no instruction cache, no bus that others
// use.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "cache.h"
#include "model_mark.h"
#include "parameters.h"

namespace dmabench::model {

enum class MemoryType : std::uint8_t {
    write_back,
    write_combining,  ///< x86: WC; arm64: normal, non-cacheable
    uncached,         ///< x86: UC; arm64: device
};

class MemoryModel {
  public:
    explicit MemoryModel(const Parameters& parameters);

    /// A load or store that lies within one line.
    std::uint64_t access(std::uint64_t address, std::uint64_t bytes, MemoryType type, bool store);
    /// A line written as a whole, so that it need not be fetched (dc zva).
    std::uint64_t write_line(std::uint64_t address, MemoryType type);
    /// Cache maintenance of a line by address. Invalidating without cleaning loses what was written.
    std::uint64_t maintain(std::uint64_t address, bool clean, bool invalidate);
    /// A device that snoops has written to a line: no cache has it any more. Costs the CPU nothing.
    void snoop(std::uint64_t address);
    /// What instructions cost beside QEMU's 1 ns; negative where they take less.
    [[nodiscard]] std::int64_t instructions(std::int64_t count) const {
        return count * (static_cast<std::int64_t>(parameters_.instruction) - 1000);
    }
    /// As after power-up: nothing cached, nothing under way.
    void empty();

    [[nodiscard]] std::uint64_t line_bytes() const { return parameters_.line_bytes; }
    using Counters = std::array<std::uint64_t, DMABENCH_MODEL_COUNTERS>;
    Counters counters{};

  private:
    std::uint64_t cached(std::uint64_t line, bool store, bool whole);
    bool follows(std::uint64_t line);
    std::uint64_t fill(std::size_t level, std::uint64_t line, bool dirty);
    std::uint64_t write_down(std::size_t level, std::uint64_t line);
    std::uint64_t combine(std::uint64_t line);
    std::uint64_t flush_combined();

    static constexpr std::uint64_t none = ~std::uint64_t{0};
    Parameters parameters_;
    unsigned line_shift_;
    std::vector<Cache> caches_;
    std::vector<std::uint64_t> streams_;  ///< the last line of each, the latest in front
    std::uint64_t combining_ = none;      ///< the line that the write-combining buffer holds
};

}  // namespace dmabench::model
