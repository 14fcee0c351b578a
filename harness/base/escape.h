// SPDX-License-Identifier: GPL-2.0-only
// Text within other formats.
#pragma once

#include <string>
#include <string_view>

namespace dmabench {

/// With its quotes, and what is not UTF-8 replaced.
std::string json_quoted(std::string_view text);
/// For XML's text and attributes; what XML 1.0 cannot hold becomes '?'.
std::string xml_escaped(std::string_view text);
/// A field of RFC 4180, in quotes only if it must be.
std::string csv_field(std::string_view text);
/// For a cell of a Markdown table: nothing in it is markup.
std::string markdown_escaped(std::string_view text);

}  // namespace dmabench
