// SPDX-License-Identifier: GPL-2.0-only
// What the model needs to know of arm64: the architecture's page tables with pages of 4 KiB at EL0 and EL1,
// memory types, and the instructions that maintain caches and translations. Arm Architecture Reference Manual
// (DDI 0487), chapters D5, D7 and C5.
#pragma once

#include <cstdint>
#include <optional>

#include "translation.h"

namespace dmabench::model::arm64 {

struct Registers {
    std::uint64_t ttbr0 = 0, ttbr1 = 0, tcr = 0, mair = 0, sctlr = 0;
};

/// The page of an address; nothing where it is not mapped. Before the MMU is on, all is device memory.
std::optional<Page> walk(const Registers& registers, std::uint64_t address, PhysicalMemory& memory);

/// The type that eight bits of MAIR_EL1 stand for. Linux uses write-through for no memory; it is taken for
/// write-back.
MemoryType type_of(std::uint8_t attribute);

enum class Kind : std::uint8_t {
    other,
    mark,   ///< operand: which
    clean,  ///< by address in Xt, and so on
    clean_invalidate,
    invalidate,
    zero,
    forget_lower,  ///< TTBR0_EL1 is written
    forget,        ///< TTBR1_EL1, TCR_EL1, MAIR_EL1 or SCTLR_EL1 is written, or translations are invalidated
    uses_clock,    ///< a register of the generic timer is read or written
};

struct Instruction {
    Kind kind = Kind::other;
    unsigned operand = 0;  ///< number of the register, 31: zero; of the mark
};

Instruction decode(std::uint32_t word);

/// Bytes that an instruction moves to or from several vector registers, which the CPU does at once, QEMU in
/// several accesses; 0 for the others.
std::uint64_t vector_bytes(std::uint32_t word);

}  // namespace dmabench::model::arm64
