// SPDX-License-Identifier: GPL-2.0-only
#include "cli/trace_pass.h"

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
    std::unordered_map<std::string, json> counted;
    for (json& entry : entries.counts)
        counted.emplace(entry.at("name"), entry);
    std::unordered_map<std::string, const Point*> points;
    for (const PlannedPoint& planned : plan.points)
        points.emplace(planned.point.name(), &planned.point);

    Counters counters(selection.traced());
    move_unavailable(facts, counters);
    bool complete = true;
    Progress progress(entries.rows.size(), counted.size(), quiet || counters.available().empty());
    for (json& row : entries.rows) {
        const std::string name = row.at("name");
        const auto point = points.find(name);
        if (counters.available().empty() || point == points.end())
            continue;
        auto known = counted.find(name);
        if (known == counted.end()) {
            if (interrupted()) {
                complete = false;
                break;
            }
            progress.begin(name);
            const auto counts = count_laps(session, counters, *point->second, row["dmabench"]["laps_per_sample"]);
            session.teardown();
            if (!counts && counts.error().kind == Refusal::Kind::interrupted) {
                complete = false;
                break;
            }
            if (!counts)
                progress.say(fmt::format("not counted: {}: {}", name, counts.error().reason));
            known = counted.emplace(name, entry_of(name, counts)).first;
            if (auto kept = journal.append("counts", known->second); !kept)
                return tl::unexpected(kept.error());
            progress.finish();
        }
        add_count_entries(row, known->second["counters"]);
        add_metrics(row, selection.metrics);
    }
    return complete;
}

}  // namespace dmabench
