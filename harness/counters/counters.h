// SPDX-License-Identifier: GPL-2.0-only
// Performance counters of this thread, user and kernel mode: of the PMU, of the kernel's software, of tracepoints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "counters/counter_set.h"
#include "counters/perf_event.h"

namespace dmabench {

struct UnavailableCounter {
    std::string event;
    std::string reason;
};

/// One event's count over a window, or per lap.
struct Count {
    std::string event;
    std::string key;           ///< of the row: "cycles_per_lap"
    double value = 0;          ///< scaled up to the whole window when the event had to share a counter
    double running_pct = 100;  ///< share of the window (or of all windows) in which it really counted
};

/// How events share a PMU that has fewer counters than there are events.
enum class Sharing {
    /// Each window counts one group of events that fits, the next window the next group. In a window all of its
    /// events count all the time, so that short windows are exact and ratios are of the same laps.
    by_window,
    /// All groups in each window; the kernel lets them take turns. For windows of many milliseconds.
    by_kernel,
};

/// Counters that are opened once and then count windows. Without a PMU, or without the right to use it, there
/// are fewer of them, or none: unavailable() says why.
class Counters {
  public:
    /// Opens what can be opened of `events`, for the calling thread, on the CPU that it is on.
    explicit Counters(const std::vector<CounterEvent>& events, Sharing sharing = Sharing::by_window);

    /// Counts from here ...
    void start();
    /// ... to here. Only events that got to run.
    std::vector<Count> stop();

    /// The same events, for the calling thread.
    [[nodiscard]] Counters for_this_thread() const;

    [[nodiscard]] std::vector<std::string> available() const;
    [[nodiscard]] const std::vector<UnavailableCounter>& unavailable() const { return unavailable_; }

  private:
    struct Event {
        CounterEvent name;
        UniqueFd fd;
        std::uint64_t value = 0;  ///< at the last stop()
    };
    /// Events that the PMU counts together or not at all. The first one leads.
    struct Group {
        std::vector<Event> events;
        std::uint64_t enabled = 0, running = 0;  ///< ns, at the last stop()
    };

    void add(const CounterEvent& event, const EncodedEvent& encoded);
    static bool runs(const Group& group);
    static void read(Group& group, std::vector<Count>* counts);
    template <typename Do>
    void each_running(Do run);

    Sharing sharing_;
    Group software_;             ///< needs no PMU, and so counts in every window
    std::vector<Group> groups_;  ///< of the PMU
    std::size_t next_ = 0;
    std::vector<UnavailableCounter> unavailable_;
    std::vector<CounterEvent> order_;  ///< events as they were asked for
};

/// Sums up windows of equally many laps.
class CountTotals {
  public:
    void add(const std::vector<Count>& window);

    /// Per lap, less `idle`, what a window without laps counts.
    [[nodiscard]] std::vector<Count> per_lap(std::uint64_t laps_per_window, const std::vector<Count>& idle) const;

  private:
    struct Total {
        Count sum;
        double windows = 0;
    };
    std::vector<Total> totals_;
    double windows_ = 0;
};

}  // namespace dmabench
