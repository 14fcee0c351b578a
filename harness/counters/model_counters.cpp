// SPDX-License-Identifier: GPL-2.0-only
#include "counters/model_counters.h"

#include "model_mark.h"

namespace dmabench {
namespace {

struct ModelCounter {
    const char* event;
    const char* key;
    double per;  ///< of what is counted, so many make one
};

/// In the model's order.
constexpr ModelCounter all[] = {
    {"model:accesses", "model_accesses", 1},
    {"model:l1-misses", "model_l1_misses", 1},
    {"model:l2-misses", "model_l2_misses", 1},
    {"model:l3-misses", "model_l3_misses", 1},
    {"model:memory-reads", "model_memory_reads", 1},
    {"model:streamed-reads", "model_streamed_reads", 1},
    {"model:write-backs", "model_write_backs", 1},
    {"model:combined-writes", "model_combined_writes", 1},
    {"model:combined-bursts", "model_combined_bursts", 1},
    {"model:uncached-reads", "model_uncached_reads", 1},
    {"model:uncached-writes", "model_uncached_writes", 1},
    {"model:maintained-lines", "model_maintained_lines", 1},
    {"model:dirty-lines-cleaned", "model_dirty_lines_cleaned", 1},
    {"model:memory-ns", "model_memory_ns", 1000},
    {"model:snooped-lines", "model_snooped_lines", 1},
};
static_assert(DMABENCH_MODEL_SNOOPED == 14 && std::size(all) == DMABENCH_MODEL_COUNTERS);

/// The counts by now; none where no model watches.
std::vector<double> read_counts() {
    // The model writes to one page.
    alignas(sizeof(dmabench_model_counters)) dmabench_model_counters counters{};
    dmabench_mark_read(&counters);
    std::vector<double> counts;
    for (std::size_t i = 0; counters.watched != 0 && i < std::size(all); ++i)
        counts.push_back(static_cast<double>(counters.count[i]) / all[i].per);
    return counts;
}

}  // namespace

std::vector<std::string> model_events() {
    std::vector<std::string> names;
    if (!read_counts().empty())
        for (const ModelCounter& counter : all)
            names.emplace_back(counter.event);
    return names;
}

ModelWindow::ModelWindow() : before_(read_counts()) {}

void ModelWindow::add_counts(std::vector<Count>& counts) const {
    const std::vector<double> now = before_.empty() ? before_ : read_counts();
    for (std::size_t i = 0; i < now.size(); ++i)
        counts.push_back({all[i].event, std::string(all[i].key) + "_per_lap", now[i] - before_[i]});
}

}  // namespace dmabench
