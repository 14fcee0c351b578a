// SPDX-License-Identifier: GPL-2.0-only
// Where lab/, reports/ and scenarios/ lie: in the source tree, or installed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace dmabench {

/// The folder or file of that name, looked for in $DMABENCH_HOME, beside the program, above it (a build folder in
/// the source tree), and where it is installed. ErrorKind::not_possible when it is nowhere.
Result<std::filesystem::path> find_data(const std::string& name);

/// Becomes another program; comes back only with an error.
Error become(const std::vector<std::string>& command);

}  // namespace dmabench
