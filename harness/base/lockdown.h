// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

namespace dmabench {

/// "integrity" or "confidentiality" where the kernel is locked down, else "": by what stands in
/// /sys/kernel/security/lockdown, as "none [integrity] confidentiality".
std::string lockdown_mode(std::string_view modes);

}  // namespace dmabench
