// SPDX-License-Identifier: GPL-2.0-only
// A matrix: values for some axes, expanded to all their combinations that are possible.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/axis.h"
#include "plan/point.h"

namespace dmabench {

/// A combination that was asked for but cannot be, or that the scenario leaves out.
struct Excluded {
    std::string name;    ///< like a point's, with the axes as they were asked for
    std::string reason;  ///< one sentence
};

/// Which axes were given a value, by Axis::index().
using GivenAxes = std::bitset<32>;

/// Why a combination is not possible, and the axis that is to blame.
struct Conflict {
    const Axis* axis;
    std::string reason;
};

/// Bring a combination to its canonical form: axes that do not apply go to their default, and so do those
/// that were not given. The null strategy, the baseline beside everything, drops user-space access; for
/// others a combination that cannot be is a conflict, and `point` is to be thrown away.
std::optional<Conflict> settle(Point& point, const GivenAxes& given);

struct MatrixAxis {
    const Axis* axis = nullptr;
    std::vector<AxisValue> values;  ///< checked
    std::vector<MatrixAxis>
        together{};  ///< axes that advance with this one; of as many values, and without such
};

struct Expansion {
    std::vector<Point> points;  ///< each once
    std::vector<Excluded> excluded;
    std::optional<Conflict> first_conflict;
};

/// Strategy by strategy, then in the order of the axes, the last one fastest. Strategy and size are given.
Expansion expand(const std::vector<MatrixAxis>& matrix);

}  // namespace dmabench
