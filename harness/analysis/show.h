// SPDX-License-Identifier: GPL-2.0-only
// Comparisons as people, dashboards and pull requests read them. Each gives the whole text.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/compare.h"

namespace dmabench {

struct ShowOptions {
    bool strict = false;
    bool all = false;         ///< also list what did not change, and every list to its end
    bool colour = false;      ///< text only
    std::size_t columns = 0;  ///< of the terminal; 0: none, lines may be as long as they like
    /// Platforms that only one side has, as "arm64: only in base/"
    std::vector<std::string> unpaired;
};

std::string show_text(const std::vector<Comparison>& comparisons, const ShowOptions& options);
std::string show_markdown(const std::vector<Comparison>& comparisons, const ShowOptions& options);
std::string show_json(const std::vector<Comparison>& comparisons, const ShowOptions& options);
std::string show_junit(const std::vector<Comparison>& comparisons, const ShowOptions& options);
std::string show_csv(const std::vector<Comparison>& comparisons, const ShowOptions& options);

// What the formats have in common.

/// "3 regressions, 1 inconclusive, 2 improvements, 231 unchanged of 237 points"
std::string summary(const Comparison& comparison);

/// What a reader must know beside the figures, a sentence each: the machine moved, --force, injected
/// slowdown, no canaries, other versions, the clock's notice.
std::vector<std::string> remarks(const Comparison& comparison);

/// "sync_for_cpu +31 %, unmap +4 %"; empty when no phase stands out.
std::string because(const Comparison& comparison, const PointChange& change);

/// "the samples spread too far: less than +12.0 % could not be seen"; for inconclusive points.
std::string why_inconclusive(const PointChange& change);

}  // namespace dmabench
