// SPDX-License-Identifier: GPL-2.0-only
// The report: what a run leaves behind, and what all tools read.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "measure/sampler.h"
#include "plan/plan.h"
#include "report/journal.h"

namespace dmabench {

inline constexpr int report_schema = 1;

/// All of a run that is not in its points.
struct RunFacts {
    std::string platform;    ///< its name in reports
    std::string clock_kind;  ///< hardware, realtime, instructions or fake
    std::string executable;  ///< argv[0]
    std::uint64_t seed = 1;
    bool interrupted = false;
    DeviceInfo device;
    SamplingContext sampling;
    TimeSpent time;  ///< of the session that wrote the report; points measured before a resume are not in it
    std::vector<std::string> counters;
    std::vector<UnavailableCounter> missing_counters;
    std::vector<CounterSet> counter_sets;
};

/// A report, with its rows still in the journal.
struct Report {
    nlohmann::ordered_json context;
    std::vector<StoredRow> rows;
    std::vector<Metric> metrics;  ///< of rows whose counts were found after them
    nlohmann::ordered_json own;  ///< "dmabench"
};

/// Rows, skips and errors come in the plan's order, whatever order they were measured in.
Report make_report(const Plan& plan, const RunFacts& facts, JournalEntries entries);

/// Writes it, each row on a line of its own: copied from the journal, with the counts that were found later added.
/// Replaces what stood there, or leaves it.
Result<void> write_report(const std::filesystem::path& path, const Report& report,
                          const std::filesystem::path& journal);

/// What must be the same for a journal to be gone on with: the plan, the kernel, the clock, the versions.
nlohmann::ordered_json run_identity(const Plan& plan, const RunFacts& facts);

/// The sentence to show wherever a figure of that clock is shown; empty on hardware.
[[nodiscard]] std::string clock_notice(const std::string& clock_kind);

}  // namespace dmabench
