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

/// Others wait in their boot program, as a board's do that is told to use one (maxcpus=1): they touch no
/// memory that laps touch.
constexpr unsigned followed_cpu = 0;

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
///
/// QEMU stops the CPU at the instruction at which a timer is due, as far as it knew when it let the CPU run.
/// If the clock passed a timer's time while the CPU runs, QEMU's other thread could find the timer due at an
/// instruction that depends on the host. So what is to be added is owed until the CPU has stopped between
/// two blocks, for which it is asked, or until the guest is about to look at the clock.
class Clock {
  public:
    /// Ends QEMU if its clock does not follow.
    void open();
    /// Back, too, but not further than instructions have brought it since it was last looked at.
    void advance(std::int64_t ps);
    /// Before an instruction that reads the clock and is its block's last: whichever thread then finds a
    /// timer due, the guest sees its interrupt behind that instruction.
    void settle_before_read();
    /// Once the CPU is through with the block that it is in.
    void settle_after_block();

  private:
    void settle();

    std::int64_t owed_ps_ = 0;
    bool asked_ = false;
};

}  // namespace dmabench::model
