// SPDX-License-Identifier: GPL-2.0-only
// The values of one axis as a scenario file or --set gives them, checked but not yet expanded, so that
// a range of billions is counted before any memory is spent on it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/matrix.h"
#include "scenario/located_json.h"
#include "scenario/values.h"

namespace dmabench {

struct AxisSpec {
    const Axis* axis = nullptr;
    std::size_t offset = 0;            ///< of the key in the file
    std::string option;                ///< "--set size=4K" when it comes from there, otherwise empty
    std::vector<AxisValue> words;      ///< of an axis of words
    std::vector<IntegerRange> ranges;  ///< of an axis of integers

    /// 2^64 - 1 when more.
    [[nodiscard]] std::uint64_t count() const;
    [[nodiscard]] MatrixAxis values() const;
    /// Whether it is one of the values.
    [[nodiscard]] bool contains(const AxisValue& value) const;
    /// Whether it has a value other than "none".
    [[nodiscard]] bool asks_for_some() const;
};

/// From a member of a "matrix" object: a scalar, a range, or a list of these.
Result<AxisSpec> read_axis(const LocatedJson& json, const JsonMember& member);

/// From "size=4K,64K"; errors begin with "--set size=4K,64K: ".
Result<AxisSpec> parse_set(const std::string& option);

/// A number or a string such as "4K". Errors are without a place.
Result<std::uint64_t> integer_from(const JsonNode& node);

}  // namespace dmabench
