// SPDX-License-Identifier: GPL-2.0-only
// The matrices of a scenario, read and checked but not yet expanded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "plan/matrix.h"
#include "scenario/axis_spec.h"
#include "scenario/exclusion.h"
#include "scenario/located_json.h"
#include "scenario/scenario.h"

namespace dmabench {

/// One matrix with what belongs to it, or one item of "include".
struct SweepSpec {
    std::string title;
    std::size_t offset = 0;      ///< of the matrix
    std::vector<AxisSpec> axes;  ///< in all combinations
    std::vector<AxisSpec> zip;   ///< these advance together; of equally many values
    Statistics statistics;
    Exclusions exclusions;  ///< nullptr: none

    /// In either list; nullptr: it is not given.
    [[nodiscard]] const AxisSpec* find(std::string_view axis) const;
    /// How many combinations; 2^64 - 1 when more.
    [[nodiscard]] std::uint64_t count() const;
    /// To be expanded. Look at count() first.
    [[nodiscard]] std::vector<MatrixAxis> matrix() const;
};

/// All that the tree sweeps, in order; at least one. `set` replaces or adds these axes in each. Scenario-wide
/// exclusions come after a sweep's own.
Result<std::vector<SweepSpec>> read_sweeps(const LocatedJson& json, const std::vector<AxisSpec>& set,
                                           const std::string& title, const Statistics& statistics);

/// A "statistics" member of the object over what was there before; without one, `base`.
Result<Statistics> read_statistics_of(const LocatedJson& json, const JsonNode& object,
                                      const Statistics& base);

}  // namespace dmabench
