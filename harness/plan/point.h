// SPDX-License-Identifier: GPL-2.0-only
// A point: one combination of axis values. The axes are those of docs/DESIGN.md.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace dmabench {

// The numeric values of these enums are those of the ABI (kmod/include/uapi/dmabench.h).
enum class Direction : std::uint32_t { bidirectional = 0, to_device = 1, from_device = 2 };
enum class Source : std::uint32_t {
    by_strategy = 0,
    kmalloc = 1,
    pages = 2,
    slab = 3,
    vmalloc = 4,
    user = 5
};
enum class Touch : std::uint32_t { none = 0, read = 1, write = 2, copy = 3 };
/// Where the buffer's cache lines are when a lap begins.
enum class CacheState : std::uint32_t { as_is = 0, cold = 1, warm = 2, dirty = 3 };
enum class Transfer : std::uint32_t { none = 0, memcpy = 1, edu = 2 };
enum class Ownership : std::uint32_t { synced = 0, no_sync_for_cpu = 1, no_sync_for_device = 2 };
enum class CacheMode : std::uint32_t { none = 0, cached = 1, writecombine = 2, uncached = 3, coherent = 4 };
// User space only; not in the ABI.
enum class Access : std::uint32_t { none = 0, read = 1, write = 2, copy = 3 };
enum class Pattern : std::uint32_t { sequential = 0, strided = 1, random = 2 };
enum class Width : std::uint32_t { word = 0, vector = 1 };
enum class UnmapCpu : std::uint32_t { none = 0, other = 1 };
/// 1 + the number of a NUMA node.
enum class Node : std::uint32_t { any = 0 };

/// One combination of axis values. Lengths in bytes, *_every in laps.
struct Point {
    std::string strategy;
    std::uint64_t size = 0;
    Direction direction = Direction::bidirectional;
    std::string target = "auto";
    Source source = Source::by_strategy;
    std::uint64_t map_every = 0;   ///< 0: mapped once, before the laps
    std::uint64_t sync_every = 0;  ///< 0: never
    std::uint64_t sync_offset = 0;
    std::uint64_t sync_bytes = 0;  ///< 0: the whole buffer
    Touch touch = Touch::none;
    std::uint64_t touch_bytes = 0;  ///< 0: the whole buffer
    std::uint64_t dirty = 0;        ///< percent of cache lines that the CPU dirties before each lap
    CacheState cache_state = CacheState::as_is;
    Transfer transfer = Transfer::none;
    Ownership ownership = Ownership::synced;
    CacheMode cache_mode = CacheMode::none;
    Access access = Access::none;
    Pattern pattern = Pattern::sequential;
    Width width = Width::word;
    std::uint64_t batch = 1;  ///< buffers that are mapped at a time
    UnmapCpu unmap_cpu = UnmapCpu::none;
    std::uint64_t offset = 0;     ///< where the buffer begins in its page
    std::uint64_t mask_bits = 0;  ///< of the DMA masks; 0: as many as the device takes
    Node node = Node::any;        ///< where its memory is from
    std::uint64_t threads = 1;

    /// Stable over time; see "Names" in docs/DESIGN.md.
    [[nodiscard]] std::string name() const;

    /// All axes, defaults included: {"strategy": "...", "size": 4096, ...}.
    [[nodiscard]] nlohmann::ordered_json params() const;

    /// The inverse of params(). Axes that are left out are at their default; strategy and size must be there.
    static Result<Point> from_params(const nlohmann::ordered_json& params);

    /// Whether the lap is a user-space access to the mmap()ed buffer.
    [[nodiscard]] bool in_user_space() const { return access != Access::none; }

    /// Whether a device moves data in each lap.
    [[nodiscard]] bool transfers() const { return transfer != Transfer::none; }

    /// Bytes that the device moves in a lap that transfers: what a sync covers.
    [[nodiscard]] std::uint64_t transferred_bytes() const {
        return sync_bytes != 0 ? sync_bytes : size - sync_offset;
    }

    /// Whether something is done to the buffer's cache lines before each lap.
    [[nodiscard]] bool prepared() const { return dirty != 0 || cache_state != CacheState::as_is; }

    /// Whether time goes by in a batch of laps that belongs to none of them, so that only the device can tell
    /// how long they took: CPU time and counters cannot.
    [[nodiscard]] bool timed_apart() const {
        return prepared() || unmap_cpu != UnmapCpu::none || transfers();
    }

    /// Bytes that the CPU touches in a lap, or would if it touched.
    [[nodiscard]] std::uint64_t touched_bytes() const { return touch_bytes != 0 ? touch_bytes : size; }

    friend bool operator==(const Point&, const Point&) = default;
};

}  // namespace dmabench
