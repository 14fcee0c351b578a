// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/remedy.h"

#include <algorithm>

#include "plan/strategy.h"

namespace dmabench {
namespace {

/// How many transfers might share a change of ownership.
constexpr std::uint64_t some_transfers = 8;

/// The memory of the strategy that does what the driver does.
Memory memory_of(const CostModel& model, const std::string& target, const Exchange& exchange) {
    Memory memory{target, exchange.scattered ? "streaming_sg" : "streaming_single"};
    if (!exchange.scattered && !model.memories().contains(memory)) {
        const Memory pages{target, "streaming_page"};
        if (model.memories().contains(pages))
            return pages;
    }
    return memory;
}

/// Whether a driver that does the one could do the other: lists stay lists, single buffers single ones.
bool is_open_to(const Way& way, const Memory& now) {
    const std::string& strategy = way.memory.strategy;
    const bool lists = strategy == "streaming_sg" || strategy == "noncontiguous";
    const bool same = strategy == now.strategy;
    const bool mapped_otherwise = way.handover == Handover::mapped && !same;
    return way.memory.source == Source::by_strategy && !mapped_otherwise &&
           (lists == (now.strategy == "streaming_sg") || !find_strategy(strategy)->synced) &&
           (same || strategy != "streaming_page");
}

Cost now_by(const CostModel& model, const Memory& memory, const Exchange& exchange, Touch touch) {
    Estimate sum;
    for (const Exchange::Call& call : exchange.calls) {
        const CostModel::Question question{memory, exchange.direction, touch, Pattern::sequential};
        Cost cost = model.of(question, call.part, call.bytes);
        if (!cost && call.part == Part::sync_range_for_cpu)
            cost = model.of(question, Part::sync_for_cpu, call.bytes);
        if (!cost && call.part == Part::sync_range_for_device)
            cost = model.of(question, Part::sync_for_device, call.bytes);
        if (!cost)
            return cost;
        sum += *cost * call.per_transfer;
    }
    return sum;
}

/// Memory that the CPU always finds in its caches or always not can't be told from other memory by calls
/// alone.
bool needs_access(const Way& way) {
    return way.handover == Handover::none;
}

}  // namespace

Remedies remedies(const CostModel& model, const std::string& target, const Exchange& exchange,
                  std::uint64_t used_bytes) {
    Workload workload;
    workload.transfer_bytes = exchange.buffer_bytes;
    workload.touch_bytes = std::min(used_bytes, exchange.buffer_bytes);
    workload.direction = exchange.direction;
    workload.touch = exchange.direction == Direction::to_device ? Touch::write : Touch::read;
    const Way now{memory_of(model, target, exchange), exchange.handover};
    Remedies found{now_by(model, now.memory, exchange, workload.touch), {}, 0};
    const Cost access_now = parts_of(model, now, workload).access;
    const auto consider = [&](const Way& way, const Workload& like) {
        const CostParts parts = parts_of(model, way, like);
        if (!parts.calls)
            return;
        Remedy remedy{way, like, *parts.calls, false};
        if (parts.access && access_now) {
            remedy.with_access = true;
            remedy.cost += *parts.access;
            remedy.cost.ns -= access_now->ns;
            remedy.cost.low -= access_now->high;
            remedy.cost.high -= access_now->low;
        } else if (needs_access(way)) {
            return;
        }
        ++found.tried;
        remedy.cost.ns = std::max(remedy.cost.ns, 0.0);
        remedy.cost.low = std::max(remedy.cost.low, 0.0);
        if (remedy.cost.ns < (1 - equal_within) * exchange.ns && remedy.cost.high < exchange.ns)
            found.cheaper.push_back(std::move(remedy));
    };
    for (const Way& way : ways_of(model, target, workload))
        if (way != now && is_open_to(way, now.memory))
            consider(way, workload);
    Workload seldom = workload;
    seldom.transfers_per_sync = some_transfers;
    consider(now, seldom);
    std::stable_sort(found.cheaper.begin(), found.cheaper.end(),
                     [](const Remedy& one, const Remedy& other) { return one.cost.ns < other.cost.ns; });
    return found;
}

}  // namespace dmabench
