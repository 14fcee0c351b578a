// SPDX-License-Identifier: GPL-2.0-only
#include "trace/bpf_support.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <sstream>

#include "trace/show_trace.h"

namespace dmabench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(BpfTrace, TheModuleIsTakenWhereItIs) {
    EXPECT_EQ(choose_means("auto", true), TraceMeans::module);
    EXPECT_EQ(choose_means("auto", false), TraceMeans::bpf);
    EXPECT_EQ(choose_means("module", false), TraceMeans::module);
    EXPECT_EQ(choose_means("bpf", true), TraceMeans::bpf);
}

TEST(BpfTrace, SymbolsAreAsTheModuleWritesThem) {
    EXPECT_EQ(tidy_symbol("nvme_map_data+0x9f/0x2b0 [nvme]"), "nvme_map_data+0x9f [nvme]");
    EXPECT_EQ(tidy_symbol("dev_hard_start_xmit+0x8c/0x1f0"), "dev_hard_start_xmit+0x8c");
    EXPECT_EQ(tidy_symbol("f+0x1"), "f+0x1");
    EXPECT_EQ(tidy_symbol(""), "");
}

TEST(BpfTrace, ACallerThatIsNotKnownIsNotNamed) {
    EXPECT_EQ(tidy_symbol("0xffffffffc0123456"), "unknown");
    EXPECT_EQ(tidy_symbol("(____ptrval____)"), "unknown");
    // A kretprobe of another tool on the same function.
    EXPECT_EQ(tidy_symbol("arch_rethook_trampoline+0x0/0x60"), "unknown");
    EXPECT_EQ(tidy_symbol("return_to_handler+0x0/0x30"), "unknown");
}

TEST(BpfTrace, ItIsCheckedWhoCallsAFunctionThatOneKnows) {
    EXPECT_TRUE(is_test_run("bpf_prog_test_run_tracing+0x5c/0x2b0"));
    EXPECT_TRUE(is_test_run("__bpf_prog_test_run_tracing+0x5c/0x2b0"));
    EXPECT_FALSE(is_test_run("bpf_fentry_test1+0x9/0x20"));
    EXPECT_FALSE(is_test_run(""));
}

TEST(BpfTrace, AFunctionEndsWhereTheNextSymbolIs) {
    const char* text =
        "0000000000000000 A fixed_percpu_data\n"
        "ffffffff81000000 T dma_map_page\n"
        "ffffffff81000040 T dma_map_page_attrs\n"
        "ffffffff81000040 t alias\n"
        "ffffffff810000c0 T dma_map_phys\n"
        "ffffffffc0000000 t e1000_probe\t[e1000]\n";
    std::istringstream symbols(text);
    const TextRange found = find_text(symbols, "dma_map_page_attrs");
    EXPECT_EQ(found.start, 0xffffffff81000040);
    EXPECT_EQ(found.size, 0x80U);
    std::istringstream missing(text);
    EXPECT_EQ(find_text(missing, "dma_map").size, 0U);
    std::istringstream hidden("0000000000000000 T dma_map_page_attrs\n0000000000000000 T dma_map_phys\n");
    EXPECT_EQ(find_text(hidden, "dma_map_page_attrs").size, 0U);
}

TEST(BpfTrace, ErrorsTellWhatIsLacking) {
    EXPECT_EQ(lack_of(EPERM, "none"), BpfLack::privilege);
    EXPECT_EQ(lack_of(EPERM, "integrity"), BpfLack::privilege);
    EXPECT_EQ(lack_of(EPERM, "confidentiality"), BpfLack::locked_down);
    EXPECT_EQ(lack_of(EINVAL, "confidentiality"), BpfLack::locked_down);
    EXPECT_EQ(lack_of(524, ""), BpfLack::trampolines);
    EXPECT_EQ(lack_of(EOPNOTSUPP, ""), BpfLack::trampolines);
    // The verifier's.
    EXPECT_EQ(lack_of(EACCES, ""), BpfLack::helpers);
}

TEST(BpfTrace, EachRefusalIsOneLine) {
    for (const BpfLack lack : {BpfLack::not_built, BpfLack::btf, BpfLack::helpers, BpfLack::trampolines,
                               BpfLack::privilege, BpfLack::locked_down, BpfLack::function,
                               BpfLack::code_addresses, BpfLack::nothing_traced, BpfLack::callers}) {
        const Error error = bpf_lacks(lack, *parse_functions("map_phys"));
        EXPECT_EQ(error.kind, ErrorKind::not_possible);
        EXPECT_THAT(error.message, StartsWith("tracing by BPF cannot be done: "));
        EXPECT_THAT(error.message, Not(HasSubstr("\n")));
    }
    EXPECT_THAT(bpf_lacks(BpfLack::function, *parse_functions("map_phys")).message, HasSubstr("(map_phys)"));
    EXPECT_EQ(neither({ErrorKind::not_possible, "no module"}, {ErrorKind::not_possible, "no BTF"}).message,
              "no module; no BTF");
}

TEST(BpfTrace, WhatIsNotToldIsSaid) {
    TraceSnapshot snapshot;
    snapshot.untold = {"bounced"};
    const Trace trace = gather({}, snapshot);
    EXPECT_THAT(table_lines(trace, {})[1], HasSubstr("does not tell of all calls whether: bounced"));
    EXPECT_THAT(to_json(trace, {}, "bpf")["untold"], ElementsAre("bounced"));
    EXPECT_FALSE(to_json(gather({}, TraceSnapshot{}), {}, "bpf").contains("untold"));
}

TEST(BpfTrace, TheTableSaysWhoSawIt) {
    EXPECT_THAT(table_lines(Trace{}, {false, 0, 0, "bpf"})[0], HasSubstr("; seen by BPF"));
    EXPECT_THAT(table_lines(Trace{}, {false, 0, 0, "kretprobes"})[0], HasSubstr("; seen by kretprobes"));
}

}  // namespace
}  // namespace dmabench
