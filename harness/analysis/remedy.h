// SPDX-License-Identifier: GPL-2.0-only
// What a driver's way of handing buffers over costs, and what others would, by what a report measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "analysis/advice.h"

namespace dmabench {

/// How a driver hands the buffers of a device over now. All costs are of one transfer.
struct Exchange {
    /// One function of the DMA API in it.
    struct Call {
        Part part = Part::map;
        double per_transfer = 1;
        std::uint64_t bytes = 0;  ///< that it is given
    };
    bool scattered = false;  ///< by scatter/gather lists
    Direction direction = Direction::from_device;
    Handover handover = Handover::mapped;  ///< none other than mapped, synced, part_synced
    std::uint64_t buffer_bytes = 0;        ///< what is mapped
    double ns = 0;                         ///< what its calls were seen to take
    std::vector<Call> calls;
};

/// Something else to do.
struct Remedy {
    Way way;
    Workload workload;        ///< so much of each buffer in use, so many transfers for a change of ownership
    Estimate cost;            ///< instead of Exchange::ns
    bool with_access = true;  ///< what accesses would cost more or less is in it
};

struct Remedies {
    Cost now;                     ///< what the report says of what is done now
    std::vector<Remedy> cheaper;  ///< by more than equal_within, cheapest first
    std::size_t tried = 0;        ///< ways that the report has figures for
};

/// With so many bytes of each buffer in use, at most all of them.
[[nodiscard]] Remedies remedies(const CostModel& model, const std::string& target, const Exchange& exchange,
                                std::uint64_t used_bytes);

/// Figures of what is done now that differ by more than this are worth a word.
inline constexpr double agrees_within = 0.5;

}  // namespace dmabench
