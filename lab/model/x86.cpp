// SPDX-License-Identifier: GPL-2.0-only
#include "x86.h"

#include <cstring>

#include "model_mark.h"

namespace dmabench::model::x86 {
namespace {

constexpr std::uint64_t address_mask = 0x000f'ffff'ffff'f000;
constexpr std::uint64_t present = 1, large = 0x80;
constexpr unsigned bits_per_level = 9, top_shift = 39;

/// The type that each combination of PAT, PCD and PWT stands for: WB WC UC- UC WB WP UC- WT, see pat_init()
/// of arch/x86/mm/pat/memtype.c. UC- is UC where the MTRR says write-back, reads of WP and WT are cached.
constexpr std::array<MemoryType, 8> linux_pat{
    MemoryType::write_back, MemoryType::write_combining, MemoryType::uncached, MemoryType::uncached,
    MemoryType::write_back, MemoryType::write_back,      MemoryType::uncached, MemoryType::write_back,
};

bool is_prefix(std::uint8_t byte) {
    return byte == 0x66 || byte == 0x2e || byte == 0x3e || byte == 0x64 || byte == 0x65 || byte == 0xf2 ||
           byte == 0xf3;
}

/// Reads bytes that may end too early.
class Reader {
  public:
    explicit Reader(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
    [[nodiscard]] std::uint8_t peek(std::size_t ahead = 0) const {
        return at_ + ahead < bytes_.size() ? bytes_[at_ + ahead] : 0;
    }
    std::uint8_t take() {
        const std::uint8_t byte = peek();
        ++at_;
        return byte;
    }
    std::uint64_t take_signed_32() {
        std::uint32_t value = 0;
        for (unsigned shift = 0; shift < 32; shift += 8)
            value |= static_cast<std::uint32_t>(take()) << shift;
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int32_t>(value)));
    }
    [[nodiscard]] bool complete() const { return at_ <= bytes_.size(); }

  private:
    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
};

Operand operand_of(Reader& in, std::uint8_t modrm, std::uint8_t rex, std::uint64_t next) {
    Operand operand;
    unsigned mod = modrm >> 6;
    const unsigned rm = modrm & 7;
    const int base_high = (rex & 1) << 3;
    if (rm == 4) {
        const std::uint8_t sib = in.take();
        operand.scale = sib >> 6;
        operand.index = (sib >> 3 & 7) | (rex & 2) << 2;
        if (operand.index == 4)
            operand.index = -1;
        if ((sib & 7) == 5 && mod == 0)
            mod = 2;
        else
            operand.base = (sib & 7) | base_high;
    } else if (rm == 5 && mod == 0) {
        operand.displacement = next;
        mod = 2;
    } else {
        operand.base = static_cast<int>(rm) | base_high;
    }
    if (mod == 1)
        operand.displacement +=
            static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<std::int8_t>(in.take())));
    else if (mod == 2)
        operand.displacement += in.take_signed_32();
    return operand;
}

}  // namespace

std::optional<Page> walk(std::uint64_t cr3, std::uint64_t address, PhysicalMemory& memory) {
    std::uint64_t entry = cr3;
    unsigned shift = top_shift;
    for (;; shift -= bits_per_level) {
        const std::uint64_t index = address >> shift & ((1U << bits_per_level) - 1);
        entry = memory.read((entry & address_mask) + 8 * index);
        if ((entry & present) == 0)
            return std::nullopt;
        if (shift == page_shift || (shift < top_shift && (entry & large) != 0))
            break;
    }
    const unsigned pat_bit = shift == page_shift ? 7 : 12;
    const unsigned attribute = (entry >> 3 & 3) | (entry >> pat_bit & 1) << 2;
    const std::uint64_t within = (std::uint64_t{1} << shift) - 1;
    const std::uint64_t physical = (entry & address_mask & ~within) | (address & within);
    return Page{physical & ~(page_bytes - 1), linux_pat[attribute]};
}

Instruction decode(std::span<const std::uint8_t> bytes, std::uint64_t next) {
    Reader in(bytes);
    bool operand_size = false;
    while (is_prefix(in.peek()))
        operand_size |= in.take() == 0x66;
    std::uint8_t rex = 0;
    if ((in.peek() & 0xf0) == 0x40)
        rex = in.take();
    if (in.take() != 0x0f)
        return {};
    const std::uint8_t opcode = in.take();
    const std::uint8_t modrm = in.peek();
    const unsigned reg = modrm >> 3 & 7;
    const bool in_memory = modrm >> 6 != 3;
    if (opcode == 0x1f && modrm == 0x84 && in.peek(4) == 0x4d && in.peek(5) == 0x4d && in.peek(3) == 0) {
        const unsigned number = in.peek(2);
        if (number >= DMABENCH_MARK_BEGIN && number <= DMABENCH_MARK_DEVICE)
            return {Kind::mark, number, {}};
    }
    if (opcode == 0x31 || (opcode == 0x01 && modrm == 0xf9))
        return {Kind::reads_clock, 0, {}};
    const bool writes_control = opcode == 0x22 && (reg == 3 || reg == 4) && (rex & 4) == 0;
    const bool invlpg = opcode == 0x01 && in_memory && reg == 7;
    const bool invpcid = opcode == 0x38 && modrm == 0x82 && operand_size;
    if (writes_control || invlpg || invpcid)
        return {Kind::forget, 0, {}};
    if (opcode != 0xae || !in_memory || !(reg == 7 || (reg == 6 && operand_size)))
        return {};
    in.take();
    const Operand operand = operand_of(in, modrm, rex, next);
    if (!in.complete())
        return {};
    return {reg == 7 ? Kind::clean_invalidate : Kind::clean, 0, operand};
}

}  // namespace dmabench::model::x86
