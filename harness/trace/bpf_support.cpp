// SPDX-License-Identifier: GPL-2.0-only
#include "trace/bpf_support.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "trace/trace_session.h"

namespace dmabench {
namespace {

constexpr int enotsupp =
    524;  // the kernel's own, which it gives out where an architecture has no trampolines

// What a return address is replaced with while a function is also probed by others.
constexpr std::array<std::string_view, 4> replaced{"arch_rethook_trampoline", "__kretprobe_trampoline",
                                                   "kretprobe_trampoline", "return_to_handler"};

std::string text_of(BpfLack what, TracedFunctions functions) {
    switch (what) {
        case BpfLack::not_built:
            return "this dmabench is built without it (cmake -DDMABENCH_BPF=ON takes clang and libbpf)";
        case BpfLack::btf:
            return "this kernel has no BTF (/sys/kernel/btf/vmlinux): it is built without "
                   "CONFIG_DEBUG_INFO_BTF";
        case BpfLack::helpers:
            return "this kernel's BPF is too old: it has no bpf_loop(), which came with Linux 5.17";
        case BpfLack::trampolines:
            return "this kernel has no BPF trampolines: arm64 has them since Linux 6.4, and they take "
                   "CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS and CONFIG_BPF_JIT";
        case BpfLack::privilege:
            return "it needs the capabilities CAP_BPF and CAP_PERFMON, which this process has not: run "
                   "dmabench as root, and not in a container";
        case BpfLack::locked_down:
            return "this kernel is locked down for confidentiality (/sys/kernel/security/lockdown): boot it "
                   "with lockdown= unset or integrity";
        case BpfLack::function:
            return fmt::format("this kernel has none of the functions to trace ({})",
                               fmt::join(function_names(functions), ", "));
        case BpfLack::code_addresses:
            return "this kernel hides where its code is, by which callers are told: set kernel.kptr_restrict "
                   "to 0 or 1 and run dmabench as root";
        case BpfLack::callers:
            return "where a call returns to is not where it is looked for on this kernel's stack, so that no "
                   "caller could be told";
        case BpfLack::nothing_traced:
            break;
    }
    return "this kernel did not run the programs for bpf_fentry_test1(), by which their cost is told";
}

}  // namespace

Error bpf_lacks(BpfLack what, TracedFunctions functions) {
    return {ErrorKind::not_possible, "tracing by BPF cannot be done: " + text_of(what, functions)};
}

BpfLack lack_of(int error, std::string_view lockdown) {
    if (lockdown == "confidentiality")
        return BpfLack::locked_down;
    return error == EPERM                             ? BpfLack::privilege
           : error == enotsupp || error == EOPNOTSUPP ? BpfLack::trampolines
                                                      : BpfLack::helpers;
}

Error neither(const Error& module, const Error& bpf) {
    return {module.kind, fmt::format("{}; {}", module.message, bpf.message)};
}

TraceMeans choose_means(std::string_view asked, bool module_there) {
    if (asked == "auto")
        return module_there ? TraceMeans::module : TraceMeans::bpf;
    return asked == "bpf" ? TraceMeans::bpf : TraceMeans::module;
}

std::string tidy_symbol(std::string_view symbol) {
    if (symbol.empty())
        return "";
    const std::string_view name = symbol.substr(0, symbol.find_first_of("+/ "));
    if (symbol.front() == '0' || symbol.front() == '(' ||
        std::find(replaced.begin(), replaced.end(), name) != replaced.end())
        return "unknown";
    const auto slash = symbol.find('/');
    if (slash == std::string_view::npos)
        return std::string(symbol);
    const auto module = symbol.find(' ', slash);
    return std::string(symbol.substr(0, slash)) +
           (module == std::string_view::npos ? "" : std::string(symbol.substr(module)));
}

bool is_test_run(std::string_view symbol) {
    return symbol.find("bpf_prog_test_run_tracing+") != symbol.npos;
}

TextRange find_text(std::istream& symbols, std::string_view name) {
    TextRange range;
    for (std::string line; std::getline(symbols, line);) {
        std::uint64_t address = 0;
        const auto parsed = std::from_chars(line.data(), line.data() + line.size(), address, 16);
        if (parsed.ec != std::errc() || address == 0)
            continue;
        if (range.start != 0 && address > range.start) {
            range.size = address - range.start;
            break;
        }
        // "ffffffff81000000 T name", and "\t[module]" for what is not the kernel's own
        const std::string_view rest(parsed.ptr,
                                    line.size() - static_cast<std::size_t>(parsed.ptr - line.data()));
        if (rest.size() > 3 && rest.substr(3) == name)
            range.start = address;
    }
    return range;
}

#ifndef DMABENCH_HAVE_BPF
Result<std::unique_ptr<TraceSession>> open_bpf_trace() {
    return tl::unexpected(bpf_lacks(BpfLack::not_built));
}
#endif

}  // namespace dmabench
