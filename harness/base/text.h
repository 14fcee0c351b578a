// SPDX-License-Identifier: GPL-2.0-only
// Text helpers for messages: everything here keeps a message on one printable line.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace dmabench {

/// The text with control characters, DEL and bytes that are not UTF-8 written as \n, \t or \xNN, so that it
/// stays on one line and cannot steer a terminal.
std::string printable(std::string_view text);

/// 'text', printable and cut to about 60 characters.
std::string in_quotes(std::string_view text);

/// "a, b, c"
std::string join(std::span<const std::string_view> words, std::string_view separator = ", ");

/// The candidate that `word` is most likely a misspelling of; empty when none is near. Equal ones: the first.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

/// " (did you mean 'size'?)", or nothing when no candidate is near.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates);

/// The text without leading and trailing spaces and tabs.
std::string_view trimmed(std::string_view text);

/// Offset of the first byte that is not part of well-formed UTF-8 (RFC 3629), if there is one.
std::optional<std::size_t> first_not_utf8(std::string_view text);

}  // namespace dmabench
