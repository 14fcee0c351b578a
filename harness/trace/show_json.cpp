// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <map>

#include "hist.h"
#include "trace/show_trace.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

json buckets_of(const Site& site, double bias_ns) {
    json out = json::array();
    for (std::uint32_t i = 0; i < site.buckets.size(); ++i)
        if (site.buckets[i] != 0)
            out.push_back(
                {std::max(0.0, static_cast<double>(dmabench_hist_low(i << trace_bucket_shift)) - bias_ns),
                 std::max(0.0,
                          static_cast<double>(dmabench_hist_low((i + 1) << trace_bucket_shift)) - bias_ns),
                 site.buckets[i]});
    return out;
}

json site_json(const Site& site, const Trace& trace) {
    const double seconds = trace.seconds > 0 ? trace.seconds : 1;
    json out;
    out["driver"] = site.driver;
    out["device"] = site.device;
    out["function"] = function_name(site.function);
    out["kind"] = kind_name(kind_of(site.function));
    out["direction"] = direction_name(site.direction);
    out["caller"] = site.caller;
    if (!site.parent.empty())
        out["parent"] = site.parent;
    out["calls"] = site.calls;
    out["failed"] = site.failed;
    out["bounced"] = site.bounced;
    out["skips_sync"] = site.unsynced;
    out["switched"] = site.switched;
    out["bytes"] = site.bytes;
    out["min_bytes"] = site.min_bytes;
    out["max_bytes"] = site.max_bytes;
    out["calls_per_s"] = static_cast<double>(site.calls) / seconds;
    out["bytes_per_s"] = static_cast<double>(site.bytes) / seconds;
    out["bytes_per_call"] = site.bytes_per_call();
    out["cpu_ms"] = site.total_ns / 1e6;
    out["cpu_share"] = site.total_ns / 1e9 / seconds;
    out["mean_ns"] = site.total_ns / static_cast<double>(site.calls);
    out["p50_ns"] = site.percentile(0.5, trace.bias_ns);
    out["p99_ns"] = site.percentile(0.99, trace.bias_ns);
    out["min_ns"] = site.min_ns;
    out["max_ns"] = site.max_ns;
    out["iommu"] = (site.flags & DMABENCH_TRACE_IOMMU) != 0;
    out["coherent"] = (site.flags & DMABENCH_TRACE_COHERENT) != 0;
    out["syncs_elided"] = (site.flags & DMABENCH_TRACE_ELIDED) != 0;
    out["notes"] = site.notes;
    out["histogram"] = {{"relative_error", 0.125}, {"buckets", buckets_of(site, trace.bias_ns)}};
    return out;
}

/// "symbol+0x12 [module]" as flame graphs of the kernel write it: "symbol_[module]".
std::string frame(const std::string& place) {
    const auto plus = place.find('+');
    if (plus == std::string::npos)
        return place;
    const auto module = place.find(' ', plus);
    return place.substr(0, plus) + (module == std::string::npos ? "" : "_" + place.substr(module + 1));
}

}  // namespace

json to_json(const Trace& trace, const TraceStart& start, const std::string& backend) {
    json out;
    out["backend"] = backend;
    if (!trace.untold.empty())
        out["untold"] = trace.untold;
    out["seconds"] = trace.seconds;
    out["functions"] = {{"traced", function_names(start.traced)},
                        {"covered", function_names(start.covered)},
                        {"absent", function_names(start.absent())}};
    out["bias_ns"] = trace.bias_ns;
    out["cost_ns"] = trace.cost_ns;
    out["calls"] = trace.calls();
    out["cpu_ms"] = trace.total_ns() / 1e6;
    out["missed"] = trace.missed;
    out["nested"] = trace.nested;
    out["homeless"] = trace.homeless;
    out["other"] = trace.unplaced;
    out["sites"] = json::array();
    for (const Site& site : trace.sites)
        out["sites"].push_back(site_json(site, trace));
    return out;
}

std::string folded(const Trace& trace) {
    std::map<std::string, double> stacks;
    for (const Site& site : trace.sites) {
        std::string stack = site.driver + ";" + site.device + ";";
        if (!site.parent.empty())
            stack += frame(site.parent) + ";";
        stacks[stack + frame(site.caller) + ";" + kernel_name(site.function)] += site.total_ns;
    }
    std::string text;
    for (const auto& [stack, ns] : stacks)
        text += fmt::format("{} {:.0f}\n", stack, ns);
    return text;
}

}  // namespace dmabench
