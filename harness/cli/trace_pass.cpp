// SPDX-License-Identifier: GPL-2.0-only
#include "cli/trace_pass.h"

#include <algorithm>
#include <unordered_map>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "measure/trace_pass.h"
#include "report/metrics.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

json entry_of(const std::string& name, const Outcome<std::vector<Count>>& counts) {
    json entry{{"name", name}, {"counters", json::array()}};
    if (!counts) {
        entry["reason"] = counts.error().reason;
        return entry;
    }
    for (const Count& count : *counts)
        entry["counters"].push_back(counter_entry(count));
    return entry;
}

void move_unavailable(RunFacts& facts, const Counters& counters) {
    for (const UnavailableCounter& missing : counters.unavailable()) {
        std::erase(facts.counters, missing.event);
        facts.missing_counters.push_back(missing);
    }
}

}  // namespace

Result<bool> trace_pass(Session& session, const Plan& plan, const CounterSelection& selection, RunFacts& facts,
                        JournalEntries& entries, Journal& journal, bool quiet) {
    std::unordered_map<std::string, const Point*> points;
    for (const PlannedPoint& planned : plan.points)
        points.emplace(planned.point.name(), &planned.point);

    Counters counters(selection.traced());
    move_unavailable(facts, counters);
    if (counters.available().empty())
        return true;
    const auto counted = std::count_if(entries.rows.begin(), entries.rows.end(),
                                       [](const StoredRow& row) { return row.counts.length != 0; });
    Progress progress(entries.rows.size(), static_cast<std::size_t>(counted), quiet);
    for (StoredRow& row : entries.rows) {
        const auto point = points.find(row.name);
        if (row.counts.length != 0 || point == points.end())
            continue;
        if (point->second->timed_apart() || point->second->threads > 1)
            continue;
        if (interrupted())
            return false;
        progress.begin(row.name);
        const auto counts = count_laps(session, counters, *point->second, row.laps_per_sample);
        session.teardown();
        if (!counts && counts.error().kind == Refusal::Kind::interrupted)
            return false;
        if (!counts)
            progress.say(fmt::format("not counted: {}: {}", row.name, counts.error().reason));
        if (auto kept = journal.append_counts(row, entry_of(row.name, counts)); !kept)
            return tl::unexpected(kept.error());
        progress.finish();
    }
    return true;
}

}  // namespace dmabench
