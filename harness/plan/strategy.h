// SPDX-License-Identifier: GPL-2.0-only
// What a plan has to know of a strategy before any device is open. The module tells the rest.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "plan/point.h"

namespace dmabench {

struct Strategy {
    std::string_view name;
    bool synced;                ///< has a direction and is synced
    bool ranged_sync;           ///< takes sync_offset and sync_bytes
    std::uint32_t sources;      ///< bit (1 << Source) for each source that it can be given
    bool maps_every_lap;        ///< map_every is 1 unless given
    bool allocates;             ///< its buffer is DMA memory: there from map to unmap only
    std::uint32_t cache_modes;  ///< bit (1 << CacheMode) for each mode that it can be mmap()ed in
    std::string_view doc;

    [[nodiscard]] bool is_null() const { return name == "null"; }
    [[nodiscard]] bool has_source(Source source) const {
        return (sources >> static_cast<std::uint32_t>(source) & 1U) != 0;
    }
    [[nodiscard]] bool has_cache_mode(CacheMode mode) const {
        return (cache_modes >> static_cast<std::uint32_t>(mode) & 1U) != 0;
    }
};

/// In the order of their ids in the ABI.
std::span<const Strategy> all_strategies();

/// nullptr: there is none of that name.
const Strategy* find_strategy(std::string_view name);

}  // namespace dmabench
