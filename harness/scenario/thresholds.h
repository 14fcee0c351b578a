// SPDX-License-Identifier: GPL-2.0-only
// "thresholds" of a scenario: how much slower a point may get before a comparison calls it a regression.
// Written into reports as they are; whoever compares reads them there.
#pragma once

#include <nlohmann/json.hpp>

#include "base/result.h"
#include "scenario/located_json.h"

namespace dmabench {

/// {"default": "5%", "overrides": [{"match": REGEX, "threshold": "2%"}, ...]}, checked.
Result<nlohmann::ordered_json> read_thresholds(const LocatedJson& json, const JsonNode& node);

}  // namespace dmabench
