// SPDX-License-Identifier: GPL-2.0-only
#include "memory_model.h"

#include <algorithm>
#include <bit>

namespace dmabench::model {

MemoryModel::MemoryModel(const Parameters& parameters)
    : parameters_(parameters),
      line_shift_(static_cast<unsigned>(std::countr_zero(parameters.line_bytes))),
      streams_(parameters.prefetch_streams, none) {
    for (const Level& level : parameters.levels)
        if (level.bytes != 0)
            caches_.emplace_back(level.bytes / parameters.line_bytes / level.ways, level.ways);
}

std::uint64_t MemoryModel::access(std::uint64_t address, std::uint64_t bytes, MemoryType type, bool store) {
    const std::uint64_t line = address >> line_shift_;
    ++counters[DMABENCH_MODEL_ACCESSES];
    if (type == MemoryType::write_back)
        return cached(line, store, false);
    if (type == MemoryType::write_combining && store)
        return combine(line);
    const std::uint64_t beats = (bytes + parameters_.bus_bytes - 1) / parameters_.bus_bytes;
    ++counters[store ? DMABENCH_MODEL_UNCACHED_WRITES : DMABENCH_MODEL_UNCACHED_READS];
    if (type == MemoryType::write_combining)
        return flush_combined() + beats * parameters_.combined_read;
    return beats * (store ? parameters_.uncached_write : parameters_.uncached_read);
}

std::uint64_t MemoryModel::write_line(std::uint64_t address, MemoryType type) {
    if (type == MemoryType::write_back) {
        ++counters[DMABENCH_MODEL_ACCESSES];
        return cached(address >> line_shift_, true, true);
    }
    return access(address, parameters_.line_bytes, type, true);
}

/// An access to cacheable memory. `whole`: a store of the whole line.
std::uint64_t MemoryModel::cached(std::uint64_t line, bool store, bool whole) {
    std::size_t level = 0;
    Cache::Line* found = nullptr;
    while (level < caches_.size() && (found = caches_[level].use(line)) == nullptr)
        ++counters[DMABENCH_MODEL_L1_MISSES + level++];
    if (level == 0) {
        found->dirty |= store;
        return parameters_.levels[0].hit;
    }
    std::uint64_t fetch = 0;
    if (level < caches_.size()) {
        fetch = parameters_.levels[level].hit;
    } else {
        const bool streamed = follows(line);
        if (!whole) {
            fetch = streamed ? parameters_.stream : parameters_.memory;
            ++counters[DMABENCH_MODEL_MEMORY_READS];
            counters[DMABENCH_MODEL_STREAMED] += streamed;
        }
    }
    std::uint64_t cost = store ? fetch * parameters_.store_share / 1000 : fetch;
    while (level-- > 0)
        cost += fill(level, line, store && level == 0);
    return cost;
}

/// Whether the line is the next one of a run that the prefetcher follows. If not, it begins one, in the place
/// of the one that was left alone longest.
bool MemoryModel::follows(std::uint64_t line) {
    auto stream = line == 0 ? streams_.end() : std::find(streams_.begin(), streams_.end(), line - 1);
    const bool found = stream != streams_.end();
    if (!found)
        --stream;
    *stream = line;
    std::rotate(streams_.begin(), stream, stream + 1);
    return found;
}

/// Puts in a line that is not at this level.
std::uint64_t MemoryModel::fill(std::size_t level, std::uint64_t line, bool dirty) {
    const auto gone = caches_[level].insert(line, dirty);
    return gone && gone->dirty ? write_down(level + 1, gone->number) : 0;
}

/// Takes in a dirty line from the level above.
std::uint64_t MemoryModel::write_down(std::size_t level, std::uint64_t line) {
    if (level == caches_.size()) {
        ++counters[DMABENCH_MODEL_WRITEBACKS];
        return parameters_.writeback;
    }
    if (Cache::Line* here = caches_[level].use(line)) {
        here->dirty = true;
        return 0;
    }
    return fill(level, line, true);
}

std::uint64_t MemoryModel::combine(std::uint64_t line) {
    ++counters[DMABENCH_MODEL_COMBINED_WRITES];
    const std::uint64_t flush = line == combining_ ? 0 : flush_combined();
    combining_ = line;
    return flush + parameters_.combined_write;
}

std::uint64_t MemoryModel::flush_combined() {
    if (combining_ == none)
        return 0;
    combining_ = none;
    ++counters[DMABENCH_MODEL_COMBINED_BURSTS];
    return parameters_.combined_burst;
}

std::uint64_t MemoryModel::maintain(std::uint64_t address, bool clean, bool invalidate) {
    const std::uint64_t line = address >> line_shift_;
    bool dirty = false;
    ++counters[DMABENCH_MODEL_MAINTENANCE];
    for (Cache& cache : caches_) {
        Cache::Line* here = cache.find(line);
        if (here == nullptr)
            continue;
        dirty |= here->dirty;
        here->dirty &= !clean;
        if (invalidate)
            Cache::drop(*here);
    }
    if (!clean || !dirty)
        return parameters_.maintenance;
    ++counters[DMABENCH_MODEL_DIRTY_CLEANED];
    return parameters_.maintenance + parameters_.maintenance_writeback;
}

void MemoryModel::snoop(std::uint64_t address) {
    bool found = false;
    for (Cache& cache : caches_) {
        if (Cache::Line* here = cache.find(address >> line_shift_)) {
            Cache::drop(*here);
            found = true;
        }
    }
    counters[DMABENCH_MODEL_SNOOPED] += found;
}

void MemoryModel::empty() {
    for (Cache& cache : caches_)
        cache.clear();
    std::fill(streams_.begin(), streams_.end(), none);
    combining_ = none;
}

}  // namespace dmabench::model
