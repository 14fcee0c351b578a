// SPDX-License-Identifier: GPL-2.0-only
// Progress on stderr: a live line on a terminal, a plain line now and then elsewhere, nothing when quiet.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace dmabench {

class Progress {
  public:
    /// total: points planned; done: points that an earlier run has measured already.
    Progress(std::size_t total, std::size_t done, bool quiet);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// The point that is being measured now.
    void begin(const std::string& name);
    /// That point is done.
    void finish();
    /// A line that stays; the live line is drawn again below it. Shown even when quiet.
    void say(const std::string& line);

  private:
    using clock = std::chrono::steady_clock;
    /// "12/100 points  3.4/s  26s left"
    [[nodiscard]] std::string figures(clock::time_point now) const;
    void draw();
    void erase();

    std::size_t total_;
    std::size_t done_;
    std::size_t at_start_;
    bool quiet_;
    bool terminal_;
    bool drawn_ = false;
    std::string current_;
    clock::time_point start_ = clock::now();
    clock::time_point last_told_ = start_;
};

}  // namespace dmabench
