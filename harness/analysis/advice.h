// SPDX-License-Identifier: GPL-2.0-only
// Which way of keeping a buffer costs a workload least, and where that turns.
#pragma once

#include <string>
#include <vector>

#include "analysis/cost_model.h"
#include "analysis/workload.h"

namespace dmabench {

/// How a kind of memory is handed over.
enum class Handover {
    none,         ///< never: the memory is coherent, or user space reaches it without caches
    mapped,       ///< mapped and unmapped at each change of ownership
    synced,       ///< stays mapped; all of it is synced
    part_synced,  ///< stays mapped; what the CPU accesses is synced
};

/// A way of doing it. The same way serves workloads of any size.
struct Way {
    Memory memory;
    Handover handover = Handover::none;
    auto operator<=>(const Way&) const = default;

    /// "streaming_single, stays mapped, all of it synced"
    [[nodiscard]] std::string text() const;

    /// The point whose lap is one transfer of the workload.
    [[nodiscard]] Point point(const Workload& workload) const;
};

struct Ranked {
    Way way;
    Estimate cost;          ///< of one transfer
    bool measured = false;  ///< a row of just this point is there
};

/// A way that cannot be reckoned.
struct Unknown {
    Way way;
    std::string reason;
};

/// Over a range of one of the workload's numbers, the cheapest ways in turn.
struct Turns {
    enum class Of { touch_bytes, transfer_bytes, transfers_per_sync };
    struct Stretch {
        std::uint64_t from = 0;  ///< the first stretch's is the range's begin
        std::uint64_t to = 0;
        Way way;
    };
    Of of = Of::touch_bytes;
    std::vector<Stretch> stretches;  ///< ascending; each ends where the next begins
};

/// Costs that differ by less are called equal.
inline constexpr double equal_within = 0.05;

struct Advice {
    std::string target;
    Workload workload;
    std::vector<Ranked> ranking;  ///< cheapest first
    std::vector<Unknown> unknown;
    std::vector<Turns> turns;

    /// How many of the ranking, from its begin, cost the same as its first within equal_within or their
    /// intervals.
    [[nodiscard]] std::size_t equals() const;
};

/// What one transfer of a workload costs, but for the empty lap.
struct CostParts {
    Cost calls;   ///< of the DMA API, and copies that are made in their place
    Cost access;  ///< the CPU's
};
[[nodiscard]] CostParts parts_of(const CostModel& model, const Way& way, const Workload& workload);

/// All ways that the model has any rows of.
[[nodiscard]] std::vector<Way> ways_of(const CostModel& model, const std::string& target,
                                       const Workload& workload);

/// All ways that the model knows for the target, ranked.
[[nodiscard]] Advice advise(const CostModel& model, const std::string& target, const Workload& workload);

}  // namespace dmabench
