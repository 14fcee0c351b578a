// SPDX-License-Identifier: GPL-2.0-only
// A plugin for QEMU's TCG: prices the accesses of the laps that kmod/model_mark.h marks, and moves the
// guest's clock by it. One virtual CPU, -icount shift=0.
//
// Arguments: key=value of parameters.h; watch=always watches from the first instruction on, check=on compares
// every physical address with QEMU's own, and ends QEMU when one differs.

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arm64.h"
#include "machine.h"
#include "memory_model.h"
#include "model_mark.h"
#include "qemu_api.h"
#include "x86.h"

extern "C" {
extern QEMU_PLUGIN_EXPORT int qemu_plugin_version;
int qemu_plugin_version = 4;
QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t, const qemu_info_t*, int, char**);
}

namespace dmabench::model {
namespace {

/// So long after the last marked lap code is translated anew, to run without being watched. Laps come in
/// batches that follow each other, and translating anew takes time.
constexpr std::uint64_t linger_instructions = 5'000'000;

struct State {
    explicit State(const Parameters& parameters) : model(parameters) {}
    qemu_plugin_id_t id = 0;
    bool x86 = false;
    bool always = false;
    bool check = false;
    bool watching = false;                           ///< between two marks
    bool instrumented = false;                       ///< code is translated so that it can be watched
    std::uint64_t idle = 0;                          ///< instructions since the last mark
    std::uint64_t vector_next = 0, vector_left = 0;  ///< of an instruction's accesses, those that are to come
    std::uint64_t checked = 0;
    std::uint64_t unmapped = 0;
    MemoryModel model;
    MemoryModel::Counters set_aside{};  ///< as they were when counting stopped
    unsigned asides = 0;                ///< within each other
    Clock clock;
    CpuRegisters registers;
    GuestMemory memory;
    TranslationCache translations;
    qemu_plugin_register *ttbr0 = nullptr, *ttbr1 = nullptr, *tcr = nullptr, *mair = nullptr,
                         *sctlr = nullptr;
    qemu_plugin_register* cr3 = nullptr;
    std::array<qemu_plugin_register*, 31> general{};
    std::vector<std::unique_ptr<x86::Operand>> operands;  ///< of code that is translated
};

State* state;

void charge(std::uint64_t ps) {
    if (ps == 0)
        return;
    state->model.counters[DMABENCH_MODEL_CHARGED_PS] += ps;
    state->clock.advance(static_cast<std::int64_t>(ps));
}

const Page* translate(std::uint64_t address) {
    if (const Page* known = state->translations.find(address))
        return known;
    CpuRegisters& cpu = state->registers;
    const auto page = state->x86
                          ? x86::walk(cpu.read(state->cr3), address, state->memory)
                          : arm64::walk({cpu.read(state->ttbr0), cpu.read(state->ttbr1), cpu.read(state->tcr),
                                         cpu.read(state->mair), cpu.read(state->sctlr)},
                                        address, state->memory);
    if (!page) {
        ++state->unmapped;
        return nullptr;
    }
    return state->translations.put(address, *page);
}

std::uint64_t physical_of(const Page& page, std::uint64_t address) {
    return page.physical | (address & (page_bytes - 1));
}

void compare(qemu_plugin_meminfo_t info, std::uint64_t address, std::uint64_t physical) {
    const qemu_plugin_hwaddr* theirs = qemu_plugin_get_hwaddr(info, address);
    if (theirs == nullptr || qemu_plugin_hwaddr_is_io(theirs))
        return;
    ++state->checked;
    const std::uint64_t expected = qemu_plugin_hwaddr_phys_addr(theirs);
    if (expected == physical)
        return;
    char text[160];
    std::snprintf(text, sizeof text,
                  "address %#" PRIx64 " is physical %#" PRIx64 ", but taken for %#" PRIx64
                  ", access %" PRIu64,
                  address, expected, physical, state->checked);
    give_up(text);
}

/// `vector`: bytes of all accesses of the instruction, where there are several, which are priced as one.
void on_access(unsigned cpu, qemu_plugin_meminfo_t info, std::uint64_t address, void* vector) {
    if (!state->watching || cpu != followed_cpu)
        return;
    const bool store = qemu_plugin_mem_is_store(info);
    std::uint64_t left = std::uint64_t{1} << qemu_plugin_mem_size_shift(info);
    if (const auto all = reinterpret_cast<std::uintptr_t>(vector); all != 0) {
        const bool begins = state->vector_left == 0 || address != state->vector_next;
        state->vector_left = (begins ? all : state->vector_left) - left;
        state->vector_next = address + left;
        if (!begins)
            return;
        left = all;
    }
    const std::uint64_t line = state->model.line_bytes();
    const std::uint64_t first = address;
    while (left != 0) {
        const std::uint64_t bytes = std::min(left, line - (address & (line - 1)));
        const Page* page = translate(address);
        if (page == nullptr)
            return;
        const std::uint64_t physical = physical_of(*page, address);
        if (state->check && address == first)
            compare(info, address, physical);
        charge(state->model.access(physical, bytes, page->type, store));
        address += bytes;
        left -= bytes;
    }
}

void retranslate();

/// Before the last instruction of a block, when QEMU has counted 1 ns for all of them. The last one's own
/// part comes with the next block: were it taken now, and the instruction faulted, time would go back.
void on_block_end(unsigned cpu, void* instructions) {
    const auto count = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(instructions));
    if (state->watching && cpu == followed_cpu)
        state->clock.advance(state->model.instructions(count - 1));
}

void on_block(unsigned cpu, void* instructions) {
    if (cpu != followed_cpu)
        return;
    if (state->watching) {
        state->clock.advance(state->model.instructions(1));
        return;
    }
    state->idle += reinterpret_cast<std::uintptr_t>(instructions);
    if (state->idle > linger_instructions && state->instrumented) {
        state->instrumented = false;
        retranslate();
    }
}

void before_clock_is_read(unsigned cpu, void*) {
    if (cpu == followed_cpu)
        state->clock.settle_before_read();
}

void forget_lower(unsigned, void*) {
    state->translations.forget_lower();
}
void forget(unsigned, void*) {
    state->translations.forget();
}

void maintain(std::uint64_t address, bool clean, bool invalidate) {
    if (!state->watching)
        return;
    if (const Page* page = translate(address))
        charge(state->model.maintain(physical_of(*page, address), clean, invalidate));
}

std::uint64_t arm64_register(std::size_t number) {
    return number == 31 ? 0 : state->registers.read(state->general[number]);
}

void zero(unsigned cpu, void* reg) {
    if (!state->watching || cpu != followed_cpu)
        return;
    // QEMU's cortex-a57 says so in DCZID_EL0.
    constexpr std::uint64_t block = 64;
    const std::uint64_t line = state->model.line_bytes();
    const std::uint64_t address = arm64_register(reinterpret_cast<std::uintptr_t>(reg)) & ~(block - 1);
    const Page* page = translate(address);
    for (std::uint64_t offset = 0; page != nullptr && offset < block; offset += line)
        charge(state->model.write_line(physical_of(*page, address + offset), page->type));
}

template <bool clean, bool invalidate>
void maintain_arm64(unsigned cpu, void* reg) {
    if (state->watching && cpu == followed_cpu)
        maintain(arm64_register(reinterpret_cast<std::uintptr_t>(reg)), clean, invalidate);
}

template <bool invalidate>
void maintain_x86(unsigned cpu, void* what) {
    if (!state->watching || cpu != followed_cpu)
        return;
    const auto& operand = *static_cast<const x86::Operand*>(what);
    std::uint64_t address = operand.displacement;
    if (operand.base >= 0)
        address += state->registers.read(state->general[static_cast<std::size_t>(operand.base)]);
    if (operand.index >= 0)
        address += state->registers.read(state->general[static_cast<std::size_t>(operand.index)])
                   << operand.scale;
    maintain(address, true, invalidate);
}

void on_translation(qemu_plugin_id_t, qemu_plugin_tb* block);

void tell_result(qemu_plugin_id_t, void*) {
    if (state->check)
        std::fprintf(stderr,
                     "dmabench-model: %" PRIu64 " physical addresses compared with QEMU's, 0 differ; %" PRIu64
                     " not found\n",
                     state->checked, state->unmapped);
}

/// Has QEMU translate all code anew, watched or not.
void retranslate() {
    qemu_plugin_reset(state->id, [](qemu_plugin_id_t id) {
        state->operands.clear();
        state->translations.forget();
        qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
        qemu_plugin_register_atexit_cb(id, tell_result, nullptr);
    });
}

/// Gives the counters to whoever waits for them at the address.
void give_counters(std::uint64_t address) {
    dmabench_model_counters answer{};
    answer.watched = 1;
    std::copy(state->model.counters.begin(), state->model.counters.end(), answer.count);
    // What the guest did while code was not watched is not known.
    if (!state->instrumented)
        state->translations.forget();
    const Page* page = translate(address);
    if (page != nullptr && (address & (page_bytes - 1)) + sizeof answer <= page_bytes)
        GuestMemory::write(physical_of(*page, address), &answer, sizeof answer);
}

/// A device that snoops has written there.
void snoop(std::uint64_t address, std::uint64_t bytes) {
    const std::uint64_t line = state->model.line_bytes();
    for (std::uint64_t at = address & ~(line - 1); state->watching && at < address + bytes; at += line)
        if (const Page* page = translate(at))
            state->model.snoop(physical_of(*page, at));
}

void on_mark(unsigned cpu, void* number) {
    if (cpu != followed_cpu)
        give_up("the modelled clock follows one CPU, and laps run on another");
    switch (reinterpret_cast<std::uintptr_t>(number)) {
        case DMABENCH_MARK_BEGIN:
            state->watching = true;
            state->idle = 0;
            if (!state->instrumented) {
                state->instrumented = true;
                retranslate();
            }
            break;
        case DMABENCH_MARK_END:
            state->watching = state->always;
            state->clock.settle_after_block();
            break;
        case DMABENCH_MARK_ASIDE:
            if (state->asides++ == 0)
                state->set_aside = state->model.counters;
            break;
        case DMABENCH_MARK_BACK:
            if (state->asides != 0 && --state->asides == 0)
                state->model.counters = state->set_aside;
            break;
        case DMABENCH_MARK_EMPTY:
            state->model.empty();
            break;
        case DMABENCH_MARK_READ:
            give_counters(state->registers.read(state->general[0]));
            break;
        case DMABENCH_MARK_DEVICE:
            snoop(state->registers.read(state->general[0]), state->registers.read(state->general[1]));
            break;
        default:
            break;
    }
}

void* as_user(std::uintptr_t number) {
    return reinterpret_cast<void*>(number);
}

using Callback = void (*)(unsigned, void*);

void watch(qemu_plugin_insn* instruction, Callback callback, void* user) {
    qemu_plugin_register_vcpu_insn_exec_cb(instruction, callback, QEMU_PLUGIN_CB_R_REGS, user);
}

void watch_accesses(qemu_plugin_insn* instruction, std::uint64_t vector = 0) {
    qemu_plugin_register_vcpu_mem_cb(instruction, on_access, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_MEM_RW,
                                     as_user(vector));
}

void translate_arm64(qemu_plugin_insn* instruction) {
    using arm64::Kind;
    std::uint32_t word = 0;
    qemu_plugin_insn_data(instruction, &word, sizeof word);
    const auto [kind, operand] = arm64::decode(word);
    if (kind == Kind::mark)
        watch(instruction, on_mark, as_user(operand));
    if (!state->instrumented || kind == Kind::mark)
        return;
    switch (kind) {
        case Kind::clean:
            return watch(instruction, maintain_arm64<true, false>, as_user(operand));
        case Kind::clean_invalidate:
            return watch(instruction, maintain_arm64<true, true>, as_user(operand));
        case Kind::invalidate:
            return watch(instruction, maintain_arm64<false, true>, as_user(operand));
        case Kind::zero:
            return watch(instruction, zero, as_user(operand));
        case Kind::forget_lower:
            return watch(instruction, forget_lower, nullptr);
        case Kind::forget:
            return watch(instruction, forget, nullptr);
        case Kind::uses_clock:
            return watch(instruction, before_clock_is_read, nullptr);
        default:
            return watch_accesses(instruction, arm64::vector_bytes(word));
    }
}

void translate_x86(qemu_plugin_insn* instruction) {
    using x86::Kind;
    std::array<std::uint8_t, 16> bytes{};
    const std::size_t size = qemu_plugin_insn_data(instruction, bytes.data(), bytes.size());
    const auto decoded = x86::decode({bytes.data(), size}, qemu_plugin_insn_vaddr(instruction) + size);
    if (decoded.kind == Kind::mark)
        return watch(instruction, on_mark, as_user(decoded.number));
    if (!state->instrumented)
        return;
    if (decoded.kind == Kind::clean || decoded.kind == Kind::clean_invalidate) {
        state->operands.push_back(std::make_unique<x86::Operand>(decoded.operand));
        return watch(instruction, decoded.kind == Kind::clean ? maintain_x86<false> : maintain_x86<true>,
                     state->operands.back().get());
    }
    if (decoded.kind == Kind::reads_clock)
        return watch(instruction, before_clock_is_read, nullptr);
    if (decoded.kind == Kind::forget)
        watch(instruction, forget, nullptr);
    watch_accesses(instruction);
}

void on_translation(qemu_plugin_id_t, qemu_plugin_tb* block) {
    const std::size_t count = qemu_plugin_tb_n_insns(block);
    if (state->instrumented) {
        qemu_plugin_register_vcpu_tb_exec_cb(block, on_block, QEMU_PLUGIN_CB_NO_REGS, as_user(count));
        if (state->model.instructions(1) != 0)
            qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(block, count - 1), on_block_end,
                                                   QEMU_PLUGIN_CB_NO_REGS, as_user(count));
    }
    for (std::size_t i = 0; i < count; ++i) {
        qemu_plugin_insn* instruction = qemu_plugin_tb_get_insn(block, i);
        if (state->x86)
            translate_x86(instruction);
        else
            translate_arm64(instruction);
    }
}

void on_cpu(qemu_plugin_id_t, unsigned index) {
    if (index != followed_cpu)
        return;
    CpuRegisters& cpu = state->registers;
    cpu.open();
    if (state->x86) {
        static constexpr std::array names{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
        for (std::size_t i = 0; i < names.size(); ++i)
            state->general[i] = cpu.find(names[i]);
        state->cr3 = cpu.find("cr3");
    } else {
        for (std::size_t i = 0; i < state->general.size(); ++i)
            state->general[i] = cpu.find("x" + std::to_string(i));
        state->ttbr0 = cpu.find("TTBR0_EL1");
        state->ttbr1 = cpu.find("TTBR1_EL1");
        state->tcr = cpu.find("TCR_EL1");
        state->mair = cpu.find("MAIR_EL1");
        state->sctlr = cpu.find("SCTLR");
    }
    state->clock.open();
}

}  // namespace
}  // namespace dmabench::model

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t* info, int argc, char** argv) {
    using namespace dmabench::model;
    const std::string_view target = info->target_name;
    if (!info->system_emulation || (target != "aarch64" && target != "x86_64"))
        give_up("there is a model for machines of arm64 and x86-64 only, not for " + std::string(target));
    Parameters parameters;
    bool always = false;
    bool check = false;
    for (int i = 0; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "watch=always")
            always = true;
        else if (argument == "check=on")
            check = true;
        else if (const std::string wrong = parameters.set(argument); !wrong.empty())
            give_up(wrong);
    }
    if (const std::string wrong = parameters.problem(); !wrong.empty())
        give_up(wrong);
    state = new State(parameters);
    state->id = id;
    state->x86 = target == "x86_64";
    state->check = check;
    state->always = state->watching = state->instrumented = always;
    qemu_plugin_register_vcpu_init_cb(id, on_cpu);
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, tell_result, nullptr);
    return 0;
}
