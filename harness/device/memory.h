// SPDX-License-Identifier: GPL-2.0-only
// Which kinds of memory may be DMA-mapped, as the module found out; see struct dmabench_memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <dmabench.h>

#include "base/result.h"

namespace dmabench {

inline constexpr std::uint32_t memory_kinds = DMABENCH_MEMORY_TEXT + 1;

/// What was found out about one kind of memory for one target.
struct MemoryInfo {
    std::uint32_t kind = 0;     ///< enum dmabench_memory_kind
    std::uint32_t verdict = 0;  ///< enum dmabench_memory_verdict
    std::uint32_t why = 0;      ///< enum dmabench_memory_why
    std::uint32_t asked = 0;    ///< DMABENCH_MEMORY_* bits
    std::uint32_t answers = 0;  ///< those answered with yes
    std::string relation;       ///< none: it was not mapped
    std::uint64_t phys_addr = 0;
    std::uint64_t dma_addr = 0;
    std::string failed;  ///< why it could not be looked at or mapped
};

/// A question put to the kernel, by the function that answers it.
struct MemoryQuestion {
    std::uint32_t bit;
    const char* function;
};

[[nodiscard]] const std::vector<MemoryQuestion>& memory_questions();
[[nodiscard]] std::string memory_kind_name(std::uint32_t kind);        ///< "page allocator"
[[nodiscard]] std::string memory_kind_source(std::uint32_t kind);      ///< "__get_free_page()"
[[nodiscard]] std::string memory_verdict_name(std::uint32_t verdict);  ///< no, yes, by page
/// Where its address lies: "direct map", "vmalloc", "user space", "module", "elsewhere".
[[nodiscard]] std::string memory_address_kind(const MemoryInfo& info);
/// What may be done with it, or why nothing; a sentence without a period.
[[nodiscard]] std::string memory_advice(const MemoryInfo& info);

/// Asks the module about each kind. `target` is an id of the ABI.
Result<std::vector<MemoryInfo>> ask_memory(int fd, std::uint32_t target);

/// What a machine without highmem would answer; for the session without a kernel.
std::vector<MemoryInfo> fake_memory();

}  // namespace dmabench
