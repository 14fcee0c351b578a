// SPDX-License-Identifier: GPL-2.0-only
// The model against one that is written in another way, over random accesses: sets are lists in order of use,
// searched from end to end, and nothing is shared with the model but the parameters.
#include <algorithm>
#include <deque>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "memory_model.h"

namespace dmabench::model {
namespace {

class Reference {
  public:
    explicit Reference(const Parameters& p) : p_(p) {
        for (const Level& level : p.levels)
            if (level.bytes != 0)
                levels_.push_back({level.bytes / p.line_bytes / level.ways, level.ways, level.hit, {}});
    }

    std::uint64_t cached(std::uint64_t line, bool store, bool whole) {
        std::size_t where = 0;
        while (where < levels_.size() && !touch(where, line))
            ++where;
        std::uint64_t fetch = where < levels_.size() ? levels_[where].hit : 0;
        if (where == levels_.size()) {
            const bool streamed = ran_on(line);
            if (!whole)
                fetch = streamed ? p_.stream : p_.memory;
        }
        std::uint64_t cost = store && where > 0 ? fetch * p_.store_share / 1000 : fetch;
        for (std::size_t level = where; level-- > 0;)
            cost += put(level, line, false);
        if (store)
            set(0, line).front().dirty = true;
        return cost;
    }

    std::uint64_t maintain(std::uint64_t line, bool clean, bool drop) {
        bool dirty = false;
        for (std::size_t level = 0; level < levels_.size(); ++level) {
            auto& lines = set(level, line);
            for (auto one = lines.begin(); one != lines.end();) {
                if (one->number != line) {
                    ++one;
                    continue;
                }
                dirty = dirty || one->dirty;
                if (clean)
                    one->dirty = false;
                one = drop ? lines.erase(one) : std::next(one);
            }
        }
        return p_.maintenance + (clean && dirty ? p_.maintenance_writeback : 0);
    }

  private:
    struct Line {
        std::uint64_t number;
        bool dirty;
    };
    using Set = std::deque<Line>;  // the one used last in front
    struct OneLevel {
        std::uint64_t sets, ways, hit;
        std::map<std::uint64_t, Set> lines;
    };

    Set& set(std::size_t level, std::uint64_t line) {
        return levels_[level].lines[line % levels_[level].sets];
    }

    bool touch(std::size_t level, std::uint64_t line) {
        Set& lines = set(level, line);
        for (std::size_t i = 0; i < lines.size(); ++i)
            if (lines[i].number == line) {
                std::rotate(lines.begin(), lines.begin() + static_cast<long>(i),
                            lines.begin() + static_cast<long>(i) + 1);
                return true;
            }
        return false;
    }

    std::uint64_t put(std::size_t level, std::uint64_t line, bool dirty) {
        if (level == levels_.size())
            return p_.writeback;
        Set& lines = set(level, line);
        if (touch(level, line)) {
            lines.front().dirty = lines.front().dirty || dirty;
            return 0;
        }
        lines.push_front({line, dirty});
        if (lines.size() <= levels_[level].ways)
            return 0;
        const Line gone = lines.back();
        lines.pop_back();
        return gone.dirty ? put(level + 1, gone.number, true) : 0;
    }

    /// Runs have the time they were last fetched from; more than are followed are forgotten.
    bool ran_on(std::uint64_t line) {
        ++now_;
        bool found = false;
        std::size_t longest = 0;
        for (std::size_t i = 0; i < runs_.size(); ++i)
            if (runs_[i].first + 1 == line && (!found || runs_[i].second > runs_[longest].second)) {
                found = true;
                longest = i;
            }
        if (found)
            runs_.erase(runs_.begin() + static_cast<long>(longest));
        runs_.emplace_back(line, now_);
        if (runs_.size() > p_.prefetch_streams)
            runs_.erase(std::min_element(runs_.begin(), runs_.end(),
                                         [](const auto& a, const auto& b) { return a.second < b.second; }));
        return found;
    }

    Parameters p_;
    std::vector<OneLevel> levels_;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> runs_;
    std::uint64_t now_ = 0;
};

Parameters parameters(const std::vector<std::string>& texts) {
    Parameters p;
    for (const std::string& text : texts)
        EXPECT_EQ(p.set(text), "");
    EXPECT_EQ(p.problem(), "");
    return p;
}

class AgainstReference : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(AgainstReference, CostsTheSame) {
    const Parameters p = parameters(GetParam());
    MemoryModel model(p);
    Reference reference(p);
    std::mt19937_64 random(20240101);
    std::uint64_t at = 0;
    std::uint64_t total = 0;
    for (int step = 0; step < 300'000; ++step) {
        // Runs of neighbours, jumps within what a cache holds, and jumps beyond.
        const auto kind = random() % 16;
        at = kind < 9 ? at + 1 : kind < 14 ? random() % 96 : random() % 4096;
        const std::uint64_t address = at * p.line_bytes;
        const auto what = random() % 32;
        std::uint64_t ours = 0;
        std::uint64_t theirs = 0;
        if (what < 16) {
            ours = model.access(address, 8, MemoryType::write_back, false);
            theirs = reference.cached(at, false, false);
        } else if (what < 26) {
            ours = model.access(address, 8, MemoryType::write_back, true);
            theirs = reference.cached(at, true, false);
        } else if (what < 27) {
            ours = model.write_line(address, MemoryType::write_back);
            theirs = reference.cached(at, true, true);
        } else if (what < 28) {
            model.snoop(address);
            reference.maintain(at, false, true);
        } else {
            const bool clean = what % 3 != 0;
            const bool drop = what % 3 != 1;
            ours = model.maintain(address, clean, drop);
            theirs = reference.maintain(at, clean, drop);
        }
        ASSERT_EQ(ours, theirs) << "step " << step << ", line " << at << ", what " << what;
        total += ours;
    }
    EXPECT_GT(total, 0U);
    EXPECT_GT(model.counters[DMABENCH_MODEL_WRITEBACKS], 1000U);
    EXPECT_GT(model.counters[DMABENCH_MODEL_DIRTY_CLEANED], 1000U);
    EXPECT_GT(model.counters[DMABENCH_MODEL_SNOOPED], 100U);
}

const std::vector<std::string> costs{"l1_hit_ns=0.5",   "l2_hit_ns=10",     "l3_hit_ns=25",
                                     "memory_ns=100",   "stream_ns=31",     "writeback_ns=7",
                                     "store_share=0.3", "maintenance_ns=5", "maintenance_writeback_ns=26"};

std::vector<std::string> with(std::vector<std::string> caches) {
    caches.insert(caches.end(), costs.begin(), costs.end());
    return caches;
}

INSTANTIATE_TEST_SUITE_P(Caches, AgainstReference,
                         ::testing::Values(with({"l1_bytes=1024", "l1_ways=2"}),
                                           with({"l1_bytes=512", "l1_ways=1", "l2_bytes=2048", "l2_ways=4",
                                                 "prefetch_streams=3"}),
                                           with({"line_bytes=32", "l1_bytes=1024", "l1_ways=4",
                                                 "l2_bytes=3072", "l2_ways=3", "prefetch_streams=8"}),
                                           with({"l1_bytes=512", "l1_ways=8", "l2_bytes=2048", "l2_ways=2",
                                                 "l3_bytes=8192", "l3_ways=16"})));

}  // namespace
}  // namespace dmabench::model
