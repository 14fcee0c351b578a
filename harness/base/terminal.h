// SPDX-License-Identifier: GPL-2.0-only
// What a file descriptor is to a person who looks at it.
#pragma once

#include <cstddef>

namespace dmabench {

/// Whether to colour what goes there: a terminal, and no NO_COLOR in the environment (https://no-color.org).
[[nodiscard]] bool has_colours(int fd);

/// Whether a line there can be drawn again in place: a terminal that is not dumb.
[[nodiscard]] bool can_redraw(int fd);

/// Columns; 0: not a terminal, or one that does not say.
[[nodiscard]] std::size_t terminal_width(int fd);

/// Lines; 0: not a terminal, or one that does not say.
[[nodiscard]] std::size_t terminal_height(int fd);

}  // namespace dmabench
