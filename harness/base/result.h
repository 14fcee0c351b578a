// SPDX-License-Identifier: GPL-2.0-only
// Recoverable errors are return values that carry their context; only main() prints them.
#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace dmabench {

/// What went wrong, by the exit code that `dmabench` ends with.
enum class ErrorKind {
    regression = 1,
    usage = 2,           ///< bad input or command line
    not_comparable = 3,  ///< reports of different platforms
    not_possible = 4,    ///< no module, privilege or tool here
    failed = 5,          ///< a run failed
};

struct Error {
    ErrorKind kind = ErrorKind::failed;
    std::string message;  ///< one line, no trailing period or newline
};

template <typename T>
using Result = tl::expected<T, Error>;

/// fail(ErrorKind::usage, "{}: no such file", path)
template <typename... Args>
tl::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
    return tl::unexpected<Error>(Error{kind, fmt::format(format, std::forward<Args>(args)...)});
}

}  // namespace dmabench
