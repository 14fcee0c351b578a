// SPDX-License-Identifier: GPL-2.0-only
// The traced functions, by the ABI's numbers, and the words that choose among them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <dmabench.h>
#include "base/result.h"

namespace dmabench {

/// Bit (1 << enum dmabench_trace_function).
using TracedFunctions = std::uint64_t;

enum class CallKind { map, unmap, sync_for_cpu, sync_for_device, alloc, free, other };

/// "map", ...
[[nodiscard]] const char* kind_name(CallKind kind);

[[nodiscard]] CallKind kind_of(std::uint32_t function);

/// As it is called in the table: "map_page".
[[nodiscard]] std::string function_name(std::uint32_t function);

/// As it is called in the kernel: "dma_map_page_attrs".
[[nodiscard]] std::string kernel_name(std::uint32_t function);

/// Those of a mask, by function_name().
[[nodiscard]] std::vector<std::string> function_names(TracedFunctions functions);

[[nodiscard]] TracedFunctions all_functions();

/// Kinds and names, with commas: "sync_for_cpu,map_sg". ErrorKind::usage for other words.
Result<TracedFunctions> parse_functions(std::string_view text);

}  // namespace dmabench
