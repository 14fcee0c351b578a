// SPDX-License-Identifier: GPL-2.0-only
// One level of cache: set-associative, least recently used line goes first. Only which lines are there, not
// what is in them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace dmabench::model {

class Cache {
  public:
    struct Line {
        std::uint64_t number = 0;  ///< physical address / line size
        std::uint64_t used = 0;    ///< 0: nothing here
        bool dirty = false;
    };

    Cache(std::uint64_t sets, std::uint64_t ways) : sets_(sets), ways_(ways), lines_(sets * ways) {}

    /// The line, if it is here; it counts as used.
    Line* use(std::uint64_t number);
    /// The line, if it is here.
    Line* find(std::uint64_t number);
    /// Puts in a line that is not here; gives the one that it takes the place of.
    std::optional<Line> insert(std::uint64_t number, bool dirty);
    static void drop(Line& line) { line = {}; }
    void clear();

  private:
    Line* set_of(std::uint64_t number) { return lines_.data() + (number % sets_) * ways_; }

    std::uint64_t sets_;
    std::uint64_t ways_;
    std::uint64_t now_ = 0;
    std::vector<Line> lines_;
};

}  // namespace dmabench::model
