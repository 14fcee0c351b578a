// SPDX-License-Identifier: GPL-2.0-only
// The module's device file.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace dmabench {

/// /dev/dmabench. ErrorKind::not_possible when it is not there, saying what to do.
Result<UniqueFd> open_device();

}  // namespace dmabench
