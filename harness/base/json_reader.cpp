// SPDX-License-Identifier: GPL-2.0-only
#include "base/json_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

#include "base/text.h"

namespace dmabench {
namespace {

/// What ends a run of bytes that skip() may pass over without a look.
constexpr std::array<bool, 256> make_structural() {
    std::array<bool, 256> table{};
    for (const char c : {'"', '{', '}', '[', ']', '\0'})
        table[static_cast<unsigned char>(c)] = true;
    return table;
}
constexpr auto structural = make_structural();

bool is_white(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

void append_utf8(std::string& out, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0U | code >> 6U);
        put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        put(0xE0U | code >> 12U);
        put(0x80U | (code >> 6U & 0x3FU));
        put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | code >> 18U);
        put(0x80U | (code >> 12U & 0x3FU));
        put(0x80U | (code >> 6U & 0x3FU));
        put(0x80U | (code & 0x3FU));
    }
}

std::optional<std::uint32_t> four_digits(const char* at, const char* end) {
    std::uint32_t code = 0;
    if (end - at < 4)
        return std::nullopt;
    const auto read = std::from_chars(at, at + 4, code, 16);
    return read.ptr == at + 4 ? std::optional(code) : std::nullopt;
}

/// Takes the escapes out of what stands between the quotes; false when one is none.
bool unescape(std::string_view text, std::string& out) {
    out.clear();
    const char* end = text.data() + text.size();
    for (const char* at = text.data(); at != end; ++at) {
        if (*at != '\\') {
            out += *at;
            continue;
        }
        if (++at == end)
            return false;
        static constexpr std::string_view letters = "\"\\/bfnrt";
        static constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
        if (const auto which = letters.find(*at); which != std::string_view::npos) {
            out += meanings[which];
            continue;
        }
        if (*at != 'u')
            return false;
        auto code = four_digits(at + 1, end);
        if (!code)
            return false;
        at += 4;
        if (*code >= 0xD800 && *code < 0xDC00) {
            const auto low =
                end - at > 6 && at[1] == '\\' && at[2] == 'u' ? four_digits(at + 3, end) : std::nullopt;
            if (!low || *low < 0xDC00 || *low > 0xDFFF)
                return false;
            code = 0x10000 + ((*code - 0xD800) << 10U) + (*low - 0xDC00);
            at += 6;
        } else if (*code >= 0xDC00 && *code < 0xE000) {
            return false;
        }
        append_utf8(out, *code);
    }
    return true;
}

}  // namespace

void JsonReader::fail(const char* expected, const char* where) {
    if (!error_.empty())
        return;
    error_at_ = where;
    if (where == end_) {
        error_ = fmt::format("expected {}, but the file ends here", expected);
    } else {
        const char* stop = where;
        while (stop != end_ && stop - where < 20 && !is_white(*stop) && *stop != ',')
            ++stop;
        error_ = fmt::format(
            "expected {}, not {}", expected,
            in_quotes({where, static_cast<std::size_t>(std::max<std::ptrdiff_t>(stop - where, 1))}));
    }
    at_ = end_;
}

std::string JsonReader::error() const {
    if (error_.empty())
        return "";
    std::size_t line = 1;
    const char* start = begin_;
    for (const char* at = begin_; at != error_at_; ++at) {
        if (*at == '\n') {
            ++line;
            start = at + 1;
        }
    }
    return fmt::format("{}:{}: {}", line, error_at_ - start + 1, error_);
}

void JsonReader::white() {
    while (at_ != end_ && is_white(*at_))
        ++at_;
}

bool JsonReader::expect(char wanted, const char* name) {
    white();
    last_ = at_;
    if (!ok() || at_ == end_ || *at_ != wanted) {
        fail(name, at_);
        return false;
    }
    ++at_;
    return true;
}

char JsonReader::peek() {
    white();
    last_ = at_;
    if (at_ == end_)
        return '\0';
    return *at_ == '-' || (*at_ >= '0' && *at_ <= '9') ? '0' : *at_;
}

bool JsonReader::enter_object() {
    first_ = true;
    return expect('{', "an object");
}

bool JsonReader::enter_array() {
    first_ = true;
    return expect('[', "a list");
}

bool JsonReader::next_key(std::string_view& key) {
    white();
    if (!ok())
        return false;
    if (at_ != end_ && *at_ == '}') {
        ++at_;
        first_ = false;
        return false;
    }
    if (!first_ && !expect(',', "',' or '}'"))
        return false;
    first_ = false;
    white();
    if (at_ == end_ || *at_ != '"') {
        fail("a key in quotes", at_);
        return false;
    }
    key = view();
    return expect(':', "':'");
}

bool JsonReader::next_item() {
    white();
    if (!ok())
        return false;
    if (at_ != end_ && *at_ == ']') {
        ++at_;
        first_ = false;
        return false;
    }
    if (!first_ && !expect(',', "',' or ']'"))
        return false;
    first_ = false;
    return true;
}

double JsonReader::number() {
    if (!ok() || peek() != '0') {
        fail("a number", at_);
        return 0;
    }
    double value = 0;
    const auto read = std::from_chars(at_, end_, value);
    // from_chars() knows "-inf" too.
    if (read.ec != std::errc{} || (*at_ == '-' && (end_ - at_ < 2 || at_[1] < '0' || at_[1] > '9'))) {
        fail("a number", at_);
        return 0;
    }
    at_ = read.ptr;
    return value;
}

void JsonReader::literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() || std::string_view(at_, word.size()) != word)
        return fail("a value", at_);
    at_ += word.size();
}

bool JsonReader::boolean() {
    const char kind = ok() ? peek() : '\0';
    if (kind != 't' && kind != 'f') {
        fail("true or false", at_);
        return false;
    }
    literal(kind == 't' ? "true" : "false");
    return ok() && kind == 't';
}

void JsonReader::skip_string() {
    const char* opening = at_++;
    for (;;) {
        const auto* quote =
            static_cast<const char*>(std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_)));
        if (quote == nullptr)
            return fail("a string that ends", opening);
        const char* slash = quote;
        while (slash[-1] == '\\')
            --slash;
        at_ = quote + 1;
        // An even number of backslashes are escaped backslashes; the opening quote ends the run at the
        // latest.
        if ((quote - slash) % 2 == 0)
            return;
    }
}

std::string_view JsonReader::view() {
    if (!ok() || peek() != '"') {
        fail("a string", at_);
        return "";
    }
    const char* opening = at_;
    skip_string();
    if (!ok())
        return "";
    const std::string_view text(opening + 1, static_cast<std::size_t>(at_ - opening - 2));
    if (std::memchr(text.data(), '\\', text.size()) == nullptr)
        return text;
    if (!unescape(text, unescaped_)) {
        fail("a string with JSON's escapes", opening);
        return "";
    }
    return unescaped_;
}

std::string JsonReader::string() {
    return std::string(view());
}

std::string_view JsonReader::raw() {
    peek();
    const char* start = at_;
    skip();
    return ok() ? std::string_view(start, static_cast<std::size_t>(at_ - start)) : "";
}

void JsonReader::skip() {
    if (!ok())
        return;
    switch (peek()) {
        case '"':
            return skip_string();
        case '0':
            (void)number();
            return;
        case 't':
            return literal("true");
        case 'f':
            return literal("false");
        case 'n':
            return literal("null");
        case '{':
        case '[':
            break;
        default:
            return fail("a value", at_);
    }
    const char* opening = at_;
    int depth = 0;
    while (ok()) {
        while (at_ != end_ && !structural[static_cast<unsigned char>(*at_)])
            ++at_;
        if (at_ == end_ || *at_ == '\0')
            return fail(*opening == '{' ? "an object that ends" : "a list that ends", opening);
        if (*at_ == '"') {
            skip_string();
            continue;
        }
        depth += *at_ == '{' || *at_ == '[' ? 1 : -1;
        ++at_;
        if (depth == 0)
            return;
    }
}

void JsonReader::finish() {
    white();
    if (ok() && at_ != end_)
        fail("the end of the file", at_);
}

}  // namespace dmabench
