// SPDX-License-Identifier: GPL-2.0-only
#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/terminal.h"

namespace dmabench {
namespace {

std::string duration(double seconds) {
    const auto whole = static_cast<long>(seconds + 0.5);
    if (whole >= 3600)
        return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
    if (whole >= 60)
        return fmt::format("{}m{:02}s", whole / 60, whole % 60);
    return fmt::format("{}s", whole);
}

constexpr std::size_t bar_cells = 20;
constexpr std::size_t narrowest_bar = 40;  // columns; below, the figures need them all
// A terminal that is written to all the time would take from the measurement, and nobody reads so fast.
constexpr std::chrono::milliseconds draw_every{50};
constexpr std::chrono::seconds tell_every{10};

}  // namespace

Progress::Progress(std::size_t total, std::size_t done, bool quiet)
    : total_(total), done_(done), at_start_(done), quiet_(quiet) {
    // Whoever draws a progress line of its own, as the lab does from the journal, wants none from here.
    const char* wish = std::getenv("DMABENCH_PROGRESS");
    if (wish != nullptr && std::string(wish) == "none")
        quiet_ = true;
    terminal_ = can_redraw(STDERR_FILENO);
}

Progress::~Progress() {
    erase();
}

void Progress::begin(const std::string& name) {
    current_ = name;
    draw();
}

void Progress::finish() {
    ++done_;
    if (done_ == total_)  // otherwise the next one begins at once
        draw();
}

void Progress::say(const std::string& line) {
    erase();
    fmt::print(stderr, "{}\n", line);
    draw();
}

std::string Progress::figures(clock::time_point now) const {
    const double elapsed = std::chrono::duration<double>(now - start_).count();
    const double rate = elapsed > 0 ? static_cast<double>(done_ - at_start_) / elapsed : 0;
    const std::string text = fmt::format("{}/{} points", done_, total_);
    if (rate <= 0)
        return text;
    return done_ == total_ ? fmt::format("{}  {:.1f}/s  took {}", text, rate, duration(elapsed))
                           : fmt::format("{}  {:.1f}/s  {} left", text, rate,
                                         duration(static_cast<double>(total_ - done_) / rate));
}

void Progress::draw() {
    if (quiet_)
        return;
    const clock::time_point now = clock::now();
    const bool last = done_ == total_;
    if (!terminal_) {
        if (now - last_told_ >= tell_every || (last && !current_.empty())) {
            fmt::print(stderr, "{}\n", figures(now));
            last_told_ = now;
            if (last)
                current_.clear();
        }
        return;
    }
    if (drawn_ && !last && now - last_told_ < draw_every)
        return;
    last_told_ = now;
    const std::size_t columns = terminal_width(STDERR_FILENO);
    const std::size_t width = columns > 1 ? columns - 1 : 79;
    std::string line = figures(now);
    if (width >= narrowest_bar) {
        const std::size_t full = total_ > 0 ? bar_cells * done_ / total_ : bar_cells;
        line = fmt::format("[{}{}] {}", std::string(full, '#'), std::string(bar_cells - full, '.'), line);
    }
    if (line.size() + 3 < width)
        line += "  " + current_.substr(0, width - line.size() - 2);
    fmt::print(stderr, "\r\033[K{}", line.substr(0, width));
    std::fflush(stderr);
    drawn_ = true;
}

void Progress::erase() {
    if (!drawn_)
        return;
    fmt::print(stderr, "\r\033[K");
    std::fflush(stderr);
    drawn_ = false;
}

}  // namespace dmabench
