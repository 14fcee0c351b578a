// SPDX-License-Identifier: GPL-2.0-only
#include "plan/strategy.h"

#include <algorithm>
#include <array>

namespace dmabench {
namespace {

constexpr std::uint32_t bit(CacheMode mode) {
    return 1U << static_cast<std::uint32_t>(mode);
}

constexpr std::uint32_t bit(Source source) {
    return 1U << static_cast<std::uint32_t>(source);
}

constexpr std::uint32_t no_mode = 0;
constexpr std::uint32_t page_modes =
    bit(CacheMode::cached) | bit(CacheMode::writecombine) | bit(CacheMode::uncached);
constexpr std::uint32_t no_choice = 0;
constexpr std::uint32_t in_one_piece = bit(Source::kmalloc) | bit(Source::pages) | bit(Source::slab);
constexpr std::uint32_t page_by_page = bit(Source::pages) | bit(Source::vmalloc) | bit(Source::user);

// clang-format off
constexpr std::array<Strategy, 11> strategies = {{
    // name              synced ranged sources       maps   allocates cache modes
    {"null",              false, false, no_choice,    false, false, no_mode,
     "nothing: the cost of the measurement itself"},
    {"coherent",          false, false, no_choice,    false, true,  bit(CacheMode::coherent),
     "dma_alloc_coherent(), long-lived"},
    {"write_combine",     false, false, no_choice,    false, true,  bit(CacheMode::writecombine),
     "dma_alloc_wc(), long-lived"},
    {"pool",              false, false, no_choice,    true,  true,  no_mode,
     "dma_pool_alloc() and dma_pool_free()"},
    {"streaming_single",  true,  true,  in_one_piece, true,  false, page_modes,
     "dma_map_single() and dma_sync_single_*()"},
    {"streaming_page",    true,  true,  no_choice,    true,  false, page_modes,
     "dma_map_page() and dma_sync_single_*()"},
    {"streaming_sg",      true,  false, page_by_page, true,  false, no_mode,
     "dma_map_sgtable() and dma_sync_sgtable_*()"},
    {"noncoherent",       true,  true,  no_choice,    false, true,  no_mode,
     "dma_alloc_noncoherent(), long-lived, and dma_sync_single_*()"},
    {"noncontiguous",     true,  false, no_choice,    false, true,  no_mode,
     "dma_alloc_noncontiguous(), long-lived, and dma_sync_sgtable_*()"},
    {"streaming_recycle", true,  true,  no_choice,    false, false, no_mode,
     "pages mapped once with DMA_ATTR_SKIP_CPU_SYNC, as in page_pool, and dma_sync_single_*()"},
    {"copy",              true,  true,  no_choice,    false, false, no_mode,
     "memcpy() to or from coherent memory in place of each sync"},
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
