// SPDX-License-Identifier: GPL-2.0-only
#include "base/lockdown.h"

namespace dmabench {

std::string lockdown_mode(std::string_view modes) {
    const auto from = modes.find('[');
    const auto to = modes.find(']');
    if (from == std::string_view::npos || to == std::string_view::npos || to < from)
        return "";
    const std::string_view mode = modes.substr(from + 1, to - from - 1);
    return mode == "none" ? "" : std::string(mode);
}

}  // namespace dmabench
