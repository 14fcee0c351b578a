// SPDX-License-Identifier: GPL-2.0-only
#include "measure/access.h"

#include <algorithm>
#include <numeric>
#include <random>

namespace dmabench {

AccessLoop::AccessLoop(const Point& point, std::span<std::byte> buffer)
    : AccessLoop(point, buffer, access_kernel(point.width)) {}

AccessLoop::AccessLoop(const Point& point, std::span<std::byte> buffer, const AccessKernel& kernel)
    : kernel_(&kernel), bytes_(std::min<std::size_t>(point.touched_bytes(), buffer.size())) {
    units_.access = words_.access = point.access;
    units_.pattern = point.pattern;
    units_.buffer = buffer.data();
    units_.units = bytes_ / kernel.bytes;
    const std::size_t in_units = units_.units * kernel.bytes;
    words_.buffer = buffer.data() + in_units;
    words_.units = (bytes_ - in_units) / 8;
    end_bytes_ = bytes_ % 8;
    end_ = reinterpret_cast<volatile unsigned char*>(buffer.data() + bytes_ - end_bytes_);
    if (point.pattern == Pattern::random) {
        order_.resize(units_.units);
        std::iota(order_.begin(), order_.end(), 0U);
        // A fixed seed: the order is part of what the point means.
        std::shuffle(order_.begin(), order_.end(), std::mt19937(1));
        units_.order = order_.data();
    }
    if (point.access == Access::copy) {
        destination_.resize(bytes_ / sizeof(Line) + 1);
        units_.destination = destination_.data();
        words_.destination = reinterpret_cast<std::byte*>(destination_.data()) + in_units;
    }
}

void AccessLoop::operator()() {
    const std::uint64_t value = ++units_.value;
    kernel_->run(units_);
    if (words_.units != 0) {
        words_.value = value;
        access_kernel(Width::word).run(words_);
    }
    for (std::size_t i = 0; i < end_bytes_; ++i) {
        if (units_.access == Access::write)
            end_[i] = static_cast<unsigned char>(value);
        else
            (void)end_[i];
    }
}

}  // namespace dmabench
