// SPDX-License-Identifier: GPL-2.0-only
// The table of axes: the one place that says what can be swept. Scenario files, --set, names, params,
// help and shell completion all read it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "plan/point.h"

namespace dmabench {

enum class AxisKind {
    word,     ///< one of Axis::words
    integer,  ///< Axis::min .. Axis::max
    target,   ///< one of Axis::words, or "pci:" and an address
};

/// A number for AxisKind::integer, text for the others.
using AxisValue = std::variant<std::uint64_t, std::string>;

/// As in names: plain decimal, or the word.
std::string to_string(const AxisValue& value);

struct Axis {
    std::string_view name;
    AxisKind kind;
    std::span<const std::string_view> words;
    std::uint64_t min;
    std::uint64_t max;
    std::string_view unit;          ///< of an integer: "bytes", "laps", "percent", ...
    std::string_view default_text;  ///< for people; empty: it must be given
    std::string_view applies_text;  ///< for people
    std::string_view doc;           ///< for people, one line

    bool (*applies)(const Point&);       ///< may look at the axes before it, and at transfer, ownership,
                                         ///< cache_mode and access
    bool (*always_named)(const Point&);  ///< in the name even at its default
    AxisValue (*default_value)(const Point&);
    AxisValue (*get)(const Point&);
    void (*set)(Point&, const AxisValue&);  ///< of a value that check() has passed

    [[nodiscard]] bool required() const { return default_text.empty(); }
    [[nodiscard]] std::size_t index() const;  ///< its place in all_axes()

    /// The value in its canonical form, or what is wrong with it and what was expected.
    [[nodiscard]] Result<AxisValue> check(const AxisValue& value) const;
};

/// In the order of docs/DESIGN.md.
std::span<const Axis> all_axes();

/// nullptr: there is none of that name.
const Axis* find_axis(std::string_view name);

/// Their names, in the same order.
std::span<const std::string_view> axis_names();

}  // namespace dmabench
