// SPDX-License-Identifier: GPL-2.0-only
// What tracing by BPF comes down to without a kernel: why it cannot be done, whose rows they are, what is
// where.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>

#include "base/result.h"
#include "trace/functions.h"

namespace dmabench {

/// What tracing by BPF may lack.
enum class BpfLack {
    not_built,       ///< this dmabench is without it
    btf,             ///< the kernel does not describe its types
    helpers,         ///< its BPF is too old
    trampolines,     ///< it cannot call programs from functions
    privilege,       ///< CAP_BPF and CAP_PERFMON
    locked_down,     ///< for confidentiality
    function,        ///< the kernel has none of those to trace
    code_addresses,  ///< they are hidden
    nothing_traced,  ///< calls that do nothing were not seen
    callers,         ///< nor where those come from
};

/// One line, ErrorKind::not_possible.
Error bpf_lacks(BpfLack what, TracedFunctions functions = 0);

/// Of an errno of loading or attaching programs.
BpfLack lack_of(int error, std::string_view lockdown);

/// Neither means works: both reasons in one line.
Error neither(const Error& module, const Error& bpf);

enum class TraceMeans { module, bpf };

/// The module where it is there, unless the other is asked for: "auto", "module" or "bpf".
TraceMeans choose_means(std::string_view asked, bool module_there);

/// The kernel's "symbol+0x12/0x34 [module]" without the size, as the module's rows have it. An address that
/// has no name, or that a probe put in the caller's place, is "unknown"; nothing stays nothing.
std::string tidy_symbol(std::string_view symbol);

/// Whether bpf_fentry_test1() is called from there, as it is for who asks for a run of a tracing program.
bool is_test_run(std::string_view symbol);

/// Where a function's code is.
struct TextRange {
    std::uint64_t start = 0;
    std::uint64_t size = 0;  ///< 0: it is not there, or its address is hidden
};

/// By /proc/kallsyms: up to the next symbol.
TextRange find_text(std::istream& symbols, std::string_view name);

}  // namespace dmabench
