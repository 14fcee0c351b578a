// SPDX-License-Identifier: GPL-2.0-only
// From a virtual address to a physical one and its memory type, by the guest's own page tables: what is
// priced is the mapping that is really in force.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "memory_model.h"

namespace dmabench::model {

constexpr unsigned page_shift = 12;
constexpr std::uint64_t page_bytes = std::uint64_t{1} << page_shift;

struct Page {
    std::uint64_t physical = 0;  ///< its first byte
    MemoryType type = MemoryType::write_back;
};

/// The guest's physical memory.
class PhysicalMemory {
  public:
    virtual ~PhysicalMemory() = default;
    /// An aligned word of 8 bytes.
    virtual std::uint64_t read(std::uint64_t address) = 0;
};

/// Whether the address belongs to the upper half, the kernel's.
inline bool in_upper_half(std::uint64_t address) {
    return (address >> 55 & 1) != 0;
}

/// Translations as they were last found, in a table that pages share by their address.
class TranslationCache {
  public:
    [[nodiscard]] const Page* find(std::uint64_t address) const {
        const Entry& entry = entries_[in_upper_half(address)][slot(address)];
        return entry.valid && entry.number == address >> page_shift ? &entry.page : nullptr;
    }
    const Page* put(std::uint64_t address, const Page& page) {
        Entry& entry = entries_[in_upper_half(address)][slot(address)];
        entry = {address >> page_shift, page, true};
        return &entry.page;
    }
    void forget_lower() { entries_[0].fill({}); }
    void forget() {
        forget_lower();
        entries_[1].fill({});
    }

  private:
    struct Entry {
        std::uint64_t number = 0;
        Page page;
        bool valid = false;
    };
    static constexpr std::size_t slots = 1024;
    static std::size_t slot(std::uint64_t address) { return address >> page_shift & (slots - 1); }
    std::array<std::array<Entry, slots>, 2> entries_{};
};

}  // namespace dmabench::model
