// SPDX-License-Identifier: GPL-2.0-only
// A report as JSON, for commands that look at all of it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"

namespace dmabench {

/// ErrorKind::usage, with file:line:column, when it cannot be read or is no report of dmabench.
Result<nlohmann::ordered_json> read_report(const std::string& file);

}  // namespace dmabench
