// SPDX-License-Identifier: GPL-2.0-only
#include "base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace dmabench {

bool has_colours(int fd) {
    const char* refused = std::getenv("NO_COLOR");
    return can_redraw(fd) && (refused == nullptr || *refused == '\0');
}

bool can_redraw(int fd) {
    const char* term = std::getenv("TERM");
    return ::isatty(fd) != 0 && term != nullptr && std::string_view(term) != "dumb";
}

std::size_t terminal_width(int fd) {
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

std::size_t terminal_height(int fd) {
    winsize size{};
    return ::ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

}  // namespace dmabench
