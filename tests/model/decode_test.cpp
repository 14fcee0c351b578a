// SPDX-License-Identifier: GPL-2.0-only
// Instructions as assemblers encode them, and page tables put together by hand.
#include <map>

#include <gtest/gtest.h>

#include "arm64.h"
#include "x86.h"

namespace dmabench::model {
namespace {

TEST(Arm64, DecodesCacheMaintenanceWithItsRegister) {
    using arm64::Kind;
    const struct {
        std::uint32_t word;
        Kind kind;
        unsigned operand;
    } cases[] = {
        {0xd50b7a20, Kind::clean, 0},             // dc cvac, x0
        {0xd50b7b33, Kind::clean, 19},            // dc cvau, x19
        {0xd50b7c3f, Kind::clean, 31},            // dc cvap, xzr
        {0xd50b7e21, Kind::clean_invalidate, 1},  // dc civac, x1
        {0xd5087622, Kind::invalidate, 2},        // dc ivac, x2
        {0xd50b7423, Kind::zero, 3},              // dc zva, x3
        {0xd5182004, Kind::forget_lower, 4},      // msr ttbr0_el1, x4
        {0xd5182025, Kind::forget, 5},            // msr ttbr1_el1, x5
        {0xd5181007, Kind::forget, 7},            // msr sctlr_el1, x7
        {0xd508831f, Kind::forget, 31},           // tlbi vmalle1is
        {0xd5088326, Kind::forget, 6},            // tlbi vae1is, x6
        {0xd53be040, Kind::uses_clock, 0},        // mrs x0, cntvct_el0
        {0xd53be0c8, Kind::uses_clock, 8},        // mrs x8, cntvctss_el0
        {0xd51be341, Kind::uses_clock, 1},        // msr cntv_cval_el0, x1
        {0xd51be222, Kind::uses_clock, 2},        // msr cntp_ctl_el0, x2
        {0xd53bd043, Kind::other, 0},             // mrs x3, tpidr_el0
        {0xd538e100, Kind::other, 0},             // mrs x0, cntkctl_el1
        {0xd503201f, Kind::other, 0},             // nop
        {0xd503229f, Kind::other, 0},             // csdb, a hint too
        {0xd5033f9f, Kind::other, 0},             // dsb sy
        {0xf9400000, Kind::other, 0},             // ldr x0, [x0]
        {0xd5087640, Kind::other, 0},             // dc isw, x0: by set and way, which Linux does not do
        {0xd5382004, Kind::other, 0},             // mrs x4, ttbr0_el1
    };
    for (const auto& one : cases) {
        const auto found = arm64::decode(one.word);
        EXPECT_EQ(found.kind, one.kind) << std::hex << one.word;
        if (one.kind != Kind::other)
            EXPECT_EQ(found.operand, one.operand) << std::hex << one.word;
    }
    EXPECT_EQ(arm64::decode(0xd5032c9f).kind, Kind::mark);  // hint #100
    EXPECT_EQ(arm64::decode(0xd5032c9f).operand, 100U);
    EXPECT_EQ(arm64::decode(0xd5032cff).operand, 103U);
    EXPECT_EQ(arm64::decode(0xd5032d3f).operand, 105U);
    EXPECT_EQ(arm64::decode(0xd5032d5f).operand, 106U);
    EXPECT_EQ(arm64::decode(0xd5032d7f).kind, Kind::other);  // hint #107
}

TEST(Arm64, KnowsWhatVectorInstructionsMove) {
    const struct {
        std::uint32_t word;
        std::uint64_t bytes;
    } cases[] = {
        {0xad400420, 32},  // ldp q0, q1, [x1]
        {0xacc10420, 32},  // ldp q0, q1, [x1], #32
        {0xad000400, 32},  // stp q0, q1, [x0]
        {0xac400420, 32},  // ldnp q0, q1, [x1]
        {0x6d400420, 16},  // ldp d0, d1, [x1]
        {0x2d400420, 8},   // ldp s0, s1, [x1]
        {0x4c402c20, 64},  // ld1 {v0.2d - v3.2d}, [x1]
        {0x4cdf2c20, 64},  // ld1 {v0.2d - v3.2d}, [x1], #64
        {0x4c9f2c00, 64},  // st1 {v0.2d - v3.2d}, [x0], #64
        {0x0c406c20, 24},  // ld1 {v0.1d - v2.1d}, [x1]
        {0x4c40a020, 32},  // ld1 {v0.16b, v1.16b}, [x1]
        {0x4c400020, 64},  // ld4 {v0.16b - v3.16b}, [x1]
        {0x4c407020, 0},   // ld1 {v0.16b}, [x1]: one access
        {0xa9400420, 0},   // ldp x0, x1, [x1]: one access
        {0x3dc00020, 0},   // ldr q0, [x1]
        {0xf9400020, 0},   // ldr x0, [x1]
        {0x4e228420, 0},   // add v0.16b, v1.16b, v2.16b
        {0x0d408400, 0},   // ld1 {v0.d}[0], [x0]: one element
    };
    for (const auto& one : cases)
        EXPECT_EQ(arm64::vector_bytes(one.word), one.bytes) << std::hex << one.word;
}

x86::Instruction decode_x86(std::vector<std::uint8_t> bytes, std::uint64_t next = 0x1000) {
    return x86::decode(bytes, next);
}

void expect_operand(const x86::Operand& found, int base, int index, unsigned scale,
                    std::uint64_t displacement) {
    EXPECT_EQ(found.base, base);
    EXPECT_EQ(found.index, index);
    if (index >= 0)
        EXPECT_EQ(found.scale, scale);
    EXPECT_EQ(found.displacement, displacement);
}

TEST(X86, DecodesFlushesWithTheirOperands) {
    using x86::Kind;
    auto found = decode_x86({0x0f, 0xae, 0x38});  // clflush (%rax)
    EXPECT_EQ(found.kind, Kind::clean_invalidate);
    expect_operand(found.operand, 0, -1, 0, 0);
    found = decode_x86({0x66, 0x0f, 0xae, 0x7b, 0xf0});  // clflushopt -16(%rbx)
    EXPECT_EQ(found.kind, Kind::clean_invalidate);
    expect_operand(found.operand, 3, -1, 0, static_cast<std::uint64_t>(-16));
    found = decode_x86({0x66, 0x41, 0x0f, 0xae, 0xb4, 0x24, 0x00, 0x01, 0x00, 0x00});  // clwb 256(%r12)
    EXPECT_EQ(found.kind, Kind::clean);
    expect_operand(found.operand, 12, -1, 0, 256);
    found = decode_x86({0x43, 0x0f, 0xae, 0x7c, 0xfd, 0x08});  // clflush 8(%r13,%r15,8)
    expect_operand(found.operand, 13, 15, 3, 8);
    found = decode_x86({0x0f, 0xae, 0x3d, 0x10, 0x00, 0x00, 0x00}, 0x2000);  // clflush 16(%rip)
    expect_operand(found.operand, -1, -1, 0, 0x2010);
    found = decode_x86({0x0f, 0xae, 0x3c, 0xcd, 0x00, 0x10, 0x00, 0x00});  // clflush 0x1000(,%rcx,8)
    expect_operand(found.operand, -1, 1, 3, 0x1000);
    found = decode_x86({0x3e, 0x0f, 0xae, 0x3f});  // ds clflush (%rdi), as the kernel patches it
    EXPECT_EQ(found.kind, Kind::clean_invalidate);
    expect_operand(found.operand, 7, -1, 0, 0);
}

TEST(X86, TellsWhatIsNoFlush) {
    using x86::Kind;
    EXPECT_EQ(decode_x86({0x0f, 0xae, 0xf8}).kind, Kind::other);                    // sfence
    EXPECT_EQ(decode_x86({0x0f, 0xae, 0xf0}).kind, Kind::other);                    // mfence
    EXPECT_EQ(decode_x86({0x0f, 0xae, 0x30}).kind, Kind::other);                    // xsaveopt (%rax)
    EXPECT_EQ(decode_x86({0x0f, 0xae, 0x28}).kind, Kind::other);                    // xrstor (%rax)
    EXPECT_EQ(decode_x86({0x0f, 0x1f, 0x84, 0x00, 0, 0, 0, 0}).kind, Kind::other);  // a compiler's long NOP
    EXPECT_EQ(decode_x86({0x0f, 0xae, 0xbb, 0x01}).kind, Kind::other) << "cut off";
    EXPECT_EQ(decode_x86({}).kind, Kind::other);
    EXPECT_EQ(decode_x86({0x90}).kind, Kind::other);
}

TEST(X86, DecodesMarksAndWhatChangesTranslations) {
    using x86::Kind;
    const auto mark = decode_x86({0x0f, 0x1f, 0x84, 0x00, 101, 0x00, 0x4d, 0x4d});
    EXPECT_EQ(mark.kind, Kind::mark);
    EXPECT_EQ(mark.number, 101U);
    EXPECT_EQ(decode_x86({0x0f, 0x22, 0xd8}).kind, Kind::forget);                    // mov %rax,%cr3
    EXPECT_EQ(decode_x86({0x0f, 0x22, 0xe0}).kind, Kind::forget);                    // mov %rax,%cr4
    EXPECT_EQ(decode_x86({0x0f, 0x20, 0xd8}).kind, Kind::other);                     // mov %cr3,%rax
    EXPECT_EQ(decode_x86({0x44, 0x0f, 0x22, 0xc0}).kind, Kind::other);               // mov %rax,%cr8
    EXPECT_EQ(decode_x86({0x0f, 0x01, 0x38}).kind, Kind::forget);                    // invlpg (%rax)
    EXPECT_EQ(decode_x86({0x0f, 0x01, 0xf8}).kind, Kind::other);                     // swapgs
    EXPECT_EQ(decode_x86({0x66, 0x0f, 0x38, 0x82, 0x04, 0x24}).kind, Kind::forget);  // invpcid (%rsp),%rax
}

TEST(X86, DecodesWhatReadsTheClock) {
    using x86::Kind;
    EXPECT_EQ(decode_x86({0x0f, 0x31}).kind, Kind::reads_clock);        // rdtsc
    EXPECT_EQ(decode_x86({0x0f, 0x01, 0xf9}).kind, Kind::reads_clock);  // rdtscp
    EXPECT_EQ(decode_x86({0x0f, 0x01, 0xd0}).kind, Kind::other);        // xgetbv
    EXPECT_EQ(decode_x86({0x0f, 0x33}).kind, Kind::other);              // rdpmc
}

class Tables final : public PhysicalMemory {
  public:
    std::uint64_t read(std::uint64_t address) override { return words[address]; }
    std::map<std::uint64_t, std::uint64_t> words;
};

TEST(Arm64, WalksFourLevelsAndBlocks) {
    // Device, normal non-cacheable, write-back, as indices 0 to 2.
    const arm64::Registers cpu{0x10000, 0x20000, (16ULL << 16) | 16, 0xff4400, 1};
    Tables tables;
    tables.words[0x20000 + 8 * 0x100] = 0x21000 | 3;  // 0xffff800000000000
    tables.words[0x21000] = 0x22000 | 3;
    tables.words[0x22000] = 0x23000 | 3;
    tables.words[0x23000 + 8 * 5] = 0x4567'8000 | 3 | 2 << 2 | 1ULL << 54;
    tables.words[0x23000 + 8 * 6] = 0x4567'9000 | 3 | 1 << 2;
    tables.words[0x23000 + 8 * 7] = 0x4567'a000 | 1;  // no page
    tables.words[0x22000 + 8 * 3] = 0x8020'0000 | 1;  // 2 MiB of device memory
    auto page = arm64::walk(cpu, 0xffff'8000'0000'5123, tables);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->physical, 0x4567'8000U);
    EXPECT_EQ(page->type, MemoryType::write_back);
    EXPECT_EQ(arm64::walk(cpu, 0xffff'8000'0000'6000, tables)->type, MemoryType::write_combining);
    EXPECT_FALSE(arm64::walk(cpu, 0xffff'8000'0000'7000, tables));
    EXPECT_FALSE(arm64::walk(cpu, 0x5000, tables)) << "the lower half has a table of its own";
    page = arm64::walk(cpu, 0xffff'8000'0061'2345, tables);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->physical, 0x8021'2000U);
    EXPECT_EQ(page->type, MemoryType::uncached);
}

TEST(Arm64, WalksThreeLevelsOfA39BitSpace) {
    const arm64::Registers cpu{0x10000, 0, (25ULL << 16) | 25, 0xff, 1};
    Tables tables;
    tables.words[0x10000 + 8 * 2] = 0x11000 | 3;
    tables.words[0x11000] = 0x12000 | 3;
    tables.words[0x12000] = 0x9000 | 3;
    EXPECT_EQ(arm64::walk(cpu, 0x8000'0010, tables)->physical, 0x9000U);
    EXPECT_EQ(arm64::walk(cpu, 0x8000'0010 | 0x12ULL << 56, tables)->physical, 0x9000U)
        << "a tag is no address";
}

TEST(Arm64, TakesAnAddressAsItIsBeforeTheMmuIsOn) {
    Tables tables;
    const auto page = arm64::walk({}, 0x4194'1234, tables);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->physical, 0x4194'1000U);
    EXPECT_EQ(page->type, MemoryType::uncached);
}

TEST(X86, WalksFourLevelsAndTakesTheTypeFromThePat) {
    Tables tables;
    const std::uint64_t cr3 = 0x10000 | 0x18;
    tables.words[0x10000 + 8 * 0x1ff] = 0x11000 | 0x63;
    tables.words[0x11000 + 8 * 0x1fe] = 0x12000 | 0x63;
    tables.words[0x12000] = 0x13000 | 0x63;
    tables.words[0x13000] = 1ULL << 63 | 0x5000 | 0x63;
    tables.words[0x13000 + 8] = 0x6000 | 0x63 | 0x08;                  // PWT: WC
    tables.words[0x13000 + 16] = 0x7000 | 0x63 | 0x10;                 // PCD: UC-
    tables.words[0x13000 + 24] = 0x8000 | 0x63 | 0x98;                 // PAT, PCD, PWT: WT
    tables.words[0x12000 + 8] = 0x4000'0000 | 0xe3;                    // 2 MiB
    tables.words[0x12000 + 16] = 0x4020'0000 | 0xe3 | 1 << 12 | 0x10;  // 2 MiB, PAT and PCD: UC-
    const std::uint64_t base = 0xffff'ffff'8000'0000;
    EXPECT_EQ(x86::walk(cr3, base + 0x10, tables)->physical, 0x5000U);
    EXPECT_EQ(x86::walk(cr3, base + 0x10, tables)->type, MemoryType::write_back);
    EXPECT_EQ(x86::walk(cr3, base + 0x1000, tables)->type, MemoryType::write_combining);
    EXPECT_EQ(x86::walk(cr3, base + 0x2000, tables)->type, MemoryType::uncached);
    EXPECT_EQ(x86::walk(cr3, base + 0x3000, tables)->type, MemoryType::write_back);
    EXPECT_EQ(x86::walk(cr3, base + 0x20'1234, tables)->physical, 0x4000'1000U);
    EXPECT_EQ(x86::walk(cr3, base + 0x20'1234, tables)->type, MemoryType::write_back);
    EXPECT_EQ(x86::walk(cr3, base + 0x40'0000, tables)->type, MemoryType::uncached);
    EXPECT_FALSE(x86::walk(cr3, base + 0x60'0000, tables));
}

TEST(Translations, ForgetsTheLowerHalfAlone) {
    TranslationCache cache;
    cache.put(0x5123, {0x9000, MemoryType::write_back});
    cache.put(0xffff'8000'0000'5123, {0xa000, MemoryType::uncached});
    EXPECT_EQ(cache.find(0x5fff)->physical, 0x9000U);
    EXPECT_EQ(cache.find(0x5000 + 1024 * page_bytes), nullptr) << "shares the place, but not the page";
    cache.forget_lower();
    EXPECT_EQ(cache.find(0x5123), nullptr);
    EXPECT_EQ(cache.find(0xffff'8000'0000'5000)->physical, 0xa000U);
    cache.forget();
    EXPECT_EQ(cache.find(0xffff'8000'0000'5000), nullptr);
}

}  // namespace
}  // namespace dmabench::model
