// SPDX-License-Identifier: GPL-2.0-only
// A report as comparing and exporting need it: flat arrays, so that 100 000 points take some 10 MB and no
// time.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace dmabench {

/// Words that occur again and again, by number.
class Words {
  public:
    std::uint32_t number(std::string_view word);
    [[nodiscard]] std::string_view word(std::uint32_t number) const { return words_[number]; }
    [[nodiscard]] std::size_t size() const { return words_.size(); }

  private:
    std::deque<std::string> words_;
    std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

/// A flat number of a row: "sync_for_cpu_ns", 336.
struct RowFigure {
    std::uint32_t key = 0;  ///< in LoadedReport::keys
    double value = 0;
};

/// An axis' value of a row.
struct Param {
    std::uint32_t axis = 0;   ///< in LoadedReport::keys
    std::uint32_t value = 0;  ///< in LoadedReport::values
};

/// All times in ns. What is not known is 0.
struct LoadedRow {
    std::string_view name;
    std::string_view scenario;  ///< empty in reports that do not tell
    double real_time = 0;
    double ci_low = 0;
    double ci_high = 0;
    std::span<const double> samples;
    std::span<const RowFigure> metrics;  ///< all flat numbers, also those above
    std::span<const Param> params;    ///< only if they were asked for
    std::string_view data;            ///< what became of them where a device moved some: fresh, stale, mixed
    std::string_view ownership;       ///< that axis' value, where a device moved data
};

struct NamedReason {
    std::string name;
    std::string reason;
};

/// The canary point of one block.
struct Canary {
    std::string name;
    double real_time = 0;
};

/// What the canaries of one run did.
struct CanaryDrift {
    bool moved = false;
    std::string name;  ///< the canary that went farthest
    double low = 0;    ///< ns
    double high = 0;
};

/// How much change of a point is too much, beside the scenario that has the point.
struct ThresholdRule {
    std::string scenario;
    std::string match;  ///< regular expression; empty: all points that no other rule of the scenario matches
    double threshold = 0;
};

struct LoadedReport {
    LoadedReport() = default;
    LoadedReport(LoadedReport&&) = default;
    LoadedReport& operator=(LoadedReport&&) = default;

    std::string file;
    std::string platform;
    std::string clock;  ///< hardware, realtime, instructions, modelled, fake
    bool emulated = false;
    bool interrupted = false;
    std::string notice;
    std::string date;
    double injected_slowdown_pct = 0;
    /// context.platform flattened: "iommu.present" -> "false", "targets.pci.coherent" -> "true".
    std::map<std::string, std::string> fingerprint;
    std::vector<std::string> scenarios;
    std::vector<ThresholdRule> thresholds;  ///< of a scenario, the first that matches counts
    std::vector<Canary> canaries;
    CanaryDrift drift;
    std::vector<NamedReason> skipped;
    std::vector<NamedReason> errors;
    std::vector<LoadedRow> rows;
    Words keys;
    Words values;

    /// Exact clocks give the same figure whenever the same is executed.
    [[nodiscard]] bool exact() const { return clock == "instructions" || clock == "modelled"; }
    /// 0 when the row does not have it.
    [[nodiscard]] double metric(const LoadedRow& row, std::string_view key) const;
    /// Empty when the row does not have it.
    [[nodiscard]] std::string_view param(const LoadedRow& row, std::string_view axis) const;

    // What the rows point into.
    std::deque<std::string> names;
    std::vector<double> all_samples;
    std::vector<RowFigure> all_metrics;
    std::vector<Param> all_params;
};

struct LoadOptions {
    bool params = false;
};

/// ErrorKind::usage, naming line and column, for what is not a report of dmabench.
Result<LoadedReport> load_report(const std::string& file, const LoadOptions& options = {});

/// "5%" or "0.5 %" as 0.05 or 0.005; a message otherwise.
Result<double> parse_threshold(std::string_view text);

}  // namespace dmabench
