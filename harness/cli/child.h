// SPDX-License-Identifier: GPL-2.0-only
// A command that runs while something else goes on.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace dmabench {

/// Killed, if it still runs, when the object goes.
class Child {
  public:
    /// ErrorKind::not_possible: it cannot be run.
    static Result<Child> start(const std::vector<std::string>& command);

    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child();

    /// Its exit code, 128 + N when signal N ended it; empty: it runs still.
    std::optional<int> ended();

  private:
    explicit Child(pid_t pid) : pid_(pid) {}
    pid_t pid_;  ///< -1: it has ended
    std::optional<int> status_;
};

}  // namespace dmabench
