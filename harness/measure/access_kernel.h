// SPDX-License-Identifier: GPL-2.0-only
// The loops that access a buffer from user space, one for each width that this CPU has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "plan/point.h"

namespace dmabench {

/// One pass over `units` units of a kernel's width, each accessed once.
struct AccessJob {
    Access access = Access::none;
    Pattern pattern = Pattern::sequential;
    void* buffer = nullptr;               ///< aligned to the width
    std::size_t units = 0;
    const std::uint32_t* order = nullptr;  ///< a permutation of the units; random only
    void* destination = nullptr;          ///< as long as the buffer and as aligned; copy only
    std::uint64_t value = 0;              ///< stored in each eight bytes; write only
};

struct AccessKernel {
    std::string_view name;  ///< word, sse2, avx2, avx512 or neon
    std::size_t bytes;      ///< of one access
    void (*run)(const AccessJob& job);
};

/// Those that this CPU and kernel can run, from the narrowest to the widest.
std::span<const AccessKernel> access_kernels();

/// The one for a point: eight bytes, or the widest.
const AccessKernel& access_kernel(Width width);

}  // namespace dmabench
