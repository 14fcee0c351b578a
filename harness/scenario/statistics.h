// SPDX-License-Identifier: GPL-2.0-only
// The "statistics" object of a scenario file.
#pragma once

#include "base/result.h"
#include "scenario/located_json.h"
#include "scenario/scenario.h"

namespace dmabench {

/// What is not given is as in `base`. The object's keys are known to be keys::statistics.
Result<Statistics> read_statistics(const LocatedJson& json, const JsonNode& object,
                                   const Statistics& base = {});

}  // namespace dmabench
