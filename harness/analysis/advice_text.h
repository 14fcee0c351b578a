// SPDX-License-Identifier: GPL-2.0-only
// Advice for people and for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "analysis/advice.h"

namespace dmabench {

struct AdviceStyle {
    bool colour = false;
    bool all = false;  ///< the whole ranking, and why ways are missing in it
};

/// Several lines, the last one ended: workload, ranking, where it turns, the rows behind it.
[[nodiscard]] std::string advice_text(const CostModel& model, const Advice& advice, const AdviceStyle& style);

/// "ns", "low_ns", "high_ns", "interpolated" and "rows".
[[nodiscard]] nlohmann::ordered_json estimate_json(const CostModel& model, const Estimate& cost);

/// The same for programs; see docs/DESIGN.md.
[[nodiscard]] nlohmann::ordered_json advice_json(const CostModel& model, const Advice& advice);

}  // namespace dmabench
