// SPDX-License-Identifier: GPL-2.0-only
// What a platform model says: sizes of caches and what accesses cost. Times are in ps, so that sums are
// exact.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace dmabench::model {

constexpr std::size_t most_levels = 3;

struct Level {
    std::uint64_t bytes = 0;  ///< 0: there is no such level
    std::uint64_t ways = 0;
    std::uint64_t hit = 0;  ///< what finding a line here takes, beside the instruction
};

struct Parameters {
    std::uint64_t line_bytes = 64;
    std::uint64_t bus_bytes = 8;  ///< one uncached transaction moves at most so many
    std::array<Level, most_levels> levels{};
    std::uint64_t instruction = 1000;  ///< QEMU counts 1000 itself
    std::uint64_t memory = 0;          ///< a line that is in no cache
    std::uint64_t stream = 0;  ///< the line after one fetched lately, which a prefetcher has under way
    std::uint64_t prefetch_streams = 1;  ///< how many runs of lines the prefetcher follows
    std::uint64_t writeback = 0;         ///< a dirty line that makes place in the last cache
    std::uint64_t store_share = 1000;    ///< of 1000 parts of a fetch, those that a store waits for
    std::uint64_t combined_write = 0;    ///< a store into the write-combining buffer
    std::uint64_t combined_burst = 0;    ///< the buffer going out
    std::uint64_t combined_read = 0;     ///< a load from write-combining or normal non-cacheable memory
    std::uint64_t uncached_read = 0;     ///< a load from device or strongly uncached memory
    std::uint64_t uncached_write = 0;
    std::uint64_t maintenance = 0;            ///< cleaning or invalidating a line by its address
    std::uint64_t maintenance_writeback = 0;  ///< more, where the line was dirty

    /// Takes "key=value"; gives what is wrong with it, "" if nothing is.
    std::string set(std::string_view text);
    /// What is wrong with the whole, "" if nothing is.
    [[nodiscard]] std::string problem() const;
};

}  // namespace dmabench::model
