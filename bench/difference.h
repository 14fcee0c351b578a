// SPDX-License-Identifier: GPL-2.0-only
// What a lap costs by difference: (time of 2n laps - time of n laps) / n, timed from outside of the module. The call, the
// readings of the clock and whatever else a batch costs once cancel.
#pragma once

#include <algorithm>
#include <vector>

#include "device/session.h"

namespace dmabench {

/// The median of several differences, ns; what is set up is run. The laps must be whole periods of map_every and sync_every.
inline Outcome<double> cost_by_difference(Session& session, std::uint64_t laps) {
    constexpr std::size_t repeats = 9;
    const auto time_of = [&](std::uint64_t count) -> Outcome<double> {
        const std::uint64_t before = session.now_ns();
        if (auto batch = session.run(count); !batch)
            return tl::unexpected(batch.error());
        return static_cast<double>(session.now_ns() - before);
    };
    // The first laps are the dearest.
    if (auto warm = time_of(laps); !warm)
        return warm;
    std::vector<double> differences;
    for (std::size_t i = 0; i < repeats; ++i) {
        const auto once = time_of(laps);
        const auto twice = time_of(2 * laps);
        if (!once || !twice)
            return tl::unexpected((once ? twice : once).error());
        differences.push_back((*twice - *once) / static_cast<double>(laps));
    }
    std::nth_element(differences.begin(), differences.begin() + repeats / 2, differences.end());
    return differences[repeats / 2];
}

}  // namespace dmabench
