// SPDX-License-Identifier: GPL-2.0-only
#include "measure/access_kernel.h"

#include <array>

namespace dmabench {
namespace {

constexpr std::size_t line_bytes = 64;

}  // namespace
}  // namespace dmabench

#define UNIT_NAMESPACE word
#define UNIT_BYTES 8
#include "measure/access_kernel.inc"

#if defined(__x86_64__)

#define UNIT_NAMESPACE sse2
#define UNIT_BYTES 16
#include "measure/access_kernel.inc"

#pragma GCC push_options
#pragma GCC target("avx2")
#define UNIT_NAMESPACE avx2
#define UNIT_BYTES 32
#include "measure/access_kernel.inc"
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx512f")
#define UNIT_NAMESPACE avx512
#define UNIT_BYTES 64
#include "measure/access_kernel.inc"
#pragma GCC pop_options

#elif defined(__aarch64__)

#define UNIT_NAMESPACE neon
#define UNIT_BYTES 16
#include "measure/access_kernel.inc"

#endif

namespace dmabench {
namespace {

struct Available {
    std::array<AccessKernel, 4> kernels;
    std::size_t count = 0;

    void add(std::string_view name, std::size_t bytes, void (*run)(const AccessJob&)) {
        kernels.at(count++) = {name, bytes, run};
    }

    Available() {
        add("word", 8, word::run);
#if defined(__x86_64__)
        add("sse2", 16, sse2::run);
        // These ask the kernel, too: it has to save the registers.
        if (__builtin_cpu_supports("avx2"))
            add("avx2", 32, avx2::run);
        if (__builtin_cpu_supports("avx512f"))
            add("avx512", 64, avx512::run);
#elif defined(__aarch64__)
        add("neon", 16, neon::run);
#endif
    }
};

}  // namespace

std::span<const AccessKernel> access_kernels() {
    static const Available available;
    return {available.kernels.data(), available.count};
}

const AccessKernel& access_kernel(Width width) {
    return width == Width::word ? access_kernels().front() : access_kernels().back();
}

}  // namespace dmabench
