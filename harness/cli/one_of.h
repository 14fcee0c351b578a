// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace dmabench {

/// A check for CLI11, whose message follows "--NAME: ": the word is one of these.
std::function<std::string(const std::string&)> one_of(const char* what, std::vector<std::string> words);

}  // namespace dmabench
