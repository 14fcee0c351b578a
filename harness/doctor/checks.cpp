// SPDX-License-Identifier: GPL-2.0-only
#include "doctor/checks.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <sstream>
#include <thread>

#include <dmabench.h>

#include "base/lockdown.h"
#include "counters/counters.h"
#include "doctor/fixes.h"
#include "platform/facts.h"

namespace dmabench {
namespace {

using Findings = std::vector<Finding>;

const std::string cpus = "/sys/devices/system/cpu";

bool module_loaded(const System& system) { return system.files.exists("/sys/module/dmabench"); }

/// A finding whose mending is one of the safe fixes.
Finding fixable(const char* id, Severity severity, std::string text, const std::string& command) {
    return {id, severity, std::move(text), command, true};
}

// --- what prevents a run ---

Findings look_at_module(const System& system) {
    const SystemFiles& files = system.files;
    if (files.exists(DMABENCH_DEVICE))
        return {};
    if (module_loaded(system))
        return {{"module", Severity::prevents,
                 "the module is loaded, but there is no " DMABENCH_DEVICE " (in a container?)",
                 "run outside of the container, or pass " DMABENCH_DEVICE " in"}};
    if (!files.exists("/proc/modules"))
        return {{"module", Severity::prevents, "this kernel is built without loadable modules",
                 "dmabench run ... --on lab:arm64"}};
    if (files.number("/proc/sys/kernel/modules_disabled").value_or(0) != 0)
        return {{"module", Severity::prevents,
                 "the module is not loaded, and loading is off until the next boot (kernel.modules_disabled=1)",
                 "reboot, then load it before modules_disabled is set"}};
    const std::string modules = "/lib/modules/" + system.release;
    for (const char* place : {"/updates/dkms/dmabench.ko", "/updates/dmabench.ko", "/extra/dmabench.ko"})
        for (const char* packed : {"", ".xz", ".zst", ".gz"})
            if (files.exists(modules + place + packed))
                return {{"module", Severity::prevents, "the module is installed, but not loaded",
                         "sudo modprobe dmabench"}};
    if (!files.exists(modules + "/build"))
        return {{"module", Severity::prevents,
                 fmt::format("the module is neither loaded nor built, and the headers of kernel {} are missing",
                             system.release),
                 fmt::format("sudo apt-get install linux-headers-{0} && make -C kmod && sudo insmod kmod/dmabench.ko",
                             system.release)}};
    return {{"module", Severity::prevents, "the module is not loaded",
             "make -C kmod && sudo insmod kmod/dmabench.ko"}};
}

Findings look_at_privilege(const System& system) {
    if (!system.files.exists(DMABENCH_DEVICE) || system.can_open(DMABENCH_DEVICE))
        return {};
    return {{"privilege", Severity::prevents, DMABENCH_DEVICE " may not be opened by this user",
             "run dmabench with sudo"}};
}

Findings look_at_lockdown(const System& system) {
    if (module_loaded(system))
        return {};
    if (!lockdown_mode(system.files.text("/sys/kernel/security/lockdown").value_or("")).empty())
        return {{"lockdown", Severity::prevents,
                 "the kernel is locked down (Secure Boot?): it loads only modules that are signed",
                 "mokutil --disable-validation and reboot, or sign kmod/dmabench.ko with an enrolled key"}};
    if (system.files.text("/sys/module/module/parameters/sig_enforce").value_or("N") == "Y")
        return {{"lockdown", Severity::prevents, "the kernel loads only modules that are signed (sig_enforce)",
                 "sign kmod/dmabench.ko with a key that the kernel knows, or boot without module.sig_enforce=1"}};
    return {};
}

// --- what limits it ---

Findings look_at_memlock(const System& system) {
    constexpr std::uint64_t largest = 64ULL << 20;  // bytes, the largest buffer
    if (system.privileged || system.memlock >= largest)
        return {};
    return {{"memlock", Severity::limits,
             fmt::format("RLIMIT_MEMLOCK is {} KiB: points with source:user cannot pin larger buffers",
                         system.memlock / 1024),
             "ulimit -l 65536, or run as root"}};
}

Findings look_at_paranoid(const System& system) {
    const auto text = system.files.text("/proc/sys/kernel/perf_event_paranoid");
    // 1 still lets every user count what the kernel does for a task of theirs
    if (!text || system.privileged || std::atoi(text->c_str()) <= 1)
        return {};
    return {fixable("perf_paranoid", Severity::limits,
                    fmt::format("perf_event_paranoid is {}: this user cannot count what the kernel does", *text),
                    "sudo sysctl kernel.perf_event_paranoid=-1")};
}

Findings look_at_pmu(const System& system) {
    const std::string why = system.pmu();
    if (why.empty())
        return {};
    return {{"pmu", Severity::limits, fmt::format("cycles cannot be counted: {}", why),
             is_virtual(system.files).value_or(false) ? "pass the CPU's PMU through to the virtual machine" : ""}};
}

Findings look_at_debugfs(const System& system) {
    Findings found;
    for (const Mount& mount : missing_mounts(system.files))
        found.push_back(fixable("debugfs", Severity::limits,
                                fmt::format("{} is not mounted: {} cannot be read", mount.type,
                                            mount.type == "tracefs" ? "tracepoints" : "swiotlb's state"),
                                fmt::format("sudo mount -t {0} {0} {1}", mount.type, mount.where)));
    return found;
}

// --- what disturbs it ---

Findings look_at_governor(const System& system) {
    const auto now = governor(system.files);
    if (!now || *now == "performance")
        return {};
    return {fixable("governor", Severity::disturbs,
                    fmt::format("the frequency governor is {}, so the CPU's speed follows the load", *now),
                    "sudo cpupower frequency-set -g performance")};
}

Findings look_at_turbo(const System& system) {
    if (!turbo(system.files).value_or(false))
        return {};
    const bool intel = system.files.exists(cpus + "/intel_pstate/no_turbo");
    return {fixable("turbo", Severity::disturbs,
                    "turbo is on, so the CPU's speed follows its temperature and its neighbours' load",
                    intel ? "echo 1 | sudo tee /sys/devices/system/cpu/intel_pstate/no_turbo"
                          : "echo 0 | sudo tee /sys/devices/system/cpu/cpufreq/boost")};
}

Findings look_at_frequencies(const System& system) {
    std::uint64_t least = ~0ULL;
    std::uint64_t most = 0;
    for (const int cpu : online_cpus(system.files))
        if (const auto khz = system.files.number(fmt::format("{}/cpu{}/cpufreq/cpuinfo_max_freq", cpus, cpu))) {
            least = std::min(least, *khz);
            most = std::max(most, *khz);
        }
    if (most == 0 || most <= least + least / 20)
        return {};
    return {{"frequency", Severity::disturbs,
             fmt::format("the CPUs are not alike: they run at up to {} and {} MHz", least / 1000, most / 1000),
             "taskset -c CPU dmabench run ..., with the same CPU each time"}};
}

struct CpuTimes {
    std::uint64_t busy = 0;
    std::uint64_t all = 0;
};

CpuTimes times_of(const SystemFiles& files, int cpu) {
    std::istringstream in(files.text("/proc/stat").value_or(""));
    for (std::string line; std::getline(in, line);) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        if (name != fmt::format("cpu{}", cpu))
            continue;
        CpuTimes times;
        // user nice system idle iowait irq softirq steal, proc(5)
        std::uint64_t ticks = 0;
        for (int field = 0; field < 8 && words >> ticks; ++field) {
            times.all += ticks;
            if (field != 3 && field != 4)
                times.busy += ticks;
        }
        return times;
    }
    return {};
}

Findings look_at_smt(const System& system) {
    if (!smt(system.files).value_or(false))
        return {};
    int sibling = -1;
    for (const int cpu : parse_cpu_list(
             system.files.text(fmt::format("{}/cpu{}/topology/thread_siblings_list", cpus, system.cpu)).value_or("")))
        if (cpu != system.cpu)
            sibling = cpu;
    if (sibling < 0)
        return {};
    const CpuTimes before = times_of(system.files, sibling);
    system.wait();
    const CpuTimes after = times_of(system.files, sibling);
    constexpr std::uint64_t busy_percent = 5;
    if (after.all <= before.all || (after.busy - before.busy) * 100 < busy_percent * (after.all - before.all))
        return {};
    return {{"smt", Severity::disturbs,
             fmt::format("CPU {} shares its core with CPU {}, which is {} % busy", system.cpu, sibling,
                         (after.busy - before.busy) * 100 / (after.all - before.all)),
             "echo off | sudo tee /sys/devices/system/cpu/smt/control"}};
}

Findings look_at_load(const System& system) {
    const auto text = system.files.text("/proc/loadavg");
    if (!text)
        return {};
    const double load = std::strtod(text->c_str(), nullptr);
    constexpr double calm = 0.5;
    if (load < calm)
        return {};
    return {{"load", Severity::disturbs, fmt::format("other work keeps {:.1f} CPUs busy (load average)", load),
             "stop it; top shows it"}};
}

Findings look_at_kernel(const System& system) {
    const auto slow = slow_configs(system.files, kernel_config(system.files, system.release));
    Findings found;
    for (const std::string& option : slow) {
        if (option == "DMA_API_DEBUG") {
            if (system.files.text("/sys/kernel/debug/dma-api/disabled").value_or("N") == "Y")
                continue;
            found.push_back({"dma_debug", Severity::disturbs,
                             "the kernel checks each DMA call (CONFIG_DMA_API_DEBUG), which takes longer than the call",
                             "boot with dma_debug=off, or a kernel without it"});
        } else if (option == "PROVE_LOCKING" || option == "LOCK_STAT" || option == "DEBUG_LOCK_ALLOC") {
            found.push_back({"lockdep", Severity::disturbs,
                             fmt::format("the kernel checks each lock (CONFIG_{})", option),
                             "boot a kernel without it"});
        } else {
            found.push_back({"slow_kernel", Severity::disturbs,
                             fmt::format("the kernel is built to find bugs, not to be fast (CONFIG_{})", option),
                             "boot a kernel without it"});
        }
    }
    return found;
}

Findings look_at_isolation(const System& system) {
    const auto online = online_cpus(system.files);
    if (online.size() < 2 || system.files.text(cpus + "/isolated"))
        return {};
    const int last = online.back();
    return {{"isolation", Severity::disturbs, "no CPU is isolated, so other tasks can run on any of them",
             fmt::format("boot with isolcpus={0} nohz_full={0} rcu_nocbs={0}, then taskset -c {0} dmabench run ...",
                         last)}};
}

Findings look_at_watchdog(const System& system) {
    if (system.files.number("/proc/sys/kernel/nmi_watchdog").value_or(0) == 0)
        return {};
    return {fixable("nmi_watchdog", Severity::disturbs, "the NMI watchdog is on: it holds a counter of the PMU and interrupts laps",
                    "sudo sysctl kernel.nmi_watchdog=0")};
}

Findings look_at_irqbalance(const System& system) {
    for (const std::string& name : system.files.names("/proc"))
        if (!name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) != 0 &&
            system.files.text("/proc/" + name + "/comm").value_or("") == "irqbalance")
            return {{"irqbalance", Severity::disturbs, "irqbalance moves interrupts between CPUs while laps run",
                     "sudo systemctl stop irqbalance"}};
    return {};
}

Findings look_at_boot_flags(const System& system) {
    Findings found;
    for (const IneffectiveFlag& flag : ineffective_boot_flags(system.files))
        found.push_back({"boot_flag", Severity::disturbs, flag.text,
                         "read the figures as those of what is in force, or mend the boot flag and reboot"});
    return found;
}

Findings look_at_clock(const System& system) {
    const auto now = system.files.text("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    static constexpr std::array<const char*, 5> slow{"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};
    if (!now || std::none_of(slow.begin(), slow.end(), [&](const char* name) { return *now == name; }))
        return {};
    const std::string others =
        system.files.text("/sys/devices/system/clocksource/clocksource0/available_clocksource").value_or("");
    const bool tsc = (" " + others + " ").find(" tsc ") != std::string::npos;
    return {{"clock", Severity::disturbs,
             fmt::format("the clock source is {}, which is slow to read{}", *now,
                         tsc ? "" : " (the kernel found the CPU's own counter unstable)"),
             tsc ? "echo tsc | sudo tee /sys/devices/system/clocksource/clocksource0/current_clocksource"
                 : "dmesg | grep -i clocksource tells why; boot with tsc=reliable if the hardware is sound"}};
}

Findings look_at_virtual(const System& system) {
    if (!is_virtual(system.files).value_or(false))
        return {};
    return {{"virtual", Severity::disturbs,
             fmt::format("this is a virtual machine ({}): its figures are not those of the hardware",
                         virtualization(system.files)),
             ""}};
}

constexpr std::array<Check, 19> checks{{
    {"module", "the kernel module", look_at_module},
    {"privilege", "the right to open " DMABENCH_DEVICE, look_at_privilege},
    {"lockdown", "kernel lockdown and module signatures", look_at_lockdown},
    {"memlock", "RLIMIT_MEMLOCK", look_at_memlock},
    {"perf_paranoid", "perf_event_paranoid", look_at_paranoid},
    {"pmu", "performance counters", look_at_pmu},
    {"debugfs", "debugfs and tracefs", look_at_debugfs},
    {"governor", "the frequency governor", look_at_governor},
    {"turbo", "turbo", look_at_turbo},
    {"frequency", "CPUs of different speed", look_at_frequencies},
    {"smt", "the CPU's sibling", look_at_smt},
    {"load", "other load", look_at_load},
    {"slow_kernel", "debugging options of the kernel", look_at_kernel},
    {"isolation", "isolated CPUs", look_at_isolation},
    {"nmi_watchdog", "the NMI watchdog", look_at_watchdog},
    {"irqbalance", "irqbalance", look_at_irqbalance},
    {"boot_flag", "boot flags and what is in force", look_at_boot_flags},
    {"clock", "the clock source", look_at_clock},
    {"virtual", "virtualization", look_at_virtual},
}};

}  // namespace

System this_system() {
    utsname names{};
    ::uname(&names);
    rlimit limit{};
    System system;
    system.release = names.release;
    system.arch = names.machine;
    system.privileged = ::geteuid() == 0;
    system.cpu = std::max(::sched_getcpu(), 0);
    if (::getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
        system.memlock = limit.rlim_cur;
    system.can_open = [](const std::string& path) { return ::access(path.c_str(), R_OK | W_OK) == 0; };
    system.pmu = [] {
        const Counters cycles(std::vector<CounterEvent>{{"cycles", "cycles"}});
        return cycles.unavailable().empty() ? "" : cycles.unavailable().front().reason;
    };
    system.wait = [] { std::this_thread::sleep_for(std::chrono::milliseconds(200)); };
    return system;
}

std::span<const Check> all_checks() { return checks; }

std::vector<Finding> diagnose(const System& system) {
    std::vector<Finding> findings;
    for (const Check& check : checks)
        for (Finding& finding : check.look(system))
            findings.push_back(std::move(finding));
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
    return findings;
}

const char* severity_name(Severity severity) {
    switch (severity) {
        case Severity::prevents:
            return "prevents";
        case Severity::limits:
            return "limits";
        case Severity::disturbs:
            return "disturbs";
    }
    return "?";
}

}  // namespace dmabench
