// SPDX-License-Identifier: GPL-2.0-only
// Traced sites put together to what advice can be given on: who hands which buffers over, and how.
#pragma once

#include <string>
#include <vector>

#include "analysis/remedy.h"
#include "trace/sites.h"

namespace dmabench {

struct TracedExchange {
    std::string driver;
    std::string device;
    std::vector<std::string> callers;
    bool coherent = false;
    bool iommu = false;
    bool bounced = false;
    double per_second = 0;  ///< transfers
    Exchange exchange;

    /// Of one CPU, where a transfer costs so much.
    [[nodiscard]] double share(double ns) const { return per_second * ns / 1e9; }
};

/// Maps with the unmaps of the same driver, device and direction, and syncs likewise; dearest first. Those
/// with less than a hundredth of all time traced are left out.
[[nodiscard]] std::vector<TracedExchange> exchanges_of(const Trace& trace);

}  // namespace dmabench
