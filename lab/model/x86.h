// SPDX-License-Identifier: GPL-2.0-only
// What the model needs to know of x86-64: page tables of four levels, Linux's page attribute table, and the
// instructions that maintain caches and translations. Intel's Software Developer's Manual, volumes 2 and 3A
// (chapters 4 and 11).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "translation.h"

namespace dmabench::model::x86 {

/// The page of an address; nothing where it is not mapped. MTRRs are taken to say write-back, as they do of
/// memory; the PAT to be Linux's, as it can't be read from here.
std::optional<Page> walk(std::uint64_t cr3, std::uint64_t address, PhysicalMemory& memory);

enum class Kind : std::uint8_t {
    other,
    mark,              ///< number: which
    clean,             ///< clwb
    clean_invalidate,  ///< clflush, clflushopt
    forget,            ///< cr3 or cr4 is written, or translations are invalidated
    reads_clock,       ///< rdtsc, rdtscp
};

/// An operand in memory: base + index * 2^scale + displacement. Registers by number, rax 0 .. r15 15; -1:
/// none.
struct Operand {
    int base = -1;
    int index = -1;
    unsigned scale = 0;
    std::uint64_t displacement = 0;
};

struct Instruction {
    Kind kind = Kind::other;
    unsigned number = 0;
    Operand operand;
};

/// Decodes one instruction; `next` is the address of the one behind it.
Instruction decode(std::span<const std::uint8_t> bytes, std::uint64_t next);

}  // namespace dmabench::model::x86
