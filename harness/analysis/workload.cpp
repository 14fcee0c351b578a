// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/workload.h"

#include <fmt/format.h>

namespace dmabench {

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::uint64_t kib = 1024;
    constexpr std::uint64_t mib = kib * kib;
    if (bytes >= mib && bytes % mib == 0)
        return fmt::format("{} MiB", bytes / mib);
    if (bytes >= kib && bytes % kib == 0)
        return fmt::format("{} KiB", bytes / kib);
    return fmt::format("{} B", bytes);
}

std::string Workload::text() const {
    static constexpr const char* ways[] = {"in both directions", "to the device", "from the device"};
    static constexpr const char* verbs[] = {"accesses", "reads", "writes", "copies"};
    static constexpr const char* patterns[] = {"", ", with a stride", ", at random"};
    std::string text = fmt::format("{} {} a transfer; ", bytes_text(transfer_bytes),
                                   ways[static_cast<std::size_t>(direction)]);
    if (touch_bytes == 0) {
        text += "the CPU accesses none of it";
    } else {
        const std::string part = touch_bytes == transfer_bytes ? "all" : bytes_text(touch_bytes);
        text += fmt::format("the CPU {} {} of it in {}{}", verbs[static_cast<std::size_t>(touch)], part,
                            user_space ? "user space" : "the kernel",
                            user_space ? patterns[static_cast<std::size_t>(pattern)] : "");
    }
    return text + (transfers_per_sync == 1
                       ? "; ownership changes with every transfer"
                       : fmt::format("; ownership changes once in {} transfers", transfers_per_sync));
}

}  // namespace dmabench
