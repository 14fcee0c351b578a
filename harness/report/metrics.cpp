// SPDX-License-Identifier: GPL-2.0-only
#include "report/metrics.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "counters/formula.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view per_lap = "_per_lap";

/// More digits would only pretend.
double rounded(double value) { return std::round(value * 1000) / 1000; }

/// What formulas can name: counts by key, and the point's own.
std::map<std::string, double, std::less<>> names_of(const json& row) {
    std::map<std::string, double, std::less<>> names;
    const json& own = row.at("dmabench");
    for (const json& entry : own.value("counters", json::array())) {
        std::string key = entry.at("key");
        key.resize(key.size() - per_lap.size());
        names[key] = entry.at("per_lap");
    }
    if (row.contains("real_time"))
        names["ns"] = row["real_time"];
    if (row.contains("bytes_per_lap"))
        names["bytes"] = row["bytes_per_lap"];
    else if (own.contains("params") && own["params"].contains("size"))
        names["bytes"] = own["params"]["size"];
    return names;
}

}  // namespace

json counter_entry(const Count& count) {
    return {{"event", count.event},
            {"key", count.key},
            {"per_lap", std::max(rounded(count.value), 0.0)},
            {"running_pct", rounded(count.running_pct)}};
}

void add_counts(json& row, const std::vector<Count>& counts) {
    json entries = json::array();
    for (const Count& count : counts)
        entries.push_back(counter_entry(count));
    add_count_entries(row, entries);
}

void add_count_entries(json& row, const json& entries) {
    for (const json& entry : entries) {
        row["dmabench"]["counters"].push_back(entry);
        // a row's numbers are measured ones, above 0
        if (entry.at("per_lap").get<double>() > 0)
            row[entry.at("key").get<std::string>()] = entry.at("per_lap");
    }
}

void add_metrics(json& row, const std::vector<Metric>& metrics) {
    const auto names = names_of(row);
    for (const Metric& metric : metrics) {
        const auto value = evaluate(
            metric.formula, [&](std::string_view name) -> tl::expected<std::optional<double>, std::string> {
                const auto found = names.find(name);
                return found == names.end() ? std::nullopt : std::optional(found->second);
            });
        if (value && *value && std::isfinite(**value) && rounded(**value) > 0)
            row[metric.name] = rounded(**value);
    }
}

}  // namespace dmabench
