// SPDX-License-Identifier: GPL-2.0-only
// Two reports of the same platform: what changed, and how sure that is.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/fingerprint.h"
#include "analysis/loaded_report.h"
#include "analysis/rank_test.h"

namespace dmabench {

/// Worst first.
enum class Verdict { regression, inconclusive, improvement, unchanged };
inline constexpr std::size_t verdicts = 4;
[[nodiscard]] const char* verdict_name(Verdict verdict);

struct PointChange {
    const LoadedRow* base = nullptr;
    const LoadedRow* candidate = nullptr;
    double threshold = 0;
    Verdict verdict = Verdict::unchanged;
    RatioInterval ratio;  ///< of time per lap, 95 %; low 0: no interval
    double p = 1;  ///< of the change's direction beyond the threshold, corrected for the number of points
    /// The least ratio that would have been told from noise; 0: none, so few are the samples. Only for
    /// inconclusive.
    double visible = 0;
    std::string_view why;  ///< for inconclusive
};

struct CanaryMove {
    std::string name;
    std::size_t blocks = 0;  ///< the fewer of both
    double base = 0;         ///< median over blocks, ns
    double candidate = 0;
    bool moved = false;
    [[nodiscard]] double ratio() const { return candidate / base; }
};

struct MissingPoint {
    std::string_view name;
    std::string why;  ///< "skipped: ...", "failed: ..." or empty
};

struct Comparison {
    const LoadedReport* base = nullptr;
    const LoadedReport* candidate = nullptr;
    bool exact = false;
    std::vector<PointChange> points;  ///< worst first
    std::vector<MissingPoint> only_base;
    std::vector<MissingPoint> only_candidate;
    std::vector<CanaryMove> canaries;
    bool machine_moved = false;
    std::vector<FieldDifference> forced;  ///< differences that --force overrode
    std::vector<FieldDifference> versions;
    std::array<std::size_t, verdicts> counts{};

    [[nodiscard]] std::size_t count(Verdict verdict) const {
        return counts[static_cast<std::size_t>(verdict)];
    }
    /// Points whose exact figure changed, though not beyond the threshold.
    [[nodiscard]] std::size_t changed_within() const;
    [[nodiscard]] bool failed(bool strict) const;
};

struct CompareOptions {
    std::optional<double> threshold;  ///< in place of those in the reports
    bool force = false;
};

inline constexpr double default_threshold = 0.05;
inline constexpr double alpha = 0.05;

/// ErrorKind::not_comparable, naming the fields, when the two are of different platforms or clocks.
/// Both reports must outlive the comparison.
Result<Comparison> compare(const LoadedReport& base, const LoadedReport& candidate,
                           const CompareOptions& options);

/// A phase or counter whose change goes the way of the whole lap's.
struct Cause {
    std::string_view name;  ///< "sync_for_cpu", "instructions"
    double base = 0;
    double candidate = 0;
};

/// Phases that make up a good part of a point's change, the greatest first; at most two.
std::vector<Cause> causes(const Comparison& comparison, const PointChange& change);

/// The name of the phase that a row's number is the time of: "map_ns" -> "map"; empty for any other number.
[[nodiscard]] std::string_view phase_of(std::string_view key);

}  // namespace dmabench
