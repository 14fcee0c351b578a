// SPDX-License-Identifier: GPL-2.0-only
#include "measure/canary.h"

#include <algorithm>
#include <map>

#include "plan/plan.h"

namespace dmabench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::uint64_t canary_size = 4096;

Statistics canary_statistics() {
    Statistics statistics;
    statistics.samples = statistics.max_samples = 7;
    statistics.discard = 1;
    statistics.sample_time = microseconds(200);
    statistics.budget = milliseconds(20);
    statistics.histogram_laps = 0;
    return statistics;
}

}  // namespace

Canaries::Canaries(const DeviceInfo& device) {
    std::vector<std::string> targets;
    for (const TargetInfo& target : device.targets)
        targets.push_back(target.name);
    Point null_point;
    null_point.strategy = "null";
    null_point.size = canary_size;
    Point streaming = null_point;
    streaming.strategy = "streaming_single";
    streaming.map_every = 1;
    for (const Point& point : {null_point, streaming}) {
        Plan plan;
        plan.points.push_back({point, {}, 0});
        points_.push_back(dmabench::bind(plan, targets).points.front().point);
    }
}

Outcome<std::vector<CanaryReading>> Canaries::measure(Session& session, const SamplingContext& context,
                                                      TimeSpent& spent) {
    Counters no_counters{{}};
    const Statistics statistics = canary_statistics();
    std::vector<CanaryReading> readings;
    for (auto point = points_.begin(); point != points_.end();) {
        TimeSpent own;
        auto measured = sample_point(session, no_counters, context, *point, statistics, &own);
        const std::uint64_t before = session.now_ns();
        session.teardown();
        spent.setup += own.setup;
        spent.teardown += static_cast<double>(session.now_ns() - before);
        spent.canaries += own.laps();
        if (!measured && (measured.error().kind == Refusal::Kind::interrupted ||
                          measured.error().kind == Refusal::Kind::gone))
            return tl::unexpected(measured.error());
        const double time = measured ? median(measured->samples) : 0;
        // Without a time there is nothing to compare: refused, or shorter than the clock can show.
        if (!(time > 0)) {
            point = points_.erase(point);
            continue;
        }
        readings.push_back({point->name(), time});
        ++point;
    }
    return readings;
}

Drift greatest_drift(const std::vector<CanaryReading>& readings) {
    std::map<std::string, std::vector<double>> by_name;
    for (const CanaryReading& reading : readings)
        by_name[reading.name].push_back(reading.real_time);
    Drift greatest;
    for (const auto& [name, times] : by_name) {
        if (times.size() < 2)
            continue;
        const auto [low, high] = std::minmax_element(times.begin(), times.end());
        const double relative = *high / *low - 1;
        if (greatest.name.empty() || relative > greatest.relative)
            greatest = {name, *low, *high, relative};
    }
    return greatest;
}

}  // namespace dmabench
