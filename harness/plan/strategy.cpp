// SPDX-License-Identifier: GPL-2.0-only
#include "plan/strategy.h"

#include <algorithm>
#include <array>

namespace dmabench {
namespace {

constexpr std::uint32_t bit(CacheMode mode) {
    return 1U << static_cast<std::uint32_t>(mode);
}

constexpr std::uint32_t no_mode = 0;
constexpr std::uint32_t page_modes =
    bit(CacheMode::cached) | bit(CacheMode::writecombine) | bit(CacheMode::uncached);

// clang-format off
constexpr std::array<Strategy, 7> strategies = {{
    // name             streaming ranged source maps   cache modes
    {"null",             false, false, false, false, no_mode,
     "nothing: the cost of the measurement itself"},
    {"coherent",         false, false, false, false, bit(CacheMode::coherent),
     "dma_alloc_coherent(), long-lived"},
    {"write_combine",    false, false, false, false, bit(CacheMode::writecombine),
     "dma_alloc_wc(), long-lived"},
    {"pool",             false, false, false, true,  no_mode,
     "dma_pool_alloc() and dma_pool_free()"},
    {"streaming_single", true,  true,  true,  true,  page_modes,
     "dma_map_single() and dma_sync_single_*()"},
    {"streaming_page",   true,  true,  false, true,  page_modes,
     "dma_map_page() and dma_sync_single_*()"},
    {"streaming_sg",     true,  false, false, true,  no_mode,
     "dma_map_sgtable() and dma_sync_sgtable_*()"},
}};
// clang-format on

}  // namespace

std::span<const Strategy> all_strategies() {
    return strategies;
}

const Strategy* find_strategy(std::string_view name) {
    const auto* found = std::find_if(strategies.begin(), strategies.end(),
                                     [&](const Strategy& strategy) { return strategy.name == name; });
    return found == strategies.end() ? nullptr : found;
}

}  // namespace dmabench
