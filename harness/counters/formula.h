// SPDX-License-Identifier: GPL-2.0-only
// Formulas of derived metrics: + - * / and parentheses over numbers and names, as in "100 * misses / loads".
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace dmabench {

struct FormulaError {
    std::size_t offset = 0;  ///< of the byte in the formula
    std::string message;
};

/// The value of a name; empty when it is not known here. An unknown name that must not be is an error.
using FormulaNames =
    std::function<tl::expected<std::optional<double>, std::string>(std::string_view name)>;

/// The formula's value; empty when one of its names has none, or when it divides by 0.
tl::expected<std::optional<double>, FormulaError> evaluate(std::string_view formula, const FormulaNames& names);

}  // namespace dmabench
