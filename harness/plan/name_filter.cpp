// SPDX-License-Identifier: GPL-2.0-only
#include "plan/name_filter.h"

#include "base/text.h"

namespace dmabench {
namespace {

constexpr std::size_t longest_pattern = 1000;  // std::regex recurses once per group

std::string_view explain(std::regex_constants::error_type code) {
    namespace errors = std::regex_constants;
    switch (code) {
        case errors::error_paren:
            // libstdc++ says this of any character that it did not expect.
            return "unbalanced '(' or ')', or a repetition of nothing; write '\\(' for the character itself, "
                   "'.*' "
                   "for any text";
        case errors::error_brack:
            return "'[' without ']'";
        case errors::error_brace:
        case errors::error_badbrace:
            return "'{' without a valid count and '}'";
        case errors::error_badrepeat:
            return "a repetition of nothing; write '.*' for any text";
        case errors::error_escape:
            return "unknown or unfinished '\\' escape";
        case errors::error_range:
            return "a range in '[...]' that descends";
        case errors::error_collate:
        case errors::error_ctype:
            return "unknown character class in '[[:...:]]'";
        case errors::error_backref:
            return "a reference to a group that does not exist";
        case errors::error_complexity:
        case errors::error_space:
        case errors::error_stack:
            return "too complex";
        default:
            return "not a regular expression";
    }
}

/// What is wrong with the pattern; otherwise it is in `compiled`.
std::string compile(const std::string& pattern, std::optional<std::regex>& compiled) {
    if (pattern.size() > longest_pattern) {
        return fmt::format("longer than {} characters", longest_pattern);
    }
    try {
        compiled.emplace(pattern, std::regex::ECMAScript | std::regex::optimize);
    } catch (const std::regex_error& error) {
        return fmt::format("{}: {}", in_quotes(pattern), explain(error.code()));
    }
    return "";
}

}  // namespace

Result<NameFilter> NameFilter::make(const std::string& pattern) {
    NameFilter filter;
    if (pattern.empty()) {
        return filter;
    }
    if (const std::string wrong = compile(pattern, filter.pattern_); !wrong.empty()) {
        return fail(ErrorKind::usage, "--filter{}", wrong.front() == '\'' ? " " + wrong : ": " + wrong);
    }
    return filter;
}

std::string NameFilter::check(const std::string& pattern) {
    std::optional<std::regex> compiled;
    return compile(pattern, compiled);
}

bool NameFilter::passes(const std::string& name) const {
    return !pattern_ || std::regex_search(name, *pattern_);
}

}  // namespace dmabench
