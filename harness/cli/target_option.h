// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

#include "analysis/cost_model.h"
#include "base/result.h"

namespace dmabench {

/// ErrorKind::usage unless the report, whose cost model it is, has rows for the target.
Result<void> check_target(const std::string& target, const CostModel& model, const std::string& report);

}  // namespace dmabench
