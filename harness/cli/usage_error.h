// SPDX-License-Identifier: GPL-2.0-only
// What is wrong with a command line, in words.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace dmabench {

/// One line for what the parser has found: the word that is wrong, the nearest that is known, and where the
/// help is.
std::string usage_message(const CLI::App& app, const CLI::ParseError& error);

}  // namespace dmabench
