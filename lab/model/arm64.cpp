// SPDX-License-Identifier: GPL-2.0-only
#include "arm64.h"

#include "model_mark.h"

namespace dmabench::model::arm64 {
namespace {

constexpr std::uint64_t address_mask = 0x0000'ffff'ffff'f000;
constexpr std::uint64_t valid = 1, table = 2;
constexpr std::uint64_t mmu_on = 1;
constexpr unsigned bits_per_level = 9;

}  // namespace

MemoryType type_of(std::uint8_t attribute) {
    if ((attribute & 0xf0) == 0)
        return MemoryType::uncached;
    return attribute == 0x44 ? MemoryType::write_combining : MemoryType::write_back;
}

std::optional<Page> walk(const Registers& registers, std::uint64_t address, PhysicalMemory& memory) {
    if ((registers.sctlr & mmu_on) == 0)
        return Page{address & ~(page_bytes - 1), MemoryType::uncached};
    const bool upper = in_upper_half(address);
    const unsigned unused = static_cast<unsigned>(upper ? registers.tcr >> 16 : registers.tcr) & 63;
    // Four levels of tables at most.
    if (unused < 16 || unused > 39)
        return std::nullopt;
    const unsigned bits = 64 - unused;
    const std::uint64_t offset = address & ((std::uint64_t{1} << bits) - 1);
    unsigned shift = page_shift;
    while (shift + bits_per_level < bits)
        shift += bits_per_level;
    std::uint64_t descriptor = (upper ? registers.ttbr1 : registers.ttbr0) & address_mask;
    for (;; shift -= bits_per_level) {
        const std::uint64_t index = offset >> shift & ((1U << bits_per_level) - 1);
        descriptor = memory.read((descriptor & address_mask) + 8 * index);
        if ((descriptor & valid) == 0)
            return std::nullopt;
        const bool last = shift == page_shift;
        if (last && (descriptor & table) == 0)
            return std::nullopt;
        if (last || (descriptor & table) == 0)
            break;
    }
    const std::uint64_t within = (std::uint64_t{1} << shift) - 1;
    const std::uint64_t physical = (descriptor & address_mask & ~within) | (address & within);
    const unsigned attribute = descriptor >> 2 & 7;
    return Page{physical & ~(page_bytes - 1),
                type_of(static_cast<std::uint8_t>(registers.mair >> (8 * attribute)))};
}

Instruction decode(std::uint32_t word) {
    const unsigned rt = word & 31;
    if ((word & 0xffff'f01f) == 0xd503'201f) {  // hint
        const unsigned number = word >> 5 & 127;
        if (number >= DMABENCH_MARK_BEGIN && number <= DMABENCH_MARK_DEVICE)
            return {Kind::mark, number};
        return {};
    }
    switch (word & ~31U) {
        case 0xd50b'7a20:  // dc cvac
        case 0xd50b'7b20:  // dc cvau
        case 0xd50b'7c20:  // dc cvap
            return {Kind::clean, rt};
        case 0xd50b'7e20:  // dc civac
            return {Kind::clean_invalidate, rt};
        case 0xd508'7620:  // dc ivac
            return {Kind::invalidate, rt};
        case 0xd50b'7420:  // dc zva
            return {Kind::zero, rt};
        case 0xd518'2000:  // msr ttbr0_el1
            return {Kind::forget_lower, rt};
        case 0xd518'1000:  // msr sctlr_el1
        case 0xd518'2020:  // msr ttbr1_el1
        case 0xd518'2040:  // msr tcr_el1
        case 0xd518'a200:  // msr mair_el1
            return {Kind::forget, rt};
        default:
            break;
    }
    // tlbi of EL1: op0 1, op1 0, CRn 8 or 9.
    if ((word & 0xffff'e000) == 0xd508'8000)
        return {Kind::forget, rt};
    // mrs and msr of op0 3, op1 3, CRn 14.
    if ((word & 0xffdf'f000) == 0xd51b'e000)
        return {Kind::uses_clock, rt};
    return {};
}

std::uint64_t vector_bytes(std::uint32_t word) {
    // ldp, stp, ldnp and stnp of s, d or q.
    if ((word & 0x3e00'0000) == 0x2c00'0000)
        return std::uint64_t{8} << (word >> 30);
    // ld1 to ld4 and st1 to st4 of whole registers, without and with post-index.
    if ((word & 0xbfbf'0000) != 0x0c00'0000 && (word & 0xbfa0'0000) != 0x0c80'0000)
        return 0;
    const std::uint64_t bytes = (word >> 30 & 1) != 0 ? 16 : 8;
    switch (word >> 12 & 15) {
        case 0:  // ld4
        case 2:  // ld1 of four
            return 4 * bytes;
        case 4:
        case 6:
            return 3 * bytes;
        case 8:
        case 10:
            return 2 * bytes;
        default:
            return 0;
    }
}

}  // namespace dmabench::model::arm64
