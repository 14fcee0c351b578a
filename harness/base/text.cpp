// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <vector>

namespace dmabench {
namespace {

constexpr std::size_t quoted_limit = 60;
constexpr std::size_t nearest_limit = 64;  // longer words are no misspellings of ours

unsigned byte_at(std::string_view text, std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

/// Length of the well-formed UTF-8 sequence at `at`; 0 when there is none. Table 3-7 of the Unicode standard.
std::size_t sequence_length(std::string_view text, std::size_t at) {
    const unsigned first = byte_at(text, at);
    if (first < 0x80) {
        return 1;
    }
    std::size_t length = 0;
    unsigned low = 0x80;
    unsigned high = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
        length = 2;
    } else if (first >= 0xE0 && first <= 0xEF) {
        length = 3;
        low = first == 0xE0 ? 0xA0 : 0x80;
        high = first == 0xED ? 0x9F : 0xBF;
    } else if (first >= 0xF0 && first <= 0xF4) {
        length = 4;
        low = first == 0xF0 ? 0x90 : 0x80;
        high = first == 0xF4 ? 0x8F : 0xBF;
    } else {
        return 0;
    }
    if (byte_at(text, at + 1) < low || byte_at(text, at + 1) > high) {
        return 0;
    }
    for (std::size_t i = 2; i < length; ++i) {
        if ((byte_at(text, at + i) & 0xC0U) != 0x80) {
            return 0;
        }
    }
    return length;
}

/// Edits (insert, delete, replace, swap of neighbours) that turn one word into the other, ignoring case.
std::size_t distance(std::string_view left, std::string_view right) {
    const auto same = [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    std::vector<std::size_t> before(right.size() + 1);
    std::vector<std::size_t> above(right.size() + 1);
    std::vector<std::size_t> row(right.size() + 1);
    for (std::size_t j = 0; j <= right.size(); ++j) {
        above[j] = j;
    }
    for (std::size_t i = 1; i <= left.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const bool equal = same(left[i - 1], right[j - 1]);
            row[j] = std::min({row[j - 1] + 1, above[j] + 1, above[j - 1] + (equal ? 0 : 1)});
            if (i > 1 && j > 1 && same(left[i - 1], right[j - 2]) && same(left[i - 2], right[j - 1])) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
        }
        std::swap(before, above);
        std::swap(above, row);
    }
    return above[right.size()];
}

}  // namespace

std::string printable(std::string_view text) {
    std::string result;
    for (std::size_t at = 0; at < text.size();) {
        const unsigned byte = byte_at(text, at);
        const std::size_t length = sequence_length(text, at);
        // U+0080 .. U+009F are control characters too, and some terminals obey them.
        const bool control = byte < 0x20 || byte == 0x7F || (byte == 0xC2 && byte_at(text, at + 1) < 0xA0);
        if (byte == '\n') {
            result += "\\n";
        } else if (byte == '\t') {
            result += "\\t";
        } else if (length == 0 || control) {
            for (std::size_t i = 0; i < std::max<std::size_t>(length, 1); ++i) {
                result += fmt::format("\\x{:02x}", byte_at(text, at + i));
            }
        } else {
            result += text.substr(at, length);
        }
        at += std::max<std::size_t>(length, 1);
    }
    return result;
}

std::string in_quotes(std::string_view text) {
    std::size_t end = 0;
    while (end < text.size() && end < quoted_limit) {
        end += std::max<std::size_t>(sequence_length(text, end), 1);
    }
    end = std::min(end, text.size());
    return fmt::format("'{}{}'", printable(text.substr(0, end)), end < text.size() ? "..." : "");
}

std::string join(std::span<const std::string_view> words, std::string_view separator) {
    return fmt::format("{}", fmt::join(words, separator));
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
    if (word.empty() || word.size() > nearest_limit) {
        return {};
    }
    std::string_view best;
    std::size_t least = std::max<std::size_t>(word.size() / 3, 1) + 1;
    for (const std::string_view candidate : candidates) {
        const std::size_t edits = distance(word, candidate);
        if (edits < least && edits < candidate.size()) {
            best = candidate;
            least = edits;
        }
    }
    if (!best.empty() || word.size() < 3) {
        return best;
    }
    // What was typed may be the beginning of what is meant: "streaming", "uncach".
    const auto longer = std::find_if(candidates.begin(), candidates.end(),
                                     [&](std::string_view candidate) { return candidate.starts_with(word); });
    return longer == candidates.end() ? std::string_view{} : *longer;
}

std::string did_you_mean(std::string_view word, std::span<const std::string_view> candidates) {
    const std::string_view best = nearest(word, candidates);
    return best.empty() ? std::string{} : fmt::format(" (did you mean '{}'?)", best);
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::size_t> first_not_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequence_length(text, at);
        if (length == 0) {
            return at;
        }
        at += length;
    }
    return std::nullopt;
}

}  // namespace dmabench
