// SPDX-License-Identifier: GPL-2.0-only
#include "base/escape.h"

#include <fmt/format.h>

#include "base/text.h"

namespace dmabench {
namespace {

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

std::string json_quoted(std::string_view text) {
    // What is not UTF-8 would make the whole document unreadable.
    const std::string safe = first_not_utf8(text) ? printable(text) : std::string(text);
    std::string out = "\"";
    for (const char c : safe) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + '"';
}

std::string xml_escaped(std::string_view text) {
    std::string out;
    for (const char c : first_not_utf8(text) ? printable(text) : std::string(text)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\n':
                out += "&#10;";
                break;
            default:
                out += is_control(c) ? '?' : c;
        }
    }
    return out;
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(text);
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"')
            out += '"';
        out += c;
    }
    return out + '"';
}

std::string markdown_escaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        if (std::string_view("\\`*_{}[]<>#|~").find(c) != std::string_view::npos)
            out += '\\';
        out += c;
    }
    return out;
}

}  // namespace dmabench
