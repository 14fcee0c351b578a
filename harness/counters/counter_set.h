// SPDX-License-Identifier: GPL-2.0-only
// Named sets of counters, from counters/*.json: events, metrics derived from them, and the question they answer.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

namespace dmabench {

/// A thing to count: a libpfm4 event, or a kernel tracepoint as "swiotlb:swiotlb_bounced".
struct CounterEvent {
    std::string event;
    std::string key;  ///< what it is called in formulas; the row's key is key + "_per_lap"
};

/// A number derived from the counts of a lap.
struct Metric {
    std::string name;  ///< the row's key, with the unit in it
    std::string formula;
    std::string text;  ///< how to read it
};

struct CounterSet {
    std::string name;
    std::string title;
    std::string question;
    std::string text;
    std::vector<CounterEvent> events;
    std::vector<Metric> metrics;
};

/// What a formula can use beside the set's events: bytes (of the buffer, or accessed by user space) and ns
/// (real_time), per lap.
[[nodiscard]] std::span<const std::string_view> formula_names();

/// "L1-dcache-loads" -> "L1_dcache_loads": the key of an event that is given no other.
[[nodiscard]] std::string default_counter_key(const std::string& event);

/// Errors read "FILE:LINE:COLUMN: ...".
Result<CounterSet> parse_counter_set(const std::string& text, const std::filesystem::path& file);

/// The sets of counters/ in the source tree, which are built into the program so that it needs no file beside it.
const std::vector<CounterSet>& counter_sets();

/// What to count in a run, and what to make of it.
struct CounterSelection {
    std::vector<CounterSet> sets;
    std::vector<CounterEvent> events;  ///< of all sets and single events, each once
    std::vector<Metric> metrics;

    [[nodiscard]] std::vector<CounterEvent> timed() const;   ///< counted while laps are timed
    [[nodiscard]] std::vector<CounterEvent> traced() const;  ///< tracepoints: counted in a pass of their own
};

/// Whether the counters are to be opened on another machine than this one, whose events cannot be known here.
enum class Elsewhere { no, yes };

/// "none", or names of sets, files of sets (ending in .json) and events, with commas. ErrorKind::usage for a word
/// that is none of them but almost the name of a set.
Result<CounterSelection> select_counters(const std::string& text, Elsewhere elsewhere = Elsewhere::no);

}  // namespace dmabench
