// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/cost_model.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "plan/strategy.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// Access and Touch have the same words; a lap has one of them.
Touch touch_of(const Point& point) {
    return point.in_user_space() ? static_cast<Touch>(point.access) : point.touch;
}

/// Whether the axes that advice knows nothing of are at their defaults.
bool is_plain(const Point& point) {
    Point plain;
    plain.strategy = point.strategy;
    plain.size = point.size;
    plain.direction = point.direction;
    plain.target = point.target;
    plain.source = point.source;
    plain.map_every = point.map_every;
    plain.sync_every = point.sync_every;
    plain.sync_bytes = point.sync_bytes;
    plain.touch = point.touch;
    plain.touch_bytes = point.touch_bytes;
    plain.cache_mode = point.cache_mode;
    plain.access = point.access;
    plain.pattern = point.pattern;
    return plain == point;
}

Memory memory_of(const Point& point) {
    return {point.target, point.strategy, point.source, point.cache_mode};
}

/// Half the width of the row's interval, relative to its median.
double relative_spread(const json& row) {
    const double time = row.value("real_time", 0.0);
    if (time <= 0 || !row.contains("ci_low_ns") || !row.contains("ci_high_ns"))
        return 0;
    return (row.value("ci_high_ns", time) - row.value("ci_low_ns", time)) / 2 / time;
}

std::string ranges_of(const CostCurve& curve) {
    const std::string first = fmt::format("{}", curve.first());
    return curve.first() == curve.last() ? first + " B" : fmt::format("{} B to {} B", first, curve.last());
}

}  // namespace

Result<CostModel> CostModel::load(const json& report, const std::string& name) {
    if (!report.is_object() || !report.contains("benchmarks") || !report.contains("dmabench"))
        return fail(ErrorKind::usage, "{}: not a report of dmabench", printable(name));
    CostModel model;
    for (const json& row : report.at("benchmarks"))
        model.add_row(row);
    if (model.curves_.empty())
        return fail(ErrorKind::usage,
                    "{}: no row has phases to reckon with; they are measured where a scenario's "
                    "histogram_laps is not 0",
                    printable(name));
    return model;
}

void CostModel::add_row(const json& row) {
    if (!row.contains("dmabench") || !row.at("dmabench").contains("params") || !row.contains("real_time"))
        return;
    const json& own = row.at("dmabench");
    const auto point = Point::from_params(own.at("params"));
    if (!point || !is_plain(*point))
        return;
    const double time = row.at("real_time").get<double>();
    const std::size_t index = names_.size();
    names_.push_back(row.at("name"));
    if (point->strategy == "null") {
        empty_lap_ns_ = time;
        return;
    }
    if (std::find(targets_.begin(), targets_.end(), point->target) == targets_.end())
        targets_.push_back(point->target);
    whole_.try_emplace(point->name(),
                       Whole{time, row.value("ci_low_ns", time), row.value("ci_high_ns", time), index});
    if (point->sync_offset == 0 && own.contains("phases"))
        add_phases(own.at("phases"), *point, relative_spread(row), index);
}

void CostModel::add_phases(const json& phases, const Point& point, double spread, std::size_t row) {
    const Strategy& strategy = *find_strategy(point.strategy);
    const bool ranged = point.sync_bytes != 0 && point.sync_bytes != point.size;
    // A lap that changes owners now and then touches memory in two states, and has one figure for both.
    const bool changes = point.sync_every == 1 || point.map_every == 1;
    const bool never_changes = point.sync_every == 0 && point.map_every == 0;
    const bool touch_is_clear = !strategy.synced || changes || never_changes;
    const Part touch = strategy.synced && never_changes ? Part::touch_again : Part::touch;
    struct Named {
        const char* name;
        Part part;
        std::uint64_t bytes;
        bool usable;
    };
    const std::uint64_t synced = ranged ? point.sync_bytes : point.size;
    const std::array<Named, 6> known{{
        {"map", Part::map, point.size, true},
        {"unmap", Part::unmap, point.size, true},
        {"sync_for_device", ranged ? Part::sync_range_for_device : Part::sync_for_device, synced, true},
        {"sync_for_cpu", ranged ? Part::sync_range_for_cpu : Part::sync_for_cpu, synced, true},
        {"touch", touch, point.touched_bytes(), touch_is_clear},
        {"access", touch, point.touched_bytes(), touch_is_clear},
    }};
    const Memory memory = memory_of(point);
    for (const Named& one : known) {
        if (!one.usable || !phases.contains(one.name))
            continue;
        const json& phase = phases.at(one.name);
        const Key key{memory, strategy.synced ? point.direction : Direction::bidirectional, touch_of(point),
                      point.pattern, one.part};
        if (phase.contains("per_call_ns")) {
            const double ns = phase.at("per_call_ns").get<double>();
            curves_[key].add(one.bytes, ns, ns * (1 - spread), ns * (1 + spread), row);
        } else if (phase.contains("below_clock")) {
            const double most = phase.at("below_clock").get<double>();
            curves_[key].add(one.bytes, most / 2, 0, most, row);
        } else if (phase.contains("elided")) {
            curves_[key].add(one.bytes, 0, 0, 0, row);
        } else {
            continue;
        }
        memories_.insert(memory);
    }
}

Cost CostModel::of(const Question& question, Part part, std::uint64_t bytes) const {
    static constexpr std::array<const char*, 8> names{"mapping",
                                                      "unmapping",
                                                      "sync_for_device",
                                                      "sync_for_cpu",
                                                      "sync_for_device of a part",
                                                      "sync_for_cpu of a part",
                                                      "access",
                                                      "access without a change of owner"};
    const bool own_touch_only = part == Part::touch || part == Part::touch_again;
    const bool synced = find_strategy(question.memory.strategy)->synced;
    Key key{question.memory, synced ? question.direction : Direction::bidirectional, question.touch,
            question.pattern, part};
    // The same work first: lines that the CPU has written cost more to sync than those it has read.
    std::vector<Touch> touches{question.touch};
    if (!own_touch_only)
        touches.insert(touches.end(), {Touch::none, Touch::read, Touch::write, Touch::copy});
    const CostCurve* nearest = nullptr;
    for (const Touch touch : touches) {
        key.touch = touch;
        const auto found = curves_.find(key);
        if (found == curves_.end())
            continue;
        if (auto cost = found->second.at(bytes))
            return *cost;
        if (nearest == nullptr)
            nearest = &found->second;
    }
    const char* name = names[static_cast<std::size_t>(part)];
    if (nearest == nullptr)
        return tl::unexpected(fmt::format("{} was not measured", name));
    return tl::unexpected(
        fmt::format("{} was measured for {} only, not for {} B", name, ranges_of(*nearest), bytes));
}

std::optional<Estimate> CostModel::measured(const Point& point) const {
    const auto found = whole_.find(point.name());
    if (found == whole_.end())
        return std::nullopt;
    const Whole& whole = found->second;
    return Estimate{whole.ns, whole.low, whole.high, false, {whole.row}};
}

std::vector<std::uint64_t> CostModel::measured_bytes() const {
    std::set<std::uint64_t> all;
    for (const auto& [key, curve] : curves_) {
        for (const std::uint64_t bytes : curve.measured())
            all.insert(bytes);
    }
    return {all.begin(), all.end()};
}

}  // namespace dmabench
