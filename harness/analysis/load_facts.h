// SPDX-License-Identifier: GPL-2.0-only
// What a report says besides its rows, which is little: read as a document.
#pragma once

#include <string>
#include <string_view>

#include "analysis/loaded_report.h"

namespace dmabench {

/// From the object "context". Empty, or the mistake.
std::string load_context(std::string_view text, LoadedReport& out);

/// From the object "dmabench". Empty, or the mistake, as "/clock/kind: expected a word".
std::string load_own(std::string_view text, LoadedReport& out);

}  // namespace dmabench
