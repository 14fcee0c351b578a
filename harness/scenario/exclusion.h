// SPDX-License-Identifier: GPL-2.0-only
// "exclude" of a scenario: points that are left out of a matrix on purpose.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plan/point.h"
#include "scenario/axis_spec.h"

namespace dmabench {

struct Exclusion {
    std::vector<AxisSpec> axes;  ///< at least one
    std::string reason;          ///< one line

    /// Whether each of its axes applies to the point and has one of the values there.
    [[nodiscard]] bool matches(const Point& point) const;
};

/// Those of a sweep. Shared by its points, as a target may be known only when a session is open.
using Exclusions = std::shared_ptr<const std::vector<Exclusion>>;

/// The first that matches, or nullptr.
const Exclusion* first_match(const Exclusions& exclusions, const Point& point);

/// A list of objects of axes, each perhaps with a reason; of the member "exclude".
Result<std::vector<Exclusion>> read_exclusions(const LocatedJson& json, const JsonMember& member);

}  // namespace dmabench
