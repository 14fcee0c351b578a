// SPDX-License-Identifier: GPL-2.0-only
#include "cache.h"

#include <algorithm>

namespace dmabench::model {

Cache::Line* Cache::find(std::uint64_t number) {
    Line* set = set_of(number);
    for (Line* line = set; line != set + ways_; ++line)
        if (line->number == number && line->used != 0)
            return line;
    return nullptr;
}

Cache::Line* Cache::use(std::uint64_t number) {
    Line* line = find(number);
    if (line != nullptr)
        line->used = ++now_;
    return line;
}

std::optional<Cache::Line> Cache::insert(std::uint64_t number, bool dirty) {
    Line* set = set_of(number);
    // A free place was never used.
    Line* victim =
        std::min_element(set, set + ways_, [](const Line& a, const Line& b) { return a.used < b.used; });
    const std::optional<Line> gone = victim->used != 0 ? std::optional(*victim) : std::nullopt;
    *victim = {number, ++now_, dirty};
    return gone;
}

void Cache::clear() {
    std::fill(lines_.begin(), lines_.end(), Line{});
}

}  // namespace dmabench::model
