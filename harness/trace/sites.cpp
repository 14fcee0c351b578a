// SPDX-License-Identifier: GPL-2.0-only
#include "trace/sites.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/figures.h"
#include "hist.h"

namespace dmabench {
namespace {

template <std::size_t N>
std::string text_of(const char (&field)[N]) {
    return {field, ::strnlen(field, N)};
}

using Key = std::tuple<std::string, std::string, std::uint32_t, std::uint32_t, std::string, std::string>;

/// The sums are raw until settle().
std::map<Key, Site> merged(const std::vector<dmabench_trace_row>& rows) {
    std::map<Key, Site> sites;
    for (const dmabench_trace_row& row : rows) {
        if (row.calls == 0)
            continue;
        Key key{text_of(row.driver), text_of(row.device), row.function,
                row.direction,       text_of(row.caller), text_of(row.parent)};
        Site& site = sites[key];
        if (site.calls == 0) {
            std::tie(site.driver, site.device, site.function, site.direction, site.caller, site.parent) = key;
            site.min_bytes = row.min_bytes;
            site.min_ns = static_cast<double>(row.min_ns);
        }
        site.flags |= row.flags;
        site.calls += row.calls;
        site.failed += row.failed;
        site.bounced += row.bounced;
        site.unsynced += row.unsynced;
        site.switched += row.switched;
        site.bytes += row.bytes;
        site.min_bytes = std::min<std::uint64_t>(site.min_bytes, row.min_bytes);
        site.max_bytes = std::max<std::uint64_t>(site.max_bytes, row.max_bytes);
        site.total_ns += static_cast<double>(row.sum_ns);
        site.min_ns = std::min(site.min_ns, static_cast<double>(row.min_ns));
        site.max_ns = std::max(site.max_ns, static_cast<double>(row.max_ns));
        for (std::size_t i = 0; i < site.buckets.size(); ++i)
            site.buckets[i] += row.bucket[i];
    }
    return sites;
}

void subtract(Site& site, const Site& before) {
    site.calls -= std::min(site.calls, before.calls);
    site.failed -= std::min(site.failed, before.failed);
    site.bounced -= std::min(site.bounced, before.bounced);
    site.unsynced -= std::min(site.unsynced, before.unsynced);
    site.switched -= std::min(site.switched, before.switched);
    site.bytes -= std::min(site.bytes, before.bytes);
    site.total_ns -= std::min(site.total_ns, before.total_ns);
    for (std::size_t i = 0; i < site.buckets.size(); ++i)
        site.buckets[i] -= std::min(site.buckets[i], before.buckets[i]);
}

/// Calls that lost the CPU are taken to be like the others.
void settle(Site& site, double bias_ns) {
    const std::uint64_t measured = site.calls - std::min(site.calls, site.switched);
    const double each = measured == 0 ? 0 : site.total_ns / static_cast<double>(measured) - bias_ns;
    site.total_ns = std::max(0.0, each * static_cast<double>(site.calls));
    site.min_ns = std::max(0.0, site.min_ns - bias_ns);
    site.max_ns = std::max(0.0, site.max_ns - bias_ns);
}

// So few calls of the same size say nothing of the next one's.
constexpr std::uint64_t enough_calls = 16;

bool always_same_size(const Site& site) {
    return site.calls >= enough_calls && site.min_bytes == site.max_bytes && site.min_bytes != 0;
}

std::string share_of_calls(const char* what, std::uint64_t some, std::uint64_t all) {
    return some == all ? what
                       : fmt::format("{} {}", what,
                                     percent_text(static_cast<double>(some) / static_cast<double>(all)));
}

/// What the maps of a device say of its syncs.
struct Maps {
    bool seen = false;
    std::vector<std::uint64_t> sizes;  ///< of sites that map the same size each time
};

std::vector<std::string> notes_of(const Site& site, const Maps& maps) {
    std::vector<std::string> notes;
    if (site.bounced != 0)
        notes.push_back(share_of_calls("bounced", site.bounced, site.calls));
    if ((site.flags & DMABENCH_TRACE_IOMMU) != 0)
        notes.emplace_back("IOMMU");
    if (site.is_sync() && always_same_size(site)) {
        const bool whole =
            std::find(maps.sizes.begin(), maps.sizes.end(), site.min_bytes) != maps.sizes.end();
        notes.emplace_back(whole ? "whole buffer each time" : "same size each time");
    }
    if (site.is_sync() && !maps.seen)
        notes.emplace_back("no map seen");
    if (!site.is_sync() && (site.flags & DMABENCH_TRACE_ELIDED) != 0)
        notes.emplace_back("syncs elided");
    if (site.unsynced != 0)
        notes.push_back(share_of_calls("skips sync", site.unsynced, site.calls));
    if (site.failed != 0)
        notes.push_back(fmt::format("{} failed", site.failed));
    return notes;
}

void mark(std::vector<Site>& sites) {
    std::map<std::string, Maps> maps;
    for (const Site& site : sites)
        if (site.is_map()) {
            Maps& of_device = maps[site.device];
            of_device.seen = true;
            if (always_same_size(site))
                of_device.sizes.push_back(site.min_bytes);
        }
    for (Site& site : sites)
        site.notes = notes_of(site, maps[site.device]);
}

bool passes(const std::vector<std::string>& wanted, const std::string& name) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

}  // namespace

double Site::bytes_per_call() const {
    return calls == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(calls);
}

double Site::percentile(double share, double bias_ns) const {
    std::uint64_t all = 0;
    for (const std::uint64_t bucket : buckets)
        all += bucket;
    const double rank = share * static_cast<double>(all);
    std::uint64_t below = 0;
    for (std::uint32_t i = 0; i < buckets.size(); ++i) {
        below += buckets[i];
        if (buckets[i] == 0 || static_cast<double>(below) < rank)
            continue;
        const double low = static_cast<double>(dmabench_hist_low(i << trace_bucket_shift));
        const double high = static_cast<double>(dmabench_hist_low((i + 1) << trace_bucket_shift));
        return std::clamp((low + high) / 2 - bias_ns, min_ns, max_ns);
    }
    return 0;
}

bool Site::is_sync() const {
    const CallKind kind = kind_of(function);
    return kind == CallKind::sync_for_cpu || kind == CallKind::sync_for_device;
}

bool Site::is_map() const {
    return kind_of(function) == CallKind::map;
}

std::uint64_t Trace::calls() const {
    std::uint64_t all = unplaced;
    for (const Site& site : sites)
        all += site.calls;
    return all;
}

double Trace::total_ns() const {
    double all = 0;
    for (const Site& site : sites)
        all += site.total_ns;
    return all;
}

Trace gather(const TraceStart& start, const TraceSnapshot& now, const TraceSnapshot* since) {
    Trace trace;
    trace.seconds =
        static_cast<double>(now.now_ns - (since != nullptr ? since->now_ns : start.started_ns)) / 1e9;
    trace.bias_ns = start.bias_ns;
    trace.cost_ns = start.cost_ns;
    trace.missed = now.missed - (since != nullptr ? since->missed : 0);
    trace.nested = now.nested - (since != nullptr ? since->nested : 0);
    trace.homeless = now.homeless - (since != nullptr ? since->homeless : 0);
    trace.untold = now.untold;
    auto sites = merged(now.rows);
    const auto before = since != nullptr ? merged(since->rows) : std::map<Key, Site>();
    for (auto& [key, site] : sites) {
        if (const auto old = before.find(key); old != before.end())
            subtract(site, old->second);
        if (site.calls == 0)
            continue;
        settle(site, start.bias_ns);
        if (site.function == DMABENCH_TRACE_OTHER)
            trace.unplaced += site.calls;
        else
            trace.sites.push_back(std::move(site));
    }
    mark(trace.sites);
    std::stable_sort(trace.sites.begin(), trace.sites.end(),
                     [](const Site& a, const Site& b) { return a.total_ns > b.total_ns; });
    return trace;
}

void keep(Trace& trace, const SiteFilter& filter) {
    std::erase_if(trace.sites, [&filter](const Site& site) {
        return !passes(filter.drivers, site.driver) || !passes(filter.devices, site.device) ||
               site.total_ns < filter.min_ns;
    });
}

const char* direction_name(std::uint32_t direction) {
    static constexpr std::array<const char*, 4> words{"bidirectional", "to_device", "from_device", "none"};
    return words[std::min<std::size_t>(direction, words.size() - 1)];
}

}  // namespace dmabench
