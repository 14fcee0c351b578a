// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/crossover.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "base/figures.h"

namespace dmabench {
namespace {

/// Costs that differ by less are called equal, as are overlapping intervals.
constexpr double tie = 0.02;
constexpr std::size_t least_amounts = 3;  ///< of bytes touched, to tell a crossover from two lines' ends

constexpr const char* no_access = "no CPU access";

using Axes = std::map<std::string_view, std::string_view>;
using ByBytes = std::map<std::uint64_t, const LoadedRow*>;
using Lines = std::map<Axes, ByBytes>;

std::string_view axis(const Axes& axes, std::string_view name) {
    const auto found = axes.find(name);
    return found == axes.end() ? std::string_view{} : found->second;
}

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Rows that differ in one axis only, by that axis.
Lines lines_over(const LoadedReport& report, std::string_view over) {
    Lines lines;
    for (const LoadedRow& row : report.rows) {
        Axes axes;
        for (const Param& param : row.params)
            axes.emplace(report.keys.word(param.axis), report.values.word(param.value));
        std::uint64_t at = number(axis(axes, over));
        if (over == "touch_bytes" && at == 0)
            at = number(axis(axes, "size"));
        axes.erase(over);
        if (row.real_time > 0)
            lines[axes].emplace(at, &row);
    }
    return lines;
}

/// Lines that do the same work: those that agree in these axes.
std::map<std::vector<std::string_view>, std::vector<const Lines::value_type*>> by_work(
    const Lines& lines, std::initializer_list<std::string_view> names) {
    std::map<std::vector<std::string_view>, std::vector<const Lines::value_type*>> groups;
    for (const Lines::value_type& line : lines) {
        std::vector<std::string_view> work;
        for (const std::string_view name : names)
            work.push_back(axis(line.first, name));
        groups[work].push_back(&line);
    }
    return groups;
}

bool equal(const LoadedRow& a, const LoadedRow& b) {
    if (std::abs(a.real_time - b.real_time) <= tie * std::max(a.real_time, b.real_time))
        return true;
    return a.ci_low > 0 && b.ci_low > 0 && a.ci_low <= b.ci_high && b.ci_low <= a.ci_high;
}

struct Change {
    double bytes = 0;
    bool first_below = false;  ///< the first of the two is cheaper below
};

/// Where the straight line of log(b / a) over log(bytes) passes 0. Equal costs in between are no change of their own.
std::vector<Change> changes(const std::vector<std::uint64_t>& bytes, const std::vector<const LoadedRow*>& a,
                            const std::vector<const LoadedRow*>& b) {
    const auto gap = [&](std::size_t i) { return std::log(b[i]->real_time / a[i]->real_time); };
    std::vector<Change> found;
    std::optional<std::size_t> last;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (equal(*a[i], *b[i]))
            continue;
        if (last && (gap(*last) > 0) != (gap(i) > 0)) {
            auto meeting = static_cast<double>(bytes[i]);
            for (std::size_t k = *last; k < i; ++k) {
                if (gap(k) * gap(k + 1) > 0)
                    continue;
                const double part = gap(k) / (gap(k) - gap(k + 1));
                const auto low = static_cast<double>(bytes[k]);
                meeting = low * std::pow(static_cast<double>(bytes[k + 1]) / low, part);
                break;
            }
            found.push_back({meeting, gap(*last) > 0});
        }
        last = i;
    }
    return found;
}

/// The changes between two lines, where both were measured.
std::vector<Change> changes(const ByBytes& a, const ByBytes& b, std::size_t least) {
    std::vector<std::uint64_t> bytes;
    std::vector<const LoadedRow*> a_rows;
    std::vector<const LoadedRow*> b_rows;
    for (const auto& [at, row] : a)
        if (const auto other = b.find(at); other != b.end()) {
            bytes.push_back(at);
            a_rows.push_back(row);
            b_rows.push_back(other->second);
        }
    return bytes.size() < least ? std::vector<Change>{} : changes(bytes, a_rows, b_rows);
}

/// "A is cheaper up to 12 KiB touched; above it B"
std::string answer_of(const std::vector<Change>& found, const std::string& a, const std::string& b,
                      const char* touched) {
    std::string text = fmt::format("{} is cheaper up to {}{}", found.front().first_below ? a : b,
                                   bytes_text(found.front().bytes), touched);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const std::string& above = found[i].first_below ? b : a;
        text += i + 1 < found.size() ? fmt::format("; {} up to {}", above, bytes_text(found[i + 1].bytes))
                                     : fmt::format("; above it {}", above);
    }
    return text;
}

/// "user space reads", "the kernel copies"
std::string access_text(const Axes& axes) {
    const bool user = axis(axes, "access") != "none" && !axis(axes, "access").empty();
    const std::string_view what = axis(axes, user ? "access" : "touch");
    if (what == "none" || what.empty())
        return no_access;
    std::string text = fmt::format("{} {}", user ? "user space" : "the kernel",
                                   what == "copy" ? "copies" : fmt::format("{}s", what));
    if (user && axis(axes, "pattern") != "sequential")
        text += fmt::format(" ({})", axis(axes, "pattern"));
    if (axis(axes, "width") == "vector")
        text += " (widest vectors)";
    return text;
}

bool whole_sync(const Axes& axes) {
    return number(axis(axes, "sync_bytes")) == 0 && number(axis(axes, "sync_offset")) == 0;
}

bool laps_are(const Axes& axes, std::uint64_t map_every, std::uint64_t sync_every) {
    return number(axis(axes, "map_every")) == map_every && number(axis(axes, "sync_every")) == sync_every;
}

class Finder {
  public:
    explicit Finder(const LoadedReport& report) : report_(report) {}

    std::vector<Crossover> find() {
        by_size();
        by_bytes_touched();
        return std::move(out_);
    }

  private:
    void add(Crossover one) {
        const bool told = std::any_of(out_.begin(), out_.end(), [&](const Crossover& other) {
            return other.work == one.work && other.answer == one.answer;
        });
        if (!told)
            out_.push_back(std::move(one));
    }

    /// Coherent memory against streaming as drivers use it: mapped for each transfer, or mapped once and synced.
    void by_size() {
        const Lines lines = lines_over(report_, "size");
        for (const auto& [work, group] : by_work(lines, {"target", "touch", "access", "touch_bytes",
                                                         "pattern", "dirty", "cache_state", "width"}))
            for (const auto* coherent : group)
                if (axis(coherent->first, "strategy") == "coherent" && number(axis(coherent->first, "map_every")) == 0)
                    for (const auto* streaming : group)
                        compare_sizes(coherent->second, streaming->first, streaming->second);
    }

    void compare_sizes(const ByBytes& coherent, const Axes& axes, const ByBytes& streaming) {
        const std::string_view mode = axis(axes, "cache_mode");
        const bool mapped = laps_are(axes, 1, 0);
        if (!axis(axes, "strategy").starts_with("streaming_") || (mode != "none" && mode != "cached") ||
            !whole_sync(axes) || (!mapped && !laps_are(axes, 0, 1)))
            return;
        const auto found = changes(coherent, streaming, 2);
        if (found.empty())
            return;
        const std::string name = fmt::format("{} ({}, {})", axis(axes, "strategy"), axis(axes, "direction"),
                                             mapped ? "mapped each transfer" : "mapped once, synced");
        const std::string access = access_text(axes);
        add({fmt::format("{}, {}", axis(axes, "target"), access), answer_of(found, "coherent", name, ""),
             access != no_access});
    }

    /// The consumer in user space: a cached buffer with its syncs, against one that needs none.
    void by_bytes_touched() {
        const Lines lines = lines_over(report_, "touch_bytes");
        for (const auto& [work, group] : by_work(
                 lines, {"target", "size", "access", "touch", "pattern", "dirty", "cache_state", "width"}))
            for (const auto* cached : group)
                if (axis(cached->first, "cache_mode") == "cached" && number(axis(cached->first, "sync_every")) == 1 &&
                    whole_sync(cached->first))
                    for (const auto* other : group)
                        compare_bytes_touched(*cached, *other);
    }

    void compare_bytes_touched(const Lines::value_type& cached, const Lines::value_type& other) {
        const std::string_view mode = axis(other.first, "cache_mode");
        const std::string_view strategy = axis(other.first, "strategy");
        if (mode == "none" || mode == "cached" || mode.empty() || number(axis(other.first, "sync_every")) != 0 ||
            (axis(cached.first, "direction") != axis(other.first, "direction") && strategy != "coherent" &&
             strategy != "write_combine"))
            return;
        const auto found = changes(other.second, cached.second, least_amounts);
        if (found.empty())
            return;
        const std::string without = fmt::format("{} without sync", mode == "writecombine" ? "write-combined" : mode);
        const auto size = static_cast<double>(number(axis(cached.first, "size")));
        add({fmt::format("{}, {} a part of {}", axis(cached.first, "target"), access_text(cached.first),
                         bytes_text(size)),
             answer_of(found, without, "cached with sync", " touched"), true});
    }

    const LoadedReport& report_;
    std::vector<Crossover> out_;
};

}  // namespace

std::vector<Crossover> crossovers(const LoadedReport& report) { return Finder(report).find(); }

}  // namespace dmabench
