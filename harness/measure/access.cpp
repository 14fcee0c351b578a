// SPDX-License-Identifier: GPL-2.0-only
#include "measure/access.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace dmabench {
namespace {

constexpr std::size_t words_per_line = 8;

/// Keeps a value alive that nobody reads.
void keep(std::uint64_t value) { asm volatile("" : : "r"(value)); }

}  // namespace

AccessLoop::AccessLoop(const Point& point, std::span<std::byte> buffer)
    : access_(point.access),
      pattern_(point.pattern),
      buffer_(reinterpret_cast<volatile std::uint64_t*>(buffer.data())),
      words_(std::min<std::size_t>(point.touched_bytes(), buffer.size()) / 8),
      tail_(std::min<std::size_t>(point.touched_bytes(), buffer.size()) % 8) {
    end_ = reinterpret_cast<volatile unsigned char*>(buffer.data() + words_ * 8);
    if (pattern_ == Pattern::random) {
        order_.resize(words_);
        std::iota(order_.begin(), order_.end(), 0U);
        // A fixed seed: the order is part of what the point means.
        std::shuffle(order_.begin(), order_.end(), std::mt19937(1));
    }
    if (access_ == Access::copy)
        destination_.assign(words_ + 1, 0);
}

template <typename Body>
void AccessLoop::each_word(Body body) {
    switch (pattern_) {
        case Pattern::sequential:
            for (std::size_t i = 0; i < words_; ++i)
                body(i);
            break;
        case Pattern::strided:
            for (std::size_t first = 0; first < words_per_line; ++first)
                for (std::size_t i = first; i < words_; i += words_per_line)
                    body(i);
            break;
        case Pattern::random:
            for (const std::uint32_t i : order_)
                body(i);
            break;
    }
}

void AccessLoop::operator()() {
    std::uint64_t sum = 0;
    switch (access_) {
        case Access::none:
            return;
        case Access::read:
            each_word([&](std::size_t i) { sum += buffer_[i]; });
            for (std::size_t i = 0; i < tail_; ++i)
                sum += end_[i];
            break;
        case Access::write: {
            const std::uint64_t value = ++round_;
            each_word([&](std::size_t i) { buffer_[i] = value; });
            for (std::size_t i = 0; i < tail_; ++i)
                end_[i] = static_cast<unsigned char>(value);
            break;
        }
        case Access::copy: {
            std::uint64_t* destination = destination_.data();
            each_word([&](std::size_t i) { destination[i] = buffer_[i]; });
            for (std::size_t i = 0; i < tail_; ++i)
                sum += end_[i];
            keep(destination[0]);
            break;
        }
    }
    keep(sum);
}

}  // namespace dmabench
