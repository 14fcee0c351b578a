// SPDX-License-Identifier: GPL-2.0-only
#include "platform/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "counters/perf_event.h"

namespace dmabench {
namespace {

const std::string cpus = "/sys/devices/system/cpu";

bool has_line(const std::string& text, const std::string& line) {
    return text == line || text.starts_with(line + "\n") || text.find("\n" + line + "\n") != std::string::npos ||
           text.ends_with("\n" + line);
}

/// What a program writes to its standard output.
std::string output_of(const std::string& command) {
    std::string out;
    if (std::FILE* pipe = ::popen(command.c_str(), "r")) {
        std::array<char, 65536> part{};
        for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) != 0;)
            out.append(part.data(), got);
        ::pclose(pipe);
    }
    return out;
}

bool asked(const std::vector<std::string>& words, std::initializer_list<const char*> any, std::string& which) {
    for (const std::string& word : words)
        for (const char* flag : any)
            if (word == flag) {
                which = word;
                return true;
            }
    return false;
}

/// What of the IOMMU the command line asks for, and is not so.
void check_iommu_flags(const SystemFiles& files, const std::vector<std::string>& words,
                       std::vector<IneffectiveFlag>& found) {
    std::string pt, on, off, strict, lazy;
    const bool asked_pt = asked(words, {"iommu=pt", "iommu.passthrough=1", "iommu.passthrough=on"}, pt);
    const bool asked_on = asked(words, {"intel_iommu=on", "amd_iommu=on", "amd_iommu=force_enable"}, on);
    const bool asked_off = asked(words, {"iommu=off", "intel_iommu=off", "amd_iommu=off"}, off);
    const bool asked_strict =
        asked(words, {"iommu.strict=1", "iommu.strict=on", "intel_iommu=on,strict", "amd_iommu=fullflush"}, strict);
    const bool asked_lazy = asked(words, {"iommu.strict=0", "iommu.strict=off"}, lazy);
    if (asked_on && iommus(files).empty())
        found.push_back({on, fmt::format("{} was asked for, but no IOMMU is active (is it off in the firmware?)", on)});
    if (asked_off && !iommus(files).empty())
        found.push_back({off, fmt::format("{} was asked for, but {} is active", off, iommus(files).front())});
    std::vector<std::string> functions = bound_functions(files);
    if (functions.empty())
        functions = files.names("/sys/bus/pci/devices");
    std::set<std::string> told;  // one example of each will do
    for (const std::string& address : functions) {
        const std::string type = iommu_domain_type(files, address);
        const bool translated = type == "DMA" || type == "DMA-FQ";
        const auto tell = [&](const std::string& flag) {
            if (told.insert(flag + type).second)
                found.push_back({flag, fmt::format("{} was asked for, but the IOMMU domain in force for {} is {}", flag,
                                                   address, type)});
        };
        if (asked_pt && translated)
            tell(pt);
        else if (!asked_pt && asked_strict && (type == "DMA-FQ" || type == "identity"))
            tell(strict);
        else if (!asked_pt && asked_lazy && (type == "DMA" || type == "identity"))
            tell(lazy);
    }
}

void check_swiotlb_flag(const SystemFiles& files, const std::vector<std::string>& words,
                        std::vector<IneffectiveFlag>& found) {
    const auto slots = files.number("/sys/kernel/debug/swiotlb/io_tlb_nslabs");
    for (const std::string& word : words) {
        if (!word.starts_with("swiotlb=") || !slots)
            continue;
        const std::string value = word.substr(8);
        const bool force = value == "force" || value.ends_with(",force");
        const std::uint64_t wanted = std::strtoull(value.c_str(), nullptr, 10);
        constexpr std::uint64_t segment = 128;  // slots, IO_TLB_SEGSIZE: what the kernel rounds to
        if (force && *slots == 0)
            found.push_back({word, fmt::format("{} was asked for, but there is no swiotlb pool", word)});
        else if (force && !bound_functions(files).empty() &&
                 !iommu_domain_type(files, bound_functions(files).front()).empty() &&
                 iommu_domain_type(files, bound_functions(files).front()) != "identity")
            found.push_back({word, fmt::format("{} was asked for, but {} is behind an IOMMU, which swiotlb does not "
                                               "force bounces for",
                                               word, bound_functions(files).front())});
        else if (wanted != 0 && (*slots + segment < wanted))
            found.push_back({word, fmt::format("{} was asked for, but the pool has {} slots", word, *slots)});
    }
}

}  // namespace

std::string cpu_model(const SystemFiles& files) {
    if (auto model = files.cpuinfo({"model name", "Model"}))
        return *model;
    const auto implementer = files.cpuinfo({"CPU implementer"});
    const auto part = files.cpuinfo({"CPU part"});
    if (implementer && part)
        return fmt::format("implementer {} part {} revision {}", *implementer, *part,
                           files.cpuinfo({"CPU revision"}).value_or("?"));
    return "";
}

std::vector<int> online_cpus(const SystemFiles& files) {
    return parse_cpu_list(files.text(cpus + "/online").value_or(""));
}

std::optional<std::string> governor(const SystemFiles& files) {
    std::optional<std::string> common;
    for (const int cpu : online_cpus(files)) {
        const auto own = files.text(fmt::format("{}/cpu{}/cpufreq/scaling_governor", cpus, cpu));
        if (!own)
            continue;
        if (common && *common != *own)
            return "mixed";
        common = own;
    }
    return common;
}

std::optional<bool> turbo(const SystemFiles& files) {
    if (const auto off = files.number(cpus + "/intel_pstate/no_turbo"))
        return *off == 0;
    if (const auto on = files.number(cpus + "/cpufreq/boost"))
        return *on != 0;
    return std::nullopt;
}

std::optional<bool> smt(const SystemFiles& files) {
    const auto active = files.number(cpus + "/smt/active");
    return active ? std::optional(*active != 0) : std::nullopt;
}

std::string virtualization(const SystemFiles& files) {
    const std::string vendor = files.text("/sys/class/dmi/id/sys_vendor").value_or("");
    const std::string product = files.text("/sys/class/dmi/id/product_name").value_or("");
    const auto compatible = files.text("/proc/device-tree/compatible").value_or("");
    if (compatible.find("linux,dummy-virt") != std::string::npos)
        return "qemu virt";
    if (vendor.find("QEMU") != std::string::npos || product.find("KVM") != std::string::npos)
        return "qemu " + product;
    if (const auto type = files.text("/sys/hypervisor/type"))
        return *type;
    const auto flags = files.cpuinfo({"flags"});
    return flags && (" " + *flags + " ").find(" hypervisor ") != std::string::npos ? "hypervisor" : "";
}

std::optional<bool> is_virtual(const SystemFiles& files) {
    if (!virtualization(files).empty())
        return true;
    const bool can_tell = files.cpuinfo({"flags"}) || files.exists("/proc/device-tree/compatible") ||
                          files.exists("/sys/class/dmi/id/sys_vendor");
    return can_tell ? std::optional(false) : std::nullopt;
}

std::string preemption(const SystemFiles& files, const std::string& version) {
    if (version.find("PREEMPT_RT") != std::string::npos)
        return "rt";
    // "none voluntary (full)": what a kernel with PREEMPT_DYNAMIC has chosen
    const std::string chosen = files.text("/sys/kernel/debug/sched/preempt").value_or("");
    const auto open = chosen.find('(');
    const auto close = chosen.find(')');
    if (open != std::string::npos && close != std::string::npos && open < close)
        return chosen.substr(open + 1, close - open - 1);
    if (version.find("PREEMPT_DYNAMIC") != std::string::npos)
        return "";
    return version.find(" PREEMPT ") != std::string::npos ? "full" : "";
}

std::optional<KernelConfig> kernel_config(const SystemFiles& files, const std::string& release) {
    const std::string packed = "/proc/config.gz";
    const std::string real = files.where(packed).string();
    if (files.exists(packed) && real.find('\'') == std::string::npos)
        if (std::string text = output_of("gzip -dc '" + real + "' 2>/dev/null"); !text.empty())
            return KernelConfig{packed, std::move(text)};
    for (const std::string& file : {"/boot/config-" + release, "/lib/modules/" + release + "/config"})
        if (auto text = files.text(file))
            return KernelConfig{file, std::move(*text)};
    return std::nullopt;
}

std::vector<std::string> slow_configs(const SystemFiles& files, const std::optional<KernelConfig>& config) {
    // Each costs more than a few percent of what a DMA call takes; the file shows an option at run time.
    struct Slow {
        const char* option;
        const char* file;
    };
    static constexpr std::array<Slow, 13> slow{{{"DMA_API_DEBUG", "/sys/kernel/debug/dma-api"},
                                                {"KASAN", nullptr},
                                                {"KMSAN", nullptr},
                                                {"KCSAN", "/sys/kernel/debug/kcsan"},
                                                {"UBSAN", nullptr},
                                                {"PROVE_LOCKING", "/proc/lockdep_chains"},
                                                {"LOCK_STAT", "/proc/lock_stat"},
                                                {"DEBUG_LOCK_ALLOC", nullptr},
                                                {"DEBUG_PAGEALLOC_ENABLE_DEFAULT", nullptr},
                                                {"DEBUG_KMEMLEAK", "/sys/kernel/debug/kmemleak"},
                                                {"DEBUG_OBJECTS", "/sys/kernel/debug/debug_objects"},
                                                {"SLUB_DEBUG_ON", nullptr},
                                                {"GCOV_KERNEL", "/sys/kernel/debug/gcov"}}};
    std::vector<std::string> found;
    for (const Slow& one : slow)
        if ((config && has_line(config->text, fmt::format("CONFIG_{}=y", one.option))) ||
            (one.file != nullptr && files.exists(one.file)))
            found.emplace_back(one.option);
    return found;
}

std::string iommu_domain_type(const SystemFiles& files, const std::string& pci_address) {
    const std::string group = files.link_name("/sys/bus/pci/devices/" + pci_address + "/iommu_group");
    return group.empty() ? "" : files.text("/sys/kernel/iommu_groups/" + group + "/type").value_or("");
}

std::vector<std::string> iommus(const SystemFiles& files) { return files.names("/sys/class/iommu"); }

std::vector<std::string> bound_functions(const SystemFiles& files) {
    std::vector<std::string> addresses;
    for (const std::string& name : files.names("/sys/bus/pci/drivers/dmabench"))
        if (name.find(':') != std::string::npos)
            addresses.push_back(name);
    return addresses;
}

std::vector<IneffectiveFlag> ineffective_boot_flags(const SystemFiles& files) {
    const std::vector<std::string> words = files.boot_words();
    std::vector<IneffectiveFlag> found;
    check_iommu_flags(files, words, found);
    check_swiotlb_flag(files, words, found);
    for (const std::string& word : words) {
        if (word.starts_with("isolcpus=") && files.exists(cpus + "/isolated") && !files.text(cpus + "/isolated"))
            found.push_back({word, word + " was asked for, but no CPU is isolated"});
        if ((word == "nosmt" || word == "nosmt=force") && smt(files).value_or(false))
            found.push_back({word, word + " was asked for, but SMT is active"});
        const auto clock = files.text("/sys/devices/system/clocksource/clocksource0/current_clocksource");
        if (word.starts_with("clocksource=") && clock && *clock != word.substr(12))
            found.push_back({word, fmt::format("{} was asked for, but {} is in use", word, *clock)});
    }
    return found;
}

}  // namespace dmabench
