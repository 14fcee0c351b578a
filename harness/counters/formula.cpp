// SPDX-License-Identifier: GPL-2.0-only
#include "counters/formula.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace dmabench {
namespace {

using Value = tl::expected<std::optional<double>, FormulaError>;

bool is_name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// sum := product (('+' | '-') product)*; product := factor (('*' | '/') factor)*; factor := number | name | '(' sum ')'
class Reader {
  public:
    Reader(std::string_view text, const FormulaNames& names) : text_(text), names_(names) {}

    Value read() {
        Value value = sum(0);
        if (!value)
            return value;
        skip_spaces();
        if (at_ != text_.size())
            return wrong("expected +, -, * or /");
        return value;
    }

  private:
    static constexpr int max_depth = 32;

    Value sum(int depth) {
        Value left = product(depth);
        while (left) {
            const char sign = take("+-");
            if (sign == 0)
                break;
            const Value right = product(depth);
            if (!right)
                return right;
            left = *left && *right ? std::optional(sign == '+' ? **left + **right : **left - **right)
                                   : std::nullopt;
        }
        return left;
    }

    Value product(int depth) {
        Value left = factor(depth);
        while (left) {
            const char sign = take("*/");
            if (sign == 0)
                break;
            const Value right = factor(depth);
            if (!right)
                return right;
            if (!*left || !*right || (sign == '/' && **right == 0))
                left = std::optional<double>();
            else
                left = sign == '*' ? **left * **right : **left / **right;
        }
        return left;
    }

    Value factor(int depth) {
        skip_spaces();
        if (depth > max_depth)
            return wrong("is nested too deep");
        if (take("(") != 0) {
            Value inner = sum(depth + 1);
            if (inner && take(")") == 0)
                return wrong("expected ')'");
            return inner;
        }
        const std::size_t start = at_;
        while (at_ < text_.size() && (is_name_char(text_[at_]) || text_[at_] == '.'))
            ++at_;
        const std::string_view word = text_.substr(start, at_ - start);
        if (word.empty())
            return wrong("expected a number, a name or '('");
        if (std::isdigit(static_cast<unsigned char>(word.front())) != 0) {
            double number = 0;
            const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
            if (error != std::errc{} || end != word.data() + word.size() || !std::isfinite(number))
                return tl::unexpected(FormulaError{start, fmt::format("{} is not a number", in_quotes(word))});
            return number;
        }
        auto value = names_(word);
        if (!value)
            return tl::unexpected(FormulaError{start, value.error()});
        return *value;
    }

    void skip_spaces() {
        while (at_ < text_.size() && text_[at_] == ' ')
            ++at_;
    }

    /// One of these characters, if it is next; otherwise 0.
    char take(std::string_view which) {
        skip_spaces();
        if (at_ == text_.size() || which.find(text_[at_]) == std::string_view::npos)
            return 0;
        return text_[at_++];
    }

    [[nodiscard]] tl::unexpected<FormulaError> wrong(std::string_view expected) const {
        const std::string got =
            at_ == text_.size() ? "the formula ends" : in_quotes(text_.substr(at_, 1)) + " is in its place";
        return tl::unexpected(FormulaError{at_, fmt::format("{}, but {}", expected, got)});
    }

    std::string_view text_;
    const FormulaNames& names_;
    std::size_t at_ = 0;
};

}  // namespace

Value evaluate(std::string_view formula, const FormulaNames& names) { return Reader(formula, names).read(); }

}  // namespace dmabench
