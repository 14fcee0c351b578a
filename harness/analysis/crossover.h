// SPDX-License-Identifier: GPL-2.0-only
// Where, of two ways of doing the same work, the cheaper one changes: over the size of the buffer, or over the bytes
// that user space touches of it.
#pragma once

#include <string>
#include <vector>

#include "analysis/loaded_report.h"

namespace dmabench {

struct Crossover {
    std::string work;    ///< "platform-noncoherent, user space reads a part of 1 MiB"
    std::string answer;  ///< "uncached without sync is cheaper up to 12 KiB touched; above it cached with sync"
    bool uncached = false;  ///< one side reads memory without caches, which an instruction clock takes for free
};

/// All that the report has; those of one answer are told once. The report must have been loaded with params.
[[nodiscard]] std::vector<Crossover> crossovers(const LoadedReport& report);

}  // namespace dmabench
