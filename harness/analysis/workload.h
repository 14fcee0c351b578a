// SPDX-License-Identifier: GPL-2.0-only
// What advice is asked for: how a device and a CPU use a buffer.
#pragma once

#include <cstdint>
#include <string>

#include "plan/point.h"

namespace dmabench {

struct Workload {
    std::uint64_t transfer_bytes = 0;      ///< of one transfer; the buffer's size
    std::uint64_t touch_bytes = 0;         ///< that the CPU accesses of each transfer; 0: none
    Touch touch = Touch::read;             ///< how; none with touch_bytes 0
    std::uint64_t transfers_per_sync = 1;  ///< transfers for each change of ownership, at least 1
    Direction direction = Direction::from_device;
    bool user_space = false;  ///< the CPU accesses it from user space, through mmap()
    Pattern pattern = Pattern::sequential;

    /// "64 KiB from the device, the CPU reads 4 KiB of it in the kernel, ..."
    [[nodiscard]] std::string text() const;
};

/// "64 KiB"; exact where it has to be: "1500 B".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace dmabench
