// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "plan/axis.h"
#include "plan/strategy.h"

namespace dmabench {
namespace {

/// Of one way. The parts are those of the lap that point() describes.
class Reckoning {
  public:
    Reckoning(const CostModel& model, const Way& way, const Workload& workload)
        : model_(model), way_(way), workload_(workload) {
        question_.memory = way.memory;
        question_.direction = workload.direction;
        question_.touch = workload.touch_bytes == 0 ? Touch::none : workload.touch;
        question_.pattern = way.memory.cache_mode == CacheMode::none ? Pattern::sequential : workload.pattern;
    }

    CostParts parts() {
        const double share = 1.0 / static_cast<double>(workload_.transfers_per_sync);
        switch (way_.handover) {
            case Handover::none:
                add_barriers();
                break;
            case Handover::mapped:
                add(Part::map, workload_.transfer_bytes, share);
                add(Part::unmap, workload_.transfer_bytes, share);
                break;
            case Handover::synced:
                add(Part::sync_for_device, workload_.transfer_bytes, share);
                add(Part::sync_for_cpu, workload_.transfer_bytes, share);
                break;
            case Handover::part_synced:
                add_range(Part::sync_range_for_device, Part::sync_for_device, share);
                add_range(Part::sync_range_for_cpu, Part::sync_for_cpu, share);
                break;
        }
        add_touch(share);
        return parts_;
    }

  private:
    static void add(Cost& sum, const Cost& cost, double times) {
        if (!cost && sum)
            sum = cost;
        else if (sum)
            *sum += *cost * times;
    }

    void add(Part part, std::uint64_t bytes, double times) {
        add(parts_.calls, model_.of(question_, part, bytes), times);
    }

    /// A barrier's cost does not depend on the buffer, and its row may be of any size.
    void add_barriers() {
        for (const Part part : {Part::sync_for_device, Part::sync_for_cpu}) {
            if (const auto cost = model_.of(question_, part, workload_.transfer_bytes))
                add(parts_.calls, cost, 1);
        }
    }

    /// A call costs by its bytes, whatever the buffer they are in.
    void add_range(Part range, Part whole, double times) {
        const auto of_range = model_.of(question_, range, workload_.touch_bytes);
        add(parts_.calls, of_range ? of_range : model_.of(question_, whole, workload_.touch_bytes), times);
    }

    void add_touch(double share) {
        if (workload_.touch_bytes == 0)
            return;
        const auto first = model_.of(question_, Part::touch, workload_.touch_bytes);
        const auto again = model_.of(question_, Part::touch_again, workload_.touch_bytes);
        const bool changes = way_.handover != Handover::none;
        if (first && again && changes) {
            add(parts_.access, first, share);
            add(parts_.access, again, 1 - share);
        } else {
            add(parts_.access, changes ? first : (again ? again : first), 1);
        }
    }

    const CostModel& model_;
    const Way& way_;
    const Workload& workload_;
    CostModel::Question question_;
    CostParts parts_;
};

/// What can be done with a kind of memory.
std::vector<Handover> handovers(const Memory& memory, const Workload& workload) {
    const Strategy& strategy = *find_strategy(memory.strategy);
    if (memory.cache_mode == CacheMode::writecombine || memory.cache_mode == CacheMode::uncached ||
        memory.cache_mode == CacheMode::coherent)
        return {Handover::none};
    if (!strategy.synced)
        return {strategy.maps_every_lap ? Handover::mapped : Handover::none};
    std::vector<Handover> found;
    if (strategy.maps_every_lap && memory.cache_mode == CacheMode::none)
        found.push_back(Handover::mapped);
    found.push_back(Handover::synced);
    if (strategy.ranged_sync && workload.touch_bytes != 0 && workload.touch_bytes < workload.transfer_bytes)
        found.push_back(Handover::part_synced);
    return found;
}

Cost cost_of(const CostModel& model, const Way& way, const Workload& workload) {
    if (auto measured = model.measured(way.point(workload)))
        return *measured;
    const CostParts parts = parts_of(model, way, workload);
    if (!parts.calls || !parts.access)
        return parts.calls ? parts.access : parts.calls;
    const double empty = model.empty_lap_ns();
    Estimate total{empty, empty, empty, false, {}};
    total += *parts.calls;
    total += *parts.access;
    return total;
}

std::uint64_t& number_of(Workload& workload, Turns::Of of) {
    switch (of) {
        case Turns::Of::touch_bytes:
            return workload.touch_bytes;
        case Turns::Of::transfer_bytes:
            return workload.transfer_bytes;
        case Turns::Of::transfers_per_sync:
            break;
    }
    return workload.transfers_per_sync;
}

Workload with(Workload workload, Turns::Of of, std::uint64_t number) {
    const bool all_touched = workload.touch_bytes == workload.transfer_bytes;
    number_of(workload, of) = number;
    if (of == Turns::Of::transfer_bytes && all_touched)
        workload.touch_bytes = number;
    return workload;
}

/// The numbers at which to look: what was measured, and some in between.
std::vector<std::uint64_t> places(const CostModel& model, const Workload& workload, Turns::Of of) {
    std::vector<std::uint64_t> found;
    if (of == Turns::Of::transfers_per_sync) {
        for (std::uint64_t n = 1; n <= 256; n *= 2)
            found.push_back(n);
        return found;
    }
    for (const std::uint64_t bytes : model.measured_bytes()) {
        const bool within =
            of == Turns::Of::touch_bytes
                ? bytes <= workload.transfer_bytes
                : bytes >= workload.touch_bytes || workload.touch_bytes == workload.transfer_bytes;
        if (!within)
            continue;
        if (!found.empty() && bytes / 2 > found.back())
            found.push_back(static_cast<std::uint64_t>(
                std::sqrt(static_cast<double>(bytes) * static_cast<double>(found.back()))));
        found.push_back(bytes);
    }
    return found;
}

/// Where the second way begins to be cheaper, between two numbers where each of them is.
std::uint64_t turning_place(const CostModel& model, const Way& first, const Way& second,
                            const Workload& workload, Turns::Of of, std::uint64_t low, std::uint64_t high) {
    while (high - low > 1) {
        const std::uint64_t middle = low + (high - low) / 2;
        const Workload there = with(workload, of, middle);
        const auto one = cost_of(model, first, there);
        const auto other = cost_of(model, second, there);
        if (one && other && other->ns < one->ns)
            high = middle;
        else
            low = middle;
    }
    return high;
}

/// Those ways that can be reckoned at all the places: else one would win where the others are not known.
std::vector<Way> known_everywhere(const CostModel& model, const std::vector<Way>& ways,
                                  const Workload& workload, Turns::Of of,
                                  const std::vector<std::uint64_t>& at) {
    std::vector<Way> known;
    for (const Way& way : ways) {
        const bool all = std::all_of(at.begin(), at.end(), [&](std::uint64_t number) {
            return cost_of(model, way, with(workload, of, number)).has_value();
        });
        if (all)
            known.push_back(way);
    }
    return known;
}

/// Numbers where the best known way's cost is known, from the one end to the other.
std::vector<std::uint64_t> reckonable(const CostModel& model, const Way& best, const Workload& workload,
                                      Turns::Of of) {
    std::vector<std::uint64_t> found;
    for (const std::uint64_t number : places(model, workload, of)) {
        if (cost_of(model, best, with(workload, of, number)))
            found.push_back(number);
    }
    return found;
}

Turns find_turns(const CostModel& model, const std::vector<Way>& ways, const Way& best,
                 const Workload& workload, Turns::Of of) {
    // A way must beat the one before it by this much to take its place, or ties would go to and fro.
    constexpr double hysteresis = 0.02;
    Turns turns{of, {}};
    const auto at = reckonable(model, best, workload, of);
    const auto known = known_everywhere(model, ways, workload, of, at);
    if (at.size() < 2 || known.size() < 2)
        return turns;
    std::uint64_t before = at.front();
    for (const std::uint64_t number : at) {
        const Workload there = with(workload, of, number);
        const Way* cheapest = nullptr;
        double least = 0;
        for (const Way& way : known) {
            const double ns = cost_of(model, way, there)->ns;
            if (cheapest == nullptr || ns < least) {
                cheapest = &way;
                least = ns;
            }
        }
        if (turns.stretches.empty()) {
            turns.stretches.push_back({number, number, *cheapest});
        } else if (Turns::Stretch& last = turns.stretches.back();
                   !(last.way == *cheapest) &&
                   least < (1 - hysteresis) * cost_of(model, last.way, there)->ns) {
            const std::uint64_t place =
                turning_place(model, last.way, *cheapest, workload, of, before, number);
            last.to = place;
            turns.stretches.push_back({place, number, *cheapest});
        }
        turns.stretches.back().to = number;
        before = number;
    }
    return turns;
}

}  // namespace

std::string Way::text() const {
    const Strategy& known = *find_strategy(memory.strategy);
    std::string text = memory.strategy;
    if (memory.source != Source::by_strategy)
        text += fmt::format(" of {}", to_string(find_axis("source")->get(point({}))));
    if (memory.cache_mode != CacheMode::none && memory.cache_mode != CacheMode::coherent)
        text += fmt::format(", mmap()ed {}", to_string(find_axis("cache_mode")->get(point({}))));
    switch (handover) {
        case Handover::none:
            break;
        case Handover::mapped:
            text += known.allocates ? ", allocated each time" : ", mapped each time";
            break;
        case Handover::synced:
            text += memory.strategy == "copy" ? ", all of it copied" : ", stays mapped, all of it synced";
            break;
        case Handover::part_synced:
            text += memory.strategy == "copy" ? ", the part in use copied"
                                              : ", stays mapped, the part in use synced";
            break;
    }
    return text;
}

Point Way::point(const Workload& workload) const {
    const Strategy& known = *find_strategy(memory.strategy);
    Point point;
    point.strategy = memory.strategy;
    point.size = workload.transfer_bytes;
    point.target = memory.target;
    point.source = memory.source;
    point.cache_mode = memory.cache_mode;
    if (known.synced)
        point.direction = workload.direction;
    if (handover == Handover::mapped)
        point.map_every = workload.transfers_per_sync;
    if (handover == Handover::synced || handover == Handover::part_synced)
        point.sync_every = workload.transfers_per_sync;
    if (handover == Handover::part_synced)
        point.sync_bytes = workload.touch_bytes;
    if (workload.touch_bytes == 0)
        return point;
    if (memory.cache_mode == CacheMode::none) {
        point.touch = workload.touch;
    } else {
        point.access = static_cast<Access>(workload.touch);
        point.pattern = workload.pattern;
    }
    point.touch_bytes = workload.touch_bytes == workload.transfer_bytes ? 0 : workload.touch_bytes;
    return point;
}

std::size_t Advice::equals() const {
    if (ranking.empty())
        return 0;
    const Estimate& best = ranking.front().cost;
    const auto other = std::find_if(ranking.begin(), ranking.end(), [&](const Ranked& one) {
        return one.cost.ns > best.ns * (1 + equal_within) && one.cost.low > best.high;
    });
    return static_cast<std::size_t>(other - ranking.begin());
}

CostParts parts_of(const CostModel& model, const Way& way, const Workload& workload) {
    return Reckoning(model, way, workload).parts();
}

std::vector<Way> ways_of(const CostModel& model, const std::string& target, const Workload& workload) {
    std::vector<Way> ways;
    for (const Memory& memory : model.memories()) {
        const bool in_user_space = memory.cache_mode != CacheMode::none;
        if (memory.target != target || in_user_space != workload.user_space)
            continue;
        for (const Handover handover : handovers(memory, workload))
            ways.push_back({memory, handover});
    }
    return ways;
}

Advice advise(const CostModel& model, const std::string& target, const Workload& workload) {
    Advice advice{target, workload, {}, {}, {}};
    const auto ways = ways_of(model, target, workload);
    for (const Way& way : ways) {
        if (auto whole = model.measured(way.point(workload)))
            advice.ranking.push_back({way, *whole, true});
        else if (auto cost = cost_of(model, way, workload))
            advice.ranking.push_back({way, *cost, false});
        else
            advice.unknown.push_back({way, cost.error()});
    }
    std::stable_sort(advice.ranking.begin(), advice.ranking.end(),
                     [](const Ranked& one, const Ranked& other) { return one.cost.ns < other.cost.ns; });
    if (advice.ranking.empty())
        return advice;
    std::vector<Turns::Of> asked{Turns::Of::transfer_bytes, Turns::Of::transfers_per_sync};
    if (workload.touch_bytes != 0)
        asked.insert(asked.begin(), Turns::Of::touch_bytes);
    for (const Turns::Of of : asked) {
        auto turns = find_turns(model, ways, advice.ranking.front().way, workload, of);
        if (!turns.stretches.empty())
            advice.turns.push_back(std::move(turns));
    }
    return advice;
}

}  // namespace dmabench
