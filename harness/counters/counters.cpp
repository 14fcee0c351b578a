// SPDX-License-Identifier: GPL-2.0-only
#include "counters/counters.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace dmabench {
namespace {

constexpr std::size_t most_in_group = 32;

/// What a group's leader tells, see perf_event_open(2).
struct GroupReading {
    std::uint64_t events = 0, enabled = 0, running = 0;
    std::array<std::uint64_t, most_in_group> values{};
};

bool read_group(int leader, GroupReading& reading) {
    constexpr auto head = static_cast<ssize_t>(3 * sizeof(std::uint64_t));
    return ::read(leader, &reading, sizeof reading) >= head;
}

}  // namespace

Counters::Counters(const std::vector<CounterEvent>& events, Sharing sharing) : sharing_(sharing) {
    for (const CounterEvent& event : events) {
        const auto encoded = encode_event(event.event);
        if (encoded)
            add(event, *encoded);
        else
            unavailable_.push_back({event.event, encoded.error()});
        order_.push_back(event);
    }
}

void Counters::add(const CounterEvent& event, const EncodedEvent& encoded) {
    const auto join = [&](Group& group) -> tl::expected<void, std::string> {
        auto fd = open_event(encoded, group.events.empty() ? -1 : group.events.front().fd.get());
        if (!fd)
            return tl::unexpected(fd.error());
        group.events.push_back({event, std::move(*fd)});
        return {};
    };
    if (encoded.kind != EventKind::hardware) {
        if (software_.events.size() == most_in_group)
            unavailable_.push_back({event.event, "there are too many events"});
        else if (auto joined = join(software_); !joined)
            unavailable_.push_back({event.event, joined.error()});
        return;
    }
    // The kernel takes a group only if the PMU has counters for it, but does not think of those that others hold for
    // good, as the NMI watchdog does: only trying tells.
    if (!groups_.empty() && groups_.back().events.size() < most_in_group && join(groups_.back())) {
        if (runs(groups_.back()))
            return;
        groups_.back().events.pop_back();
    }
    Group alone;
    if (auto opened = join(alone); !opened)
        unavailable_.push_back({event.event, opened.error()});
    else if (!runs(alone))
        unavailable_.push_back({event.event, "the PMU never gets to count it: others hold its counters (the NMI "
                                             "watchdog? sysctl kernel.nmi_watchdog=0)"});
    else
        groups_.push_back(std::move(alone));
}

bool Counters::runs(const Group& group) {
    const int leader = group.events.front().fd.get();
    GroupReading before;
    GroupReading after;
    if (!read_group(leader, before))
        return false;
    ::ioctl(leader, PERF_EVENT_IOC_ENABLE, 0);
    for (int spin = 0; spin < 1000; ++spin)
        asm volatile("");
    ::ioctl(leader, PERF_EVENT_IOC_DISABLE, 0);
    return read_group(leader, after) && after.running > before.running;
}

/// Adds what has been counted since the last reading to `counts`, if there are any.
void Counters::read(Group& group, std::vector<Count>* counts) {
    GroupReading now;
    if (group.events.empty() || !read_group(group.events.front().fd.get(), now))
        return;
    const auto enabled = static_cast<double>(now.enabled - group.enabled);
    const auto running = static_cast<double>(now.running - group.running);
    for (std::size_t i = 0; i < group.events.size(); ++i) {
        Event& event = group.events[i];
        const auto value = static_cast<double>(now.values[i] - event.value);
        event.value = now.values[i];
        if (counts != nullptr && running > 0)
            counts->push_back({event.name.event, event.name.key + "_per_lap", value * enabled / running,
                               100 * running / enabled});
    }
    group.enabled = now.enabled;
    group.running = now.running;
}

template <typename Do>
void Counters::each_running(Do run) {
    if (!software_.events.empty())
        run(software_);
    if (sharing_ == Sharing::by_kernel)
        std::for_each(groups_.begin(), groups_.end(), run);
    else if (!groups_.empty())
        run(groups_[next_]);
}

void Counters::start() {
    each_running([](Group& group) { read(group, nullptr); });
    each_running([](Group& group) { ::ioctl(group.events.front().fd.get(), PERF_EVENT_IOC_ENABLE, 0); });
}

std::vector<Count> Counters::stop() {
    each_running([](Group& group) { ::ioctl(group.events.front().fd.get(), PERF_EVENT_IOC_DISABLE, 0); });
    std::vector<Count> counts;
    each_running([&](Group& group) { read(group, &counts); });
    if (!groups_.empty())
        next_ = (next_ + 1) % groups_.size();
    return counts;
}

Counters Counters::for_this_thread() const { return Counters(order_, sharing_); }

std::vector<std::string> Counters::available() const {
    std::vector<std::string> names;
    for (const CounterEvent& event : order_)
        if (std::none_of(unavailable_.begin(), unavailable_.end(),
                         [&](const UnavailableCounter& missing) { return missing.event == event.event; }))
            names.push_back(event.event);
    return names;
}

void CountTotals::add(const std::vector<Count>& window) {
    ++windows_;
    for (const Count& count : window) {
        auto total = std::find_if(totals_.begin(), totals_.end(),
                                  [&](const Total& known) { return known.sum.event == count.event; });
        if (total == totals_.end()) {
            totals_.push_back({{count.event, count.key, 0, 0}, 0});
            total = std::prev(totals_.end());
        }
        total->sum.value += count.value;
        total->sum.running_pct += count.running_pct;
        ++total->windows;
    }
}

std::vector<Count> CountTotals::per_lap(std::uint64_t laps_per_window, const std::vector<Count>& idle) const {
    std::vector<Count> counts;
    for (const Total& total : totals_) {
        Count count = total.sum;
        for (const Count& other : idle)
            if (other.event == count.event)
                count.value -= other.value * total.windows;
        count.value /= total.windows * static_cast<double>(laps_per_window);
        count.running_pct /= windows_;
        counts.push_back(std::move(count));
    }
    return counts;
}

}  // namespace dmabench
