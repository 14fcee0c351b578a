// SPDX-License-Identifier: GPL-2.0-only
#include "machine.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace dmabench::model {
namespace {

/// struct TimersState of QEMU's accel/tcg/icount-common: qemu_icount_bias, in 7.2 to 11.1. Clock::open()
/// tries it.
constexpr std::size_t bias_offset = 40;

/// What is owed is settled so often, so that timers are on time.
constexpr std::int64_t settle_every_ps = 10'000'000;

volatile std::int64_t& bias() {
    return *reinterpret_cast<volatile std::int64_t*>(timers_state + bias_offset);
}

}  // namespace

void give_up(const std::string& why) {
    std::fprintf(stderr, "dmabench-model: %s\n", why.c_str());
    std::fflush(stderr);
    // Not exit(): other threads of QEMU's still run.
    std::_Exit(3);
}

void CpuRegisters::open() {
    GArray* all = qemu_plugin_get_registers();
    buffer_ = g_byte_array_new();
    for (unsigned i = 0; i < all->len; ++i) {
        qemu_plugin_reg_descriptor one;
        std::memcpy(&one, all->data + std::size_t{i} * g_array_get_element_size(all), sizeof one);
        by_name_.emplace(one.name, one.handle);
    }
}

qemu_plugin_register* CpuRegisters::find(const std::string& name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end())
        give_up("this QEMU does not show the register " + name);
    return found->second;
}

std::uint64_t CpuRegisters::read(qemu_plugin_register* which) {
    std::uint64_t value = 0;
    g_byte_array_set_size(buffer_, 0);
    qemu_plugin_read_register(which, buffer_);
    std::memcpy(&value, buffer_->data, buffer_->len < sizeof value ? buffer_->len : sizeof value);
    return value;
}

std::uint64_t GuestMemory::read(std::uint64_t address) {
    std::uint64_t value = 0;
    cpu_physical_memory_rw(address, &value, sizeof value, false);
    return value;
}

void GuestMemory::write(std::uint64_t address, const void* from, std::size_t bytes) {
    cpu_physical_memory_rw(address, const_cast<void*>(from), bytes, true);
}

void Clock::open() {
    if (timers_state == nullptr || icount_get == nullptr || cpu_physical_memory_rw == nullptr ||
        async_run_on_cpu == nullptr || qemu_get_cpu == nullptr)
        give_up(
            "this QEMU does not export what the modelled clock needs; QEMU 10.0 of bookworm-backports does");
    constexpr std::int64_t step = 12345;
    const std::int64_t before = icount_get();
    bias() = bias() + step;
    const std::int64_t after = icount_get();
    bias() = bias() - step;
    if (after - before != step || icount_get() != before)
        give_up("this QEMU's clock does not follow the model; QEMU 10.0 of bookworm-backports does");
}

void Clock::advance(std::int64_t ps) {
    owed_ps_ += ps;
    if (owed_ps_ >= settle_every_ps || owed_ps_ <= -settle_every_ps)
        settle_after_block();
}

void Clock::settle() {
    bias() = bias() + owed_ps_ / 1000;
    owed_ps_ %= 1000;
}

void Clock::settle_before_read() {
    if (owed_ps_ < 1000 && owed_ps_ > -1000)
        return;
    settle();
    // Has QEMU leave the block as well, and look for timers that are due.
    settle_after_block();
}

void Clock::settle_after_block() {
    if (asked_)
        return;
    asked_ = true;
    async_run_on_cpu(
        qemu_get_cpu(followed_cpu),
        [](CPUState*, void* clock) {
            auto* self = static_cast<Clock*>(clock);
            self->asked_ = false;
            self->settle();
        },
        this);
}

}  // namespace dmabench::model
