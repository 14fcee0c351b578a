// SPDX-License-Identifier: GPL-2.0-only
// What each target makes of narrower DMA masks: found by setting them, and mapping a page.
#pragma once

#include <nlohmann/json.hpp>

#include "device/session.h"

namespace dmabench {

/// [{"target", "masks": [{"bits", "accepted", "ordinary", "coherent"}, ...]}, ...]: what a mapping of ordinary memory and
/// coherent memory are within each mask (identity, offset, iommu, bounced, fails, or why it cannot be told); left out
/// where the mask is refused.
nlohmann::ordered_json try_dma_masks(Session& session);

/// The same as a table for people.
void print_dma_masks(const nlohmann::ordered_json& masks);

}  // namespace dmabench
