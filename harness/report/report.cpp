// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <unordered_map>

#include "measure/canary.h"
#include "report/platform.h"
#include "report/version.h"
#include "scenario/sha256.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

const std::string& name_of(const json& entry) { return entry.at("name").get_ref<const std::string&>(); }
const std::string& name_of(const StoredRow& row) { return row.name; }

template <typename Entry>
void sort_by_plan(const std::unordered_map<std::string, std::size_t>& place, std::vector<Entry>& entries) {
    const auto at = [&](const Entry& entry) {
        const auto found = place.find(name_of(entry));
        return found == place.end() ? place.size() : found->second;
    };
    std::stable_sort(entries.begin(), entries.end(),
                     [&](const Entry& a, const Entry& b) { return at(a) < at(b); });
}

/// Whether the machine was the same all along, as far as the canaries tell.
json drift_of(const std::vector<json>& canaries) {
    std::vector<CanaryReading> readings;
    for (const json& canary : canaries)
        readings.push_back({canary.at("name"), canary.at("real_time")});
    const Drift drift = greatest_drift(readings);
    if (drift.name.empty())
        return {{"verdict", "unknown"}};
    return {{"verdict", drift.relative > drift_limit ? "moved" : "steady"},
            {"limit", drift_limit},
            {"name", drift.name},
            {"low_ns", drift.low},
            {"high_ns", drift.high},
            {"relative", drift.relative}};
}

/// What is left of the total belongs to the harness between its calls: the calls themselves, statistics, progress.
json time_of(const TimeSpent& time) {
    json out;
    const auto put = [&](const char* key, double ns) {
        if (ns > 0)
            out[key] = ns;
    };
    put("total_ns", time.total);
    put("laps_ns", time.laps());
    if (time.total > 0)
        put("laps_share", time.laps() / time.total);
    put("calibration_ns", time.calibration);
    put("warm_up_ns", time.warm_up);
    put("samples_ns", time.samples);
    put("stamped_ns", time.stamped);
    put("canaries_ns", time.canaries);
    put("dirtying_ns", time.dirtying);
    put("setup_ns", time.setup);
    put("teardown_ns", time.teardown);
    put("report_ns", time.report);
    put("other_ns",
        time.total - time.laps() - time.dirtying - time.setup - time.teardown - time.report);
    return out;
}

json counter_set_json(const CounterSet& set) {
    json out{{"name", set.name}, {"title", set.title}, {"question", set.question}};
    for (const Metric& metric : set.metrics)
        out["metrics"].push_back({{"name", metric.name}, {"formula", metric.formula}, {"text", metric.text}});
    return out;
}

}  // namespace

std::string clock_notice(const std::string& clock_kind) {
    if (clock_kind == "instructions")
        return "Emulated machine, instruction-counted clock (1 ns = 1 instruction): exact and repeatable, but not "
               "hardware time; caches, buses and devices cost nothing here.";
    if (clock_kind == "modelled")
        return "Emulated machine, modelled clock (1 ns per instruction, and what a model of caches and "
               "memory adds): exact and repeatable, but not hardware time: magnitude and order at best; what "
               "a device does to caches is in a figure only where its row's device_side says so.";
    if (clock_kind == "realtime")
        return "Emulated machine, real-time clock: this measures the emulator on a shared machine, not hardware.";
    if (clock_kind == "fake")
        return "Made-up figures from a cost model: good for trying dmabench out, and for nothing else.";
    return "";
}

json run_identity(const Plan& plan, const RunFacts& facts) {
    std::string text;
    for (const PlannedPoint& planned : plan.points) {
        const Statistics& s = planned.statistics;
        text += fmt::format("{} {} {} {} {} {} {} {}\n", planned.point.name(), s.samples, s.max_samples, s.discard,
                            s.sample_time.count(), s.budget.count(), s.ci, s.histogram_laps);
    }
    utsname system{};
    ::uname(&system);
    return {{"plan", sha256_hex(text)},
            {"seed", facts.seed},
            {"platform", facts.platform},
            {"clock", facts.clock_kind},
            {"counters", facts.counters},
            {"kernel", std::string(system.release) + " " + system.version},
            {"module_version", facts.device.version},
            {"harness_version", version}};
}

Report make_report(const Plan& plan, const RunFacts& facts, JournalEntries entries) {
    std::unordered_map<std::string, std::size_t> place;
    for (const PlannedPoint& planned : plan.points)
        place.emplace(planned.point.name(), place.size());
    sort_by_plan(place, entries.rows);
    sort_by_plan(place, entries.skipped);
    sort_by_plan(place, entries.errors);

    Report report;
    report.context = google_context(facts.executable);
    report.context["platform"] = describe_platform(facts.device, facts.platform, facts.clock_kind);
    report.rows = std::move(entries.rows);
    for (const CounterSet& set : facts.counter_sets)
        report.metrics.insert(report.metrics.end(), set.metrics.begin(), set.metrics.end());
    json& own = report.own;
    own["schema"] = report_schema;
    own["platform"] = facts.platform;
    own["clock"]["kind"] = facts.clock_kind;
    if (facts.sampling.clock.resolution_ns != 0)
        own["clock"]["resolution_ns"] = facts.sampling.clock.resolution_ns;
    own["clock"]["read_cost_ns"] = facts.sampling.clock.read_ns;
    own["emulated"] = facts.clock_kind == "instructions" || facts.clock_kind == "modelled" || facts.clock_kind == "realtime";
    std::string notice = clock_notice(facts.clock_kind);
    if (const double slower = facts.device.injected_slowdown_pct; slower > 0) {
        own["injected_slowdown_pct"] = slower;
        notice += fmt::format("{}The module was told to be {:g} % slower than it is (inject_slowdown_pct).",
                              notice.empty() ? "" : " ", slower);
    }
    if (!notice.empty())
        own["notice"] = notice;
    own["scenarios"] = json::array();
    for (const PlannedScenario& scenario : plan.scenarios) {
        own["scenarios"].push_back({{"name", scenario.name},
                                    {"title", scenario.title},
                                    {"question", scenario.question},
                                    {"file", scenario.file.filename().string()},
                                    {"sha256", scenario.sha256}});
        if (!scenario.thresholds.is_null())
            own["scenarios"].back()["thresholds"] = scenario.thresholds;
    }
    own["seed"] = facts.seed;
    own["points_planned"] = plan.points.size();
    own["interrupted"] = facts.interrupted;
    own["skipped"] = entries.skipped;
    own["errors"] = entries.errors;
    own["counters"]["available"] = facts.counters;
    own["counters"]["unavailable"] = json::array();
    for (const UnavailableCounter& counter : facts.missing_counters)
        own["counters"]["unavailable"].push_back({{"event", counter.event}, {"reason", counter.reason}});
    for (const CounterSet& set : facts.counter_sets)
        own["counters"]["sets"].push_back(counter_set_json(set));
    own["overheads"]["stamp_ns"] = facts.sampling.clock.read_ns;
    own["overheads"]["ioctl_ns"] = facts.sampling.ioctl_ns;
    own["drift"] = drift_of(entries.canaries);
    own["canaries"] = std::move(entries.canaries);
    if (facts.time.total > 0)
        own["time"] = time_of(facts.time);
    return report;
}

}  // namespace dmabench
