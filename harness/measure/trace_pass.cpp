// SPDX-License-Identifier: GPL-2.0-only
#include "measure/trace_pass.h"

#include "measure/laps.h"

namespace dmabench {

Outcome<std::vector<Count>> count_laps(Session& session, Counters& counters, const Point& point,
                                       std::uint64_t laps) {
    if (auto buffer = session.setup(point); !buffer)
        return tl::unexpected(buffer.error());
    auto runner = make_laps(session, counters, point, {});
    if (!runner)
        return tl::unexpected(runner.error());
    const auto count = [&](std::uint64_t how_many) -> Outcome<std::vector<Count>> {
        counters.start();
        auto done = (*runner)->run(how_many);
        auto counts = counters.stop();
        if (!done)
            return tl::unexpected(done.error());
        return counts;
    };
    // What the first lap does only once (first touch, caches of the IOVA allocator) belongs to no lap.
    if (auto warm = (*runner)->run(laps); !warm)
        return tl::unexpected(warm.error());
    const auto idle = count(0);
    if (!idle)
        return idle;
    const auto counted = count(laps);
    if (!counted)
        return counted;
    CountTotals totals;
    totals.add(*counted);
    return totals.per_lap(laps, *idle);
}

}  // namespace dmabench
