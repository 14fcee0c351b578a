// SPDX-License-Identifier: GPL-2.0-only
#include "plan/axis.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/text.h"
#include "plan/strategy.h"

namespace dmabench {
namespace {

// Those of kmod/include/uapi/dmabench.h; a unit test compares them.
constexpr std::uint64_t max_size = 64ULL << 20;
constexpr std::uint64_t max_every = 1ULL << 32;
constexpr std::uint64_t max_batch = 4096;
constexpr std::uint64_t max_offset = 4095;
constexpr std::uint64_t max_mask_bits = 64;
constexpr std::uint64_t max_threads = 256;

constexpr std::array<std::string_view, 11> strategy_words = {"null",
                                                             "coherent",
                                                             "write_combine",
                                                             "pool",
                                                             "streaming_single",
                                                             "streaming_page",
                                                             "streaming_sg",
                                                             "noncoherent",
                                                             "noncontiguous",
                                                             "streaming_recycle",
                                                             "copy"};
constexpr std::array<std::string_view, 3> direction_words = {"bidirectional", "to_device", "from_device"};
constexpr std::array<std::string_view, 6> target_words = {
    "auto", "platform", "platform-coherent", "platform-noncoherent", "pci", "dmaengine"};
constexpr std::array<std::string_view, 6> source_words = {"default", "kmalloc", "pages",
                                                          "slab",    "vmalloc", "user"};
constexpr std::array<std::string_view, 4> access_words = {"none", "read", "write", "copy"};
constexpr std::array<std::string_view, 4> cache_state_words = {"as_is", "cold", "warm", "dirty"};
constexpr std::array<std::string_view, 3> transfer_words = {"none", "memcpy", "edu"};
constexpr std::array<std::string_view, 3> ownership_words = {"synced", "no_sync_for_cpu",
                                                             "no_sync_for_device"};
constexpr std::array<std::string_view, 5> cache_mode_words = {"none", "cached", "writecombine", "uncached",
                                                              "coherent"};
constexpr std::array<std::string_view, 3> pattern_words = {"sequential", "strided", "random"};
constexpr std::array<std::string_view, 2> width_words = {"word", "vector"};
constexpr std::array<std::string_view, 2> unmap_cpu_words = {"none", "other"};
constexpr std::array<std::string_view, 9> node_words = {"any", "0", "1", "2", "3", "4", "5", "6", "7"};

// The axes' accessors. Words stand in the order of their enum's values.
template <auto Member>
AxisValue get_plain(const Point& point) {
    return point.*Member;
}

template <auto Member, typename T>
void set_plain(Point& point, const AxisValue& value) {
    point.*Member = std::get<T>(value);
}

template <auto Member, const auto& Words>
AxisValue get_word(const Point& point) {
    return std::string(Words.at(static_cast<std::size_t>(point.*Member)));
}

template <auto Member, const auto& Words>
void set_word(Point& point, const AxisValue& value) {
    const auto* word = std::find(Words.begin(), Words.end(), std::get<std::string>(value));
    using Enum = std::remove_reference_t<decltype(point.*Member)>;
    point.*Member = static_cast<Enum>(word - Words.begin());
}

template <const auto& Words>
AxisValue first_word(const Point&) {
    return std::string(Words.front());
}

AxisValue zero(const Point&) {
    return std::uint64_t{0};
}

AxisValue one(const Point&) {
    return std::uint64_t{1};
}

const Strategy& strategy_of(const Point& point) {
    const Strategy* strategy = find_strategy(point.strategy);
    return strategy != nullptr ? *strategy : all_strategies().front();
}

bool always(const Point&) {
    return true;
}
bool never(const Point&) {
    return false;
}
bool not_null(const Point& point) {
    return !strategy_of(point).is_null();
}
bool synced(const Point& point) {
    return strategy_of(point).synced;
}
bool has_direction(const Point& point) {
    return synced(point) || point.transfers();
}
bool transfers(const Point& point) {
    return point.transfers();
}
bool has_source(const Point& point) {
    return strategy_of(point).sources != 0;
}
bool maps_every_lap(const Point& point) {
    return strategy_of(point).maps_every_lap;
}
/// streaming_recycle keeps its mapping, but it belongs to a family whose names tell how often they map.
bool names_map_every(const Point& point) {
    return maps_every_lap(point) || point.strategy.starts_with("streaming_");
}
bool syncs_ranges(const Point& point) {
    return strategy_of(point).ranged_sync && point.sync_every != 0;
}
bool has_cache_modes(const Point& point) {
    return strategy_of(point).cache_modes != 0;
}
bool is_mapped_to_user(const Point& point) {
    return point.cache_mode != CacheMode::none;
}
bool is_accessed(const Point& point) {
    return point.access != Access::none;
}
bool is_touched(const Point& point) {
    return point.touch != Touch::none || is_accessed(point);
}

bool is_there_before_the_lap(const Point& point) {
    return not_null(point) && (!strategy_of(point).allocates || point.map_every == 0);
}
/// The kernel's lap.
bool can_be_dirty(const Point& point) {
    return is_there_before_the_lap(point) && !is_accessed(point);
}
/// No cache holds what user space maps in another mode.
bool has_cache_state(const Point& point) {
    return is_there_before_the_lap(point) && point.cache_mode != CacheMode::writecombine &&
           point.cache_mode != CacheMode::uncached;
}

bool maps_in_each_lap(const Point& point) {
    return not_null(point) && point.map_every == 1;
}
/// Its memory is not the DMA API's, and so is where one wants it.
bool is_streaming(const Point& point) {
    return point.strategy.starts_with("streaming_");
}
bool begins_anywhere(const Point& point) {
    return is_streaming(point) && !is_mapped_to_user(point);
}
bool has_node(const Point& point) {
    return is_streaming(point) && point.source != Source::user;
}
bool runs_in_threads(const Point& point) {
    return not_null(point) && !is_accessed(point);
}

AxisValue default_map_every(const Point& point) {
    // What a lap frees cannot be checked after it.
    const bool kept = is_accessed(point) || (point.transfers() && strategy_of(point).allocates) ||
                      point.ownership != Ownership::synced;
    return std::uint64_t{maps_every_lap(point) && !kept ? 1U : 0U};
}

AxisValue default_sync_every(const Point& point) {
    return std::uint64_t{synced(point) && point.map_every == 0 ? 1U : 0U};
}

template <auto Member, const auto& Words>
constexpr Axis word_axis(std::string_view name, std::string_view applies_text, std::string_view doc,
                         bool (*applies)(const Point&), bool (*always_named)(const Point&) = never) {
    return {name,
            AxisKind::word,
            Words,
            0,
            0,
            "",
            Words.front(),
            applies_text,
            doc,
            applies,
            always_named,
            first_word<Words>,
            get_word<Member, Words>,
            set_word<Member, Words>};
}

template <auto Member>
constexpr Axis integer_axis(std::string_view name, std::uint64_t min, std::uint64_t max,
                            std::string_view unit, std::string_view default_text,
                            std::string_view applies_text, std::string_view doc,
                            bool (*applies)(const Point&), bool (*always_named)(const Point&) = never,
                            AxisValue (*default_value)(const Point&) = zero) {
    return {name,
            AxisKind::integer,
            {},
            min,
            max,
            unit,
            default_text,
            applies_text,
            doc,
            applies,
            always_named,
            default_value,
            get_plain<Member>,
            set_plain<Member, std::uint64_t>};
}

constexpr Axis text_axis(std::string_view name, AxisKind kind, std::span<const std::string_view> words,
                         std::string_view default_text, std::string_view doc,
                         AxisValue (*default_value)(const Point&), AxisValue (*get)(const Point&),
                         void (*set)(Point&, const AxisValue&)) {
    return {name, kind, words, 0, 0, "", default_text, "all", doc, always, always, default_value, get, set};
}

constexpr std::string_view synced_text = "streaming_*, noncoherent, noncontiguous, copy";
constexpr std::string_view ranged_text =
    "streaming_single, streaming_page, streaming_recycle, noncoherent and copy, where sync_every is not 0";

// Where an axis applies, and its default, may depend on the axes before it in this table. transfer,
// ownership, cache_mode and access depend on nothing but the strategy and each other.
constexpr std::array<Axis, 25> axes = {{
    text_axis("strategy", AxisKind::word, strategy_words, "", "how memory becomes DMA-able",
              first_word<strategy_words>, get_plain<&Point::strategy>,
              set_plain<&Point::strategy, std::string>),
    integer_axis<&Point::size>("size", 1, max_size, "bytes", "", "all", "length of the buffer", always,
                               always),
    word_axis<&Point::direction, direction_words>(
        "direction", "streaming_*, noncoherent, noncontiguous, copy, and where transfer is not none",
        "which way the data goes", has_direction, has_direction),
    text_axis("target", AxisKind::target, target_words, "auto", "the device that the DMA API is called with",
              first_word<target_words>, get_plain<&Point::target>, set_plain<&Point::target, std::string>),
    word_axis<&Point::source, source_words>("source", "streaming_single, streaming_sg",
                                            "where the buffer's memory comes from", has_source),
    integer_axis<&Point::map_every>("map_every", 0, max_every, "laps",
                                    "1 for pool, streaming_single, streaming_page and streaming_sg, else 0; "
                                    "0 with access, and with ownership or a pool's transfer",
                                    "all but null",
                                    "map or allocate in every n-th lap; 0: once, before the laps", not_null,
                                    names_map_every, default_map_every),
    integer_axis<&Point::sync_every>("sync_every", 0, max_every, "laps", "1 where map_every is 0, else 0",
                                     synced_text, "sync in every n-th lap; 0: never", synced, synced,
                                     default_sync_every),
    integer_axis<&Point::sync_offset>("sync_offset", 0, max_size - 1, "bytes", "0", ranged_text,
                                      "first byte that a sync covers", syncs_ranges),
    integer_axis<&Point::sync_bytes>("sync_bytes", 0, max_size, "bytes", "0", ranged_text,
                                     "bytes that a sync covers; 0: up to the end of the buffer",
                                     syncs_ranges),
    word_axis<&Point::touch, access_words>("touch", "all but null",
                                           "what the CPU does in the kernel in each lap", not_null),
    integer_axis<&Point::touch_bytes>("touch_bytes", 0, max_size, "bytes", "0",
                                      "where touch or access is not none",
                                      "bytes that the CPU touches; 0: the whole buffer", is_touched),
    integer_axis<&Point::dirty>("dirty", 0, 100, "percent", "0",
                                "all but null, on memory that is there before the lap; not with access",
                                "share of the cache lines that the CPU dirties before each lap, untimed",
                                can_be_dirty),
    word_axis<&Point::cache_state, cache_state_words>(
        "cache_state",
        "all but null, on memory that is there before the lap; not with cache_mode writecombine or uncached",
        "where the buffer's cache lines are when a lap begins", has_cache_state),
    word_axis<&Point::transfer, transfer_words>(
        "transfer", "all but null, where the target has that engine; not with access",
        "what moves data in each lap: a DMA engine's memcpy channel, or QEMU's edu device", not_null),
    word_axis<&Point::ownership, ownership_words>(
        "ownership", "where transfer is not none, on memory with dma_sync_*() that stays mapped",
        "leave out one sync, to see whether the data come out stale", transfers),
    word_axis<&Point::cache_mode, cache_mode_words>(
        "cache_mode", "coherent, write_combine, streaming_single, streaming_page",
        "how the buffer is mmap()ed; needs access", has_cache_modes),
    word_axis<&Point::access, access_words>("access", "where cache_mode is not none",
                                            "what user space does with the mmap()ed buffer in each lap",
                                            is_mapped_to_user),
    word_axis<&Point::pattern, pattern_words>("pattern", "where access is not none",
                                              "in which order user space accesses the buffer", is_accessed),
    word_axis<&Point::width, width_words>("width", "where access is not none",
                                          "how much one access takes: 8 bytes, or the CPU's widest vector",
                                          is_accessed),
    integer_axis<&Point::batch>("batch", 1, max_batch, "buffers", "1", "where map_every is 1",
                                "buffers that are mapped before the first of them is unmapped",
                                maps_in_each_lap, never, one),
    word_axis<&Point::unmap_cpu, unmap_cpu_words>("unmap_cpu", "where map_every is 1",
                                                  "on which CPU buffers are unmapped", maps_in_each_lap),
    integer_axis<&Point::offset>("offset", 0, max_offset, "bytes", "0", "streaming_*; not with access",
                                 "where the buffer begins in its page", begins_anywhere),
    integer_axis<&Point::mask_bits>("mask_bits", 0, max_mask_bits, "bits", "0", "all but null",
                                    "width of the DMA masks; 0: 64, or 32 where the device refuses that",
                                    not_null),
    word_axis<&Point::node, node_words>("node", "streaming_*, but not source user",
                                        "NUMA node that the buffer's memory is from", has_node),
    integer_axis<&Point::threads>("threads", 1, max_threads, "threads", "1", "all but null; not with access",
                                  "threads that run laps at the same time, each with its own buffer and CPU",
                                  runs_in_threads, never, one),
}};

constexpr auto names = [] {
    std::array<std::string_view, axes.size()> result{};
    for (std::size_t i = 0; i < axes.size(); ++i) {
        result[i] = axes[i].name;
    }
    return result;
}();

/// "03:00.0" or "0000:03:00.0", in either case, to the latter; empty when it is neither.
std::string canonical_pci_address(std::string_view address) {
    std::string text(address);
    if (std::count(text.begin(), text.end(), ':') == 1) {
        text.insert(0, "0000:");
    }
    constexpr std::string_view shape = "hhhh:hh:hh.o";
    if (text.size() != shape.size()) {
        return {};
    }
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const bool fits = shape[i] == 'h'   ? std::isxdigit(c) != 0
                          : shape[i] == 'o' ? c >= '0' && c <= '7'
                                            : text[i] == shape[i];
        if (!fits) {
            return {};
        }
        text[i] = static_cast<char>(std::tolower(c));
    }
    return text;
}

/// "4096 (4K)" for what people write with a unit.
std::string readable(std::uint64_t value, std::string_view unit) {
    if (unit != "bytes" && unit != "laps") {
        return fmt::format("{}", value);
    }
    if (value != 0 && value % (1U << 20) == 0) {
        return fmt::format("{} ({}M)", value, value >> 20);
    }
    if (value != 0 && value % (1U << 10) == 0) {
        return fmt::format("{} ({}K)", value, value >> 10);
    }
    return fmt::format("{}", value);
}

}  // namespace

std::string to_string(const AxisValue& value) {
    const auto* number = std::get_if<std::uint64_t>(&value);
    return number != nullptr ? fmt::format("{}", *number) : std::get<std::string>(value);
}

std::size_t Axis::index() const {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

Result<AxisValue> Axis::check(const AxisValue& value) const {
    if (kind == AxisKind::integer) {
        const auto* number = std::get_if<std::uint64_t>(&value);
        if (number == nullptr) {
            return fail(ErrorKind::usage, "{} is not an integer", in_quotes(std::get<std::string>(value)));
        }
        if (*number < min || *number > max) {
            return fail(ErrorKind::usage, "{} is out of range; expected {} .. {} {}", *number, min,
                        readable(max, unit), unit);
        }
        return value;
    }
    const std::string text = to_string(value);
    if (std::find(words.begin(), words.end(), text) != words.end()) {
        return AxisValue(text);
    }
    if (kind == AxisKind::target && text.starts_with("pci:")) {
        const std::string address = canonical_pci_address(std::string_view(text).substr(4));
        if (address.empty()) {
            return fail(ErrorKind::usage, "{} has no PCI address; expected one such as 'pci:0000:03:00.0'",
                        in_quotes(text));
        }
        return AxisValue("pci:" + address);
    }
    return fail(ErrorKind::usage, "unknown value {}; expected one of {}{}{}", in_quotes(text), join(words),
                kind == AxisKind::target ? ", pci:ADDRESS" : "", did_you_mean(text, words));
}

std::span<const Axis> all_axes() {
    return axes;
}

const Axis* find_axis(std::string_view name) {
    const auto* found =
        std::find_if(axes.begin(), axes.end(), [&](const Axis& axis) { return axis.name == name; });
    return found == axes.end() ? nullptr : found;
}

std::span<const std::string_view> axis_names() {
    return names;
}

}  // namespace dmabench
