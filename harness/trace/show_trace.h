// SPDX-License-Identifier: GPL-2.0-only
// A trace as text, as JSON and as folded stacks.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "trace/sites.h"

namespace dmabench {

/// The version of the JSON below; docs/trace.schema.json describes it.
inline constexpr int trace_schema = 1;

struct TableStyle {
    bool colour = false;
    std::size_t width = 0;   ///< columns, 0: as wide as it gets
    std::size_t height = 0;  ///< lines, 0: all sites
    std::string backend;     ///< as TraceSession::backend(); "": not said
};

/// "812", "5 836", "1.25 M"
std::string rate_text(double value);

/// The summary, the header and two lines per site, without line ends.
std::vector<std::string> table_lines(const Trace& trace, const TableStyle& style);

/// What of docs/trace.schema.json follows from the trace alone.
nlohmann::ordered_json to_json(const Trace& trace, const TraceStart& start, const std::string& backend);

/// "driver;device;caller's caller;caller;function NANOSECONDS" lines, for flamegraph.pl and its kin.
std::string folded(const Trace& trace);

}  // namespace dmabench
