// SPDX-License-Identifier: GPL-2.0-only
// dmabench info --memory: which memory may be DMA-mapped, and where it ends up.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "device/session.h"

namespace dmabench {

/// What the session finds out, for each of its targets.
Result<nlohmann::ordered_json> describe_memory(Session& session);

void print_memory(const nlohmann::ordered_json& memory);

}  // namespace dmabench
