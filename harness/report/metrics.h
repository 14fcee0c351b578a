// SPDX-License-Identifier: GPL-2.0-only
// Counts in a row: as flat numbers, as entries of its list, and what formulas make of them.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "counters/counters.h"

namespace dmabench {

/// Puts counts into a row: KEY: number where it is not 0, and an entry each in dmabench.counters, also where
/// nothing was counted: that is not the same as not to know.
void add_counts(nlohmann::ordered_json& row, const std::vector<Count>& counts);

/// The same from entries of another row's list, or a journal's.
void add_count_entries(nlohmann::ordered_json& row, const nlohmann::ordered_json& entries);

/// Adds the metrics whose formulas can be evaluated from the row's counts.
void add_metrics(nlohmann::ordered_json& row, const std::vector<Metric>& metrics);

/// {event, key, per_lap, running_pct}
[[nodiscard]] nlohmann::ordered_json counter_entry(const Count& count);

}  // namespace dmabench
