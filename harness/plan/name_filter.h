// SPDX-License-Identifier: GPL-2.0-only
// --filter: a regular expression on points' names.
#pragma once

#include <optional>
#include <regex>
#include <string>

#include "base/result.h"

namespace dmabench {

class NameFilter {
  public:
    /// An empty pattern lets everything pass. Errors begin with "--filter".
    static Result<NameFilter> make(const std::string& pattern);

    /// What is wrong with a pattern, in words; empty: nothing.
    static std::string check(const std::string& pattern);

    /// Whether the pattern is found anywhere in the name.
    [[nodiscard]] bool passes(const std::string& name) const;

  private:
    std::optional<std::regex> pattern_;
};

}  // namespace dmabench
