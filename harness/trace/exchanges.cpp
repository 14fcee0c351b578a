// SPDX-License-Identifier: GPL-2.0-only
#include "trace/exchanges.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>

namespace dmabench {
namespace {

constexpr double least_share = 0.01;

struct Key {
    std::string driver;
    std::string device;
    std::uint32_t direction;
    bool scattered;
    bool synced;
    auto operator<=>(const Key&) const = default;
};

/// Of one kind: maps and unmaps, or syncs for the device and for the CPU.
struct Sum {
    std::uint64_t calls = 0;
    std::uint64_t bytes = 0;

    [[nodiscard]] std::uint64_t mean() const { return calls == 0 ? 0 : (bytes + calls / 2) / calls; }
};

struct Group {
    std::array<Sum, 2> sums;  ///< as Part: giving to the device, taking from it
    double ns = 0;
    std::vector<const Site*> sites;

    [[nodiscard]] std::uint64_t transfers() const { return std::max(sums[0].calls, sums[1].calls); }
    [[nodiscard]] std::uint64_t bytes() const { return std::max(sums[0].mean(), sums[1].mean()); }
};

std::optional<Key> key_of(const Site& site) {
    const CallKind kind = kind_of(site.function);
    const bool synced = site.is_sync();
    if ((!synced && kind != CallKind::map && kind != CallKind::unmap) ||
        site.direction > DMABENCH_FROM_DEVICE || site.max_bytes == 0)
        return std::nullopt;
    switch (site.function) {
        case DMABENCH_TRACE_MAP_RESOURCE:
        case DMABENCH_TRACE_UNMAP_RESOURCE:
            return std::nullopt;  // no memory
        default:
            break;
    }
    const bool scattered = function_name(site.function).find("_sg") != std::string::npos;
    return Key{site.driver, site.device, site.direction, scattered, synced};
}

bool takes_back(const Site& site) {
    const CallKind kind = kind_of(site.function);
    return kind == CallKind::unmap || kind == CallKind::sync_for_cpu;
}

/// What a sync's buffer is as large as, by the maps seen of the same device.
std::uint64_t mapped_bytes(const std::map<Key, Group>& groups, Key key) {
    key.synced = false;
    const auto found = groups.find(key);
    return found == groups.end() ? 0 : found->second.bytes();
}

TracedExchange exchange_of(const Key& key, const Group& group, const std::map<Key, Group>& groups,
                           double seconds) {
    TracedExchange out{key.driver, key.device, {}, false, false, false, 0, {}};
    for (const Site* site : group.sites) {
        out.callers.push_back(site->caller);
        out.coherent = out.coherent || (site->flags & DMABENCH_TRACE_COHERENT) != 0;
        out.iommu = out.iommu || (site->flags & DMABENCH_TRACE_IOMMU) != 0;
        out.bounced = out.bounced || site->bounced != 0;
    }
    const auto transfers = static_cast<double>(group.transfers());
    out.per_second = transfers / seconds;
    Exchange& exchange = out.exchange;
    exchange.scattered = key.scattered;
    exchange.direction = static_cast<Direction>(key.direction);
    exchange.ns = group.ns / transfers;
    exchange.buffer_bytes = group.bytes();
    bool ranged = false;
    if (key.synced) {
        const std::uint64_t mapped = mapped_bytes(groups, key);
        ranged = mapped > exchange.buffer_bytes;
        exchange.buffer_bytes = std::max(mapped, exchange.buffer_bytes);
        exchange.handover = ranged ? Handover::part_synced : Handover::synced;
    }
    static constexpr Part parts[3][2] = {{Part::map, Part::unmap},
                                         {Part::sync_for_device, Part::sync_for_cpu},
                                         {Part::sync_range_for_device, Part::sync_range_for_cpu}};
    for (std::size_t side = 0; side < 2; ++side)
        if (const Sum& sum = group.sums[side]; sum.calls != 0)
            exchange.calls.push_back({parts[!key.synced ? 0
                                            : ranged    ? 2
                                                        : 1][side],
                                      static_cast<double>(sum.calls) / transfers, sum.mean()});
    return out;
}

}  // namespace

std::vector<TracedExchange> exchanges_of(const Trace& trace) {
    std::map<Key, Group> groups;
    for (const Site& site : trace.sites) {
        const auto key = key_of(site);
        if (!key)
            continue;
        Group& group = groups[*key];
        Sum& sum = group.sums[takes_back(site) ? 1 : 0];
        sum.calls += site.calls;
        sum.bytes += site.bytes;
        group.ns += site.total_ns;
        group.sites.push_back(&site);
    }
    std::vector<TracedExchange> found;
    for (const auto& [key, group] : groups)
        if (group.ns > 0 && group.ns >= least_share * trace.total_ns() && trace.seconds > 0)
            found.push_back(exchange_of(key, group, groups, trace.seconds));
    std::stable_sort(found.begin(), found.end(), [](const TracedExchange& one, const TracedExchange& other) {
        return one.share(one.exchange.ns) > other.share(other.exchange.ns);
    });
    return found;
}

}  // namespace dmabench
