// SPDX-License-Identifier: GPL-2.0-only
#include "plan/matrix.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "plan/strategy.h"

namespace dmabench {
namespace {

std::string word(std::string_view axis, const Point& point) {
    return to_string(find_axis(axis)->get(point));
}

/// Conflicts between user-space access and the rest.
std::optional<Conflict> user_space_conflict(const Point& point, const GivenAxes& given) {
    const Strategy& strategy = *find_strategy(point.strategy);
    const Axis* cache_mode = find_axis("cache_mode");
    const Axis* access = find_axis("access");
    const Axis* map_every = find_axis("map_every");
    if (point.access != Access::none && point.cache_mode == CacheMode::none) {
        return Conflict{
            access, fmt::format("access needs a cache_mode, one of {}", join(cache_mode->words.subspan(1)))};
    }
    if (point.cache_mode == CacheMode::none) {
        return std::nullopt;
    }
    if (!strategy.has_cache_mode(point.cache_mode)) {
        std::vector<std::string_view> possible;
        for (std::size_t i = 1; i < cache_mode->words.size(); ++i) {
            if (strategy.has_cache_mode(static_cast<CacheMode>(i))) {
                possible.push_back(cache_mode->words[i]);
            }
        }
        return Conflict{cache_mode, possible.empty()
                                        ? fmt::format("{} memory cannot be mmap()ed", strategy.name)
                                        : fmt::format("{} cannot be mmap()ed {}, only {}", strategy.name,
                                                      word("cache_mode", point), join(possible))};
    }
    if (point.access == Access::none) {
        return Conflict{cache_mode,
                        fmt::format("cache_mode needs an access, one of {}", join(access->words.subspan(1)))};
    }
    if (point.touch != Touch::none) {
        return Conflict{find_axis("touch"),
                        "touch and access exclude each other: a lap is either in the kernel "
                        "or in user space"};
    }
    if (given.test(map_every->index()) && point.map_every != 0) {
        return Conflict{
            map_every,
            fmt::format("access needs map_every 0, not {}: user space keeps its mapping", point.map_every)};
    }
    return std::nullopt;
}

/// streaming_sg had one source only before it had a choice: given by its name it is still no part of a
/// point's.
void settle_source(Point& point) {
    if (point.source == Source::pages && point.strategy == "streaming_sg") {
        point.source = Source::by_strategy;
    }
}

std::optional<Conflict> source_conflict(const Point& point) {
    const Strategy& strategy = *find_strategy(point.strategy);
    if (strategy.sources == 0 || point.source == Source::by_strategy || strategy.has_source(point.source)) {
        return std::nullopt;
    }
    const Axis* source = find_axis("source");
    std::vector<std::string_view> possible;
    for (std::size_t i = 1; i < source->words.size(); ++i) {
        if (strategy.has_source(static_cast<Source>(i))) {
            possible.push_back(source->words[i]);
        }
    }
    return Conflict{source, fmt::format("{} takes no memory of {}, only of {}", strategy.name,
                                        word("source", point), join(possible))};
}

std::optional<Conflict> range_conflict(const Point& point) {
    if (point.sync_offset >= point.size) {
        return Conflict{find_axis("sync_offset"),
                        fmt::format("sync_offset {} is outside of size {}", point.sync_offset, point.size)};
    }
    if (point.sync_bytes > point.size - point.sync_offset) {
        return Conflict{find_axis("sync_bytes"),
                        fmt::format("sync_offset {} and sync_bytes {} exceed size {}", point.sync_offset,
                                    point.sync_bytes, point.size)};
    }
    if (point.touch_bytes > point.size) {
        return Conflict{find_axis("touch_bytes"),
                        fmt::format("touch_bytes {} exceeds size {}", point.touch_bytes, point.size)};
    }
    return std::nullopt;
}

std::optional<Conflict> mask_conflict(const Point& point) {
    constexpr std::uint64_t least = 16;
    if (point.mask_bits != 0 && point.mask_bits < least) {
        return Conflict{find_axis("mask_bits"),
                        fmt::format("mask_bits {} is too narrow for any device; expected 0, or {} .. 64",
                                    point.mask_bits, least)};
    }
    return std::nullopt;
}

/// What `dirty` asks of some lines against what cache_state says of all.
std::optional<Conflict> cache_state_conflict(const Point& point) {
    const Axis* dirty = find_axis("dirty");
    if (point.dirty == 0 || point.cache_state == CacheState::as_is) {
        return std::nullopt;
    }
    if (point.cache_state == CacheState::cold) {
        return Conflict{dirty, "with cache_state cold no line is in a cache, so none can be dirty"};
    }
    if (point.cache_state == CacheState::dirty) {
        return Conflict{dirty,
                        "cache_state dirty has all lines dirty; for a share of them take dirty with "
                        "cache_state as_is or warm"};
    }
    if (point.transfers()) {
        return Conflict{dirty,
                        "with a transfer the data are written before the lap, so that dirty lines need "
                        "cache_state as_is or dirty"};
    }
    return std::nullopt;
}

/// A sync can be left out only where it alone passes on ownership.
std::optional<Conflict> ownership_conflict(const Point& point) {
    const Axis* ownership = find_axis("ownership");
    if (point.ownership == Ownership::synced) {
        return std::nullopt;
    }
    const Strategy& strategy = *find_strategy(point.strategy);
    if (!strategy.synced || strategy.name == "copy") {
        return Conflict{ownership,
                        fmt::format("{} calls no dma_sync_*() that could be left out", strategy.name)};
    }
    if (point.map_every != 0 || point.sync_every != 1) {
        return Conflict{ownership,
                        fmt::format("{} needs map_every 0 and sync_every 1, so that the sync alone passes on "
                                    "ownership, not {} and {}",
                                    word("ownership", point), point.map_every, point.sync_every)};
    }
    const bool for_cpu = point.ownership == Ownership::no_sync_for_cpu;
    if ((point.direction == Direction::from_device) != for_cpu) {
        return Conflict{
            ownership, fmt::format("{} needs direction {}, where that sync matters", word("ownership", point),
                                   for_cpu ? "from_device" : "to_device")};
    }
    return std::nullopt;
}

std::optional<Conflict> batch_conflict(const Point& point) {
    const std::uint64_t most = find_axis("size")->max;
    if (point.batch > most / point.size) {
        return Conflict{find_axis("batch"), fmt::format("batch {} of size {} exceeds {} MiB", point.batch,
                                                        point.size, most >> 20)};
    }
    return std::nullopt;
}

/// Conflicts between a transfer and the rest: its data have to be the receiver's after each lap.
std::optional<Conflict> transfer_conflict(const Point& point) {
    if (!point.transfers()) {
        return std::nullopt;
    }
    const Strategy& strategy = *find_strategy(point.strategy);
    if (point.in_user_space()) {
        return Conflict{find_axis("transfer"),
                        "transfer and access exclude each other: a lap is either in the kernel "
                        "or in user space"};
    }
    if (point.batch > 1 || point.threads > 1 || point.unmap_cpu != UnmapCpu::none) {
        const char* other = point.batch > 1 ? "batch" : point.threads > 1 ? "threads" : "unmap_cpu";
        return Conflict{find_axis("transfer"),
                        fmt::format("transfer and {} exclude each other: a device moves one buffer's data "
                                    "at a time, and each lap's are checked before the next",
                                    other)};
    }
    if (point.direction == Direction::bidirectional) {
        return Conflict{find_axis("direction"),
                        "a transfer goes one way: direction to_device or from_device"};
    }
    if (strategy.allocates && point.map_every != 0) {
        return Conflict{
            find_axis("map_every"),
            fmt::format("a transfer with {} needs map_every 0, not {}: its data are checked after the lap",
                        strategy.name, point.map_every)};
    }
    const bool mapping_syncs = strategy.maps_every_lap && !strategy.allocates && point.map_every == 1;
    if (strategy.synced && point.sync_every != 1 && !(mapping_syncs && point.sync_every == 0)) {
        return Conflict{
            find_axis("sync_every"),
            "with a transfer ownership has to change in each lap: sync_every 1, or map_every 1 and "
            "sync_every 0 where mapping syncs"};
    }
    if (point.sync_offset % 8 != 0) {
        return Conflict{
            find_axis("sync_offset"),
            fmt::format("a transfer begins at a multiple of 8 bytes, not at {}", point.sync_offset)};
    }
    if (point.touch == Touch::write && point.direction == Direction::from_device) {
        return Conflict{find_axis("touch"),
                        "touch write would overwrite what the device has sent; with direction "
                        "from_device the CPU reads or copies"};
    }
    return ownership_conflict(point);
}

/// Strategy first, then as written.
std::vector<MatrixAxis> strategy_major(std::vector<MatrixAxis> matrix) {
    const auto is_strategy = [](const MatrixAxis& axis) { return axis.axis->name == "strategy"; };
    std::stable_partition(matrix.begin(), matrix.end(), [&](const MatrixAxis& axis) {
        return is_strategy(axis) || std::any_of(axis.together.begin(), axis.together.end(), is_strategy);
    });
    return matrix;
}

/// What a combination asked for, of the axes that mean something to its strategy.
std::string asked_name(const Point& point, const GivenAxes& given) {
    std::vector<std::string> parts;
    for (const Axis& axis : all_axes()) {
        const bool shown = given.test(axis.index()) || axis.required();
        const bool always = axis.name == "cache_mode" || axis.name == "access" || axis.name == "transfer";
        if (axis.name != "strategy" && shown && (always || axis.applies(point))) {
            parts.push_back(fmt::format("{}:{}", axis.name, to_string(axis.get(point))));
        }
    }
    std::sort(parts.begin(), parts.end());
    return fmt::format("{}/{}", point.strategy, fmt::join(parts, "/"));
}

}  // namespace

std::optional<Conflict> settle(Point& point, const GivenAxes& given) {
    if (find_strategy(point.strategy)->is_null()) {
        point.cache_mode = CacheMode::none;
        point.access = Access::none;
        point.transfer = Transfer::none;
        point.ownership = Ownership::synced;
    }
    if (auto conflict = user_space_conflict(point, given)) {
        return conflict;
    }
    if (auto conflict = source_conflict(point)) {
        return conflict;
    }
    settle_source(point);
    if (!point.transfers()) {
        point.ownership = Ownership::synced;
    }
    for (const Axis& axis : all_axes()) {
        if (!axis.required() && (!given.test(axis.index()) || !axis.applies(point))) {
            axis.set(point, axis.default_value(point));
        }
    }
    for (auto* find_conflict :
         {range_conflict, mask_conflict, batch_conflict, cache_state_conflict, transfer_conflict}) {
        if (auto conflict = find_conflict(point)) {
            return conflict;
        }
    }
    return std::nullopt;
}

Expansion expand(const std::vector<MatrixAxis>& matrix) {
    const std::vector<MatrixAxis> axes = strategy_major(matrix);
    GivenAxes given;
    for (const MatrixAxis& axis : axes) {
        given.set(axis.axis->index());
        for (const MatrixAxis& other : axis.together) {
            given.set(other.axis->index());
        }
    }
    Expansion result;
    std::unordered_set<std::string> seen;
    std::vector<std::size_t> digits(axes.size(), 0);  // an odometer over the axes' values
    for (bool more = true; more;) {
        Point point;
        for (std::size_t i = 0; i < axes.size(); ++i) {
            axes[i].axis->set(point, axes[i].values[digits[i]]);
            for (const MatrixAxis& other : axes[i].together) {
                other.axis->set(point, other.values[digits[i]]);
            }
        }
        const Point asked = point;
        if (auto conflict = settle(point, given)) {
            std::string name = asked_name(asked, given);
            if (seen.insert(name).second) {
                result.excluded.push_back({std::move(name), conflict->reason});
            }
            if (!result.first_conflict) {
                result.first_conflict = std::move(conflict);
            }
        } else if (seen.insert(point.name()).second) {
            result.points.push_back(std::move(point));
        }
        more = false;
        for (std::size_t i = axes.size(); i-- > 0 && !more;) {
            digits[i] = (digits[i] + 1) % axes[i].values.size();
            more = digits[i] != 0;
        }
    }
    return result;
}

}  // namespace dmabench
