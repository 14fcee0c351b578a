// SPDX-License-Identifier: GPL-2.0-only
// The words for the ABI's numbers.
#pragma once

#include <cstdint>
#include <string>

namespace dmabench {

[[nodiscard]] std::string relation_name(std::uint32_t relation);
[[nodiscard]] std::string memtype_name(std::uint32_t memtype);
[[nodiscard]] std::string mmap_mode_name(std::uint32_t mode);
[[nodiscard]] std::string engine_name(std::uint32_t engine);
[[nodiscard]] std::string source_name(std::uint32_t source);

/// A sentence for enum dmabench_reason, or "" for none.
[[nodiscard]] std::string reason_text(std::uint32_t reason);

}  // namespace dmabench
