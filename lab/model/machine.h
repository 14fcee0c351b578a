// SPDX-License-Identifier: GPL-2.0-only
// The emulated machine as the plugin sees it: registers, physical memory, and the clock that it moves.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "qemu_api.h"
#include "translation.h"

namespace dmabench::model {

/// Says one line and ends QEMU: a figure of a model that does not work is worse than none.
[[noreturn]] void give_up(const std::string& why);

/// The virtual CPU's registers, by the names that QEMU gives them.
class CpuRegisters {
  public:
    /// To be called on the CPU's thread, before all else.
    void open();
    qemu_plugin_register* find(const std::string& name) const;
    /// Only in callbacks that were registered to read registers.
    std::uint64_t read(qemu_plugin_register* which);

  private:
    std::map<std::string, qemu_plugin_register*> by_name_;
    GByteArray* buffer_ = nullptr;
};

class GuestMemory final : public PhysicalMemory {
  public:
    std::uint64_t read(std::uint64_t address) override;
    static void write(std::uint64_t address, const void* from, std::size_t bytes);
};

/// The guest's clock: QEMU counts 1 ns per instruction, and what accesses cost is added to that.
class Clock {
  public:
    /// Ends QEMU if its clock does not follow.
    void open();
    /// Back, too, but not further than instructions have brought it since it was last looked at.
    void advance(std::int64_t ps);

  private:
    const void* handle_ = nullptr;
    std::int64_t rest_ps_ = 0;
    std::int64_t since_told_ps_ = 0;
};

}  // namespace dmabench::model
