// SPDX-License-Identifier: GPL-2.0-only
// Performance counters of this thread, user and kernel mode, by libpfm4's names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace dmabench {

struct UnavailableCounter {
    std::string event;
    std::string reason;
};

/// One event's count over a window.
struct Count {
    std::string event;
    double value = 0;          ///< scaled up to the whole window when the event had to share a counter
    double running_pct = 100;  ///< share of the window in which it really counted
};

/// Counters that are opened once and then count windows. Without a PMU, or without the right to use it, there
/// are fewer of them, or none: unavailable() says why.
class Counters {
  public:
    /// Opens what can be opened of `events`, for the calling thread. The names are libpfm4's.
    explicit Counters(const std::vector<std::string>& events);

    /// Counts from here ...
    void start();
    /// ... to here. Events that did not get to run are left out.
    std::vector<Count> stop();

    [[nodiscard]] std::vector<std::string> available() const;
    [[nodiscard]] const std::vector<UnavailableCounter>& unavailable() const { return unavailable_; }

    /// cycles, instructions, cache and TLB misses, and the kernel's software events.
    static const std::vector<std::string>& default_events();

  private:
    struct Event {
        std::string name;
        UniqueFd fd;
        std::uint64_t value = 0, enabled = 0, running = 0;  ///< at start()
    };
    std::vector<Event> events_;
    std::vector<UnavailableCounter> unavailable_;
};

/// "cycles" -> "cycles_per_lap": the row's key for an event.
[[nodiscard]] std::string counter_key(const std::string& event);

}  // namespace dmabench
