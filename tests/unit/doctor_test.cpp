// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "doctor/checks.h"
#include "doctor/fixes.h"
#include "platform/facts.h"
#include "report/platform.h"

namespace dmabench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A machine made of files, on which nothing is wrong until a test makes it so.
class Machine : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        root_ = fs::path(testing::TempDir()) / (std::string("machine-") + test->name());
        fs::remove_all(root_);
        system_.files = SystemFiles(root_);
        system_.release = "6.1.0-test";
        system_.arch = "x86_64";
        system_.cpu = 1;
        system_.privileged = true;
        system_.can_open = [](const std::string&) { return true; };
        system_.pmu = [] { return ""; };
        system_.wait = [] {};
        write("/dev/dmabench", "");
        write("/sys/module/dmabench/version", "1");
        write("/proc/modules", "dmabench 1 0 - Live 0x0");
        write("/proc/cmdline", "quiet");
        write("/proc/cpuinfo", "processor : 0\nmodel name : A CPU\nflags : fpu tsc");
        write("/proc/loadavg", "0.05 0.1 0.2 1/100 1234");
        write("/proc/mounts", "debugfs /sys/kernel/debug debugfs rw 0 0\ntracefs /sys/kernel/tracing tracefs rw 0 0");
        write("/proc/sys/kernel/perf_event_paranoid", "2");
        write("/proc/sys/kernel/nmi_watchdog", "0");
        write(cpu_ + "/online", "0-3");
        write(cpu_ + "/isolated", "3");
        write(clock_ + "/current_clocksource", "tsc");
        fs::create_directories(root_ / "run");
    }
    void TearDown() override { fs::remove_all(root_); }

    void write(const std::string& path, const std::string& text) const {
        const fs::path file = system_.files.where(path);
        fs::create_directories(file.parent_path());
        std::ofstream(file) << text << "\n";
    }
    void remove(const std::string& path) const { fs::remove_all(system_.files.where(path)); }
    [[nodiscard]] std::string read(const std::string& path) const { return system_.files.text(path).value_or(""); }
    void function(const std::string& address, const std::string& group, const std::string& type) const {
        const std::string device = "/sys/bus/pci/devices/" + address;
        fs::create_directories(system_.files.where(device));
        fs::create_symlink("../../../kernel/iommu_groups/" + group, system_.files.where(device + "/iommu_group"));
        write("/sys/kernel/iommu_groups/" + group + "/type", type);
    }

    /// The one finding that there must be.
    Finding only() const {
        const auto findings = diagnose(system_);
        EXPECT_EQ(findings.size(), 1U);
        for (std::size_t i = 1; i < findings.size(); ++i)
            ADD_FAILURE() << findings[i].id << ": " << findings[i].text;
        return findings.empty() ? Finding{} : findings.front();
    }

    fs::path root_;
    System system_;
    const std::string cpu_ = "/sys/devices/system/cpu";
    const std::string clock_ = "/sys/devices/system/clocksource/clocksource0";
};

TEST_F(Machine, NothingIsWrong) { EXPECT_THAT(diagnose(system_), IsEmpty()); }

TEST_F(Machine, ModuleNotLoaded) {
    remove("/dev/dmabench");
    remove("/sys/module/dmabench");
    fs::create_directories(system_.files.where("/lib/modules/6.1.0-test/build"));
    EXPECT_EQ(only().id, "module");
    EXPECT_EQ(only().severity, Severity::prevents);
    EXPECT_EQ(only().command, "make -C kmod && sudo insmod kmod/dmabench.ko");
    write("/lib/modules/6.1.0-test/updates/dkms/dmabench.ko.xz", "");
    EXPECT_EQ(only().command, "sudo modprobe dmabench");
    remove("/lib/modules");
    EXPECT_THAT(only().command, HasSubstr("apt-get install linux-headers-6.1.0-test"));
    write("/proc/sys/kernel/modules_disabled", "1");
    EXPECT_THAT(only().text, HasSubstr("loading is off"));
    remove("/proc/modules");
    EXPECT_THAT(only().text, HasSubstr("without loadable modules"));
}

TEST_F(Machine, ModuleLoadedWithoutDevice) {
    remove("/dev/dmabench");
    EXPECT_THAT(only().text, HasSubstr("no /dev/dmabench (in a container?)"));
}

TEST_F(Machine, DeviceOfAnotherUser) {
    system_.can_open = [](const std::string& path) { return path != "/dev/dmabench"; };
    EXPECT_EQ(only().id, "privilege");
    EXPECT_EQ(only().severity, Severity::prevents);
}

TEST_F(Machine, LockdownMattersUntilTheModuleIsLoaded) {
    write("/sys/kernel/security/lockdown", "none [integrity] confidentiality");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    remove("/dev/dmabench");
    remove("/sys/module/dmabench");
    const auto has_lockdown = [&] {
        const auto findings = diagnose(system_);
        return std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.id == "lockdown"; });
    };
    EXPECT_TRUE(has_lockdown());
    write("/sys/kernel/security/lockdown", "[none] integrity confidentiality");
    EXPECT_FALSE(has_lockdown());
    write("/sys/module/module/parameters/sig_enforce", "Y");
    EXPECT_TRUE(has_lockdown());
}

TEST_F(Machine, LimitsOfAPlainUser) {
    system_.privileged = false;
    system_.memlock = 8 << 20;
    const auto findings = diagnose(system_);
    ASSERT_EQ(findings.size(), 2U);
    EXPECT_EQ(findings[0].id, "memlock");
    EXPECT_THAT(findings[0].text, HasSubstr("8192 KiB"));
    EXPECT_EQ(findings[1].id, "perf_paranoid");
    EXPECT_EQ(findings[1].severity, Severity::limits);
    EXPECT_TRUE(findings[1].safe);
    system_.memlock = 64 << 20;
    write("/proc/sys/kernel/perf_event_paranoid", "1");
    EXPECT_THAT(diagnose(system_), IsEmpty());
}

TEST_F(Machine, NoPmu) {
    system_.pmu = [] { return "no hardware counter for it here"; };
    EXPECT_EQ(only().id, "pmu");
    EXPECT_EQ(only().severity, Severity::limits);
}

TEST_F(Machine, TracefsNotMounted) {
    write("/proc/mounts", "proc /proc proc rw 0 0");
    EXPECT_THAT(diagnose(system_), IsEmpty()) << "this kernel has none";
    fs::create_directories(system_.files.where("/sys/kernel/tracing"));
    EXPECT_EQ(only().command, "sudo mount -t tracefs tracefs /sys/kernel/tracing");
    EXPECT_TRUE(only().safe);
}

TEST_F(Machine, Governor) {
    for (const char* cpu : {"0", "1", "2", "3"})
        write(cpu_ + "/cpu" + cpu + "/cpufreq/scaling_governor", "performance");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    write(cpu_ + "/cpu2/cpufreq/scaling_governor", "powersave");
    EXPECT_EQ(only().id, "governor");
    EXPECT_THAT(only().text, HasSubstr("is mixed"));
    EXPECT_TRUE(only().safe);
}

TEST_F(Machine, Turbo) {
    write(cpu_ + "/intel_pstate/no_turbo", "1");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    write(cpu_ + "/intel_pstate/no_turbo", "0");
    EXPECT_THAT(only().command, HasSubstr("no_turbo"));
    remove(cpu_ + "/intel_pstate");
    write(cpu_ + "/cpufreq/boost", "1");
    EXPECT_THAT(only().command, HasSubstr("cpufreq/boost"));
}

TEST_F(Machine, CpusOfDifferentSpeed) {
    write(cpu_ + "/cpu0/cpufreq/cpuinfo_max_freq", "3000000");
    write(cpu_ + "/cpu1/cpufreq/cpuinfo_max_freq", "3100000");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    write(cpu_ + "/cpu3/cpufreq/cpuinfo_max_freq", "1800000");
    EXPECT_THAT(only().text, HasSubstr("1800 and 3100 MHz"));
}

TEST_F(Machine, BusySibling) {
    write(cpu_ + "/smt/active", "1");
    write(cpu_ + "/cpu1/topology/thread_siblings_list", "0-1");
    write("/proc/stat", "cpu  1 1 1 1 1 1 1 1\ncpu0 100 0 0 900 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0");
    EXPECT_THAT(diagnose(system_), IsEmpty()) << "time stands still";
    const auto after = [&](const char* line) {
        write("/proc/stat", "cpu0 100 0 0 900 0 0 0 0 0 0");
        system_.wait = [this, line] { write("/proc/stat", line); };
    };
    after("cpu0 100 0 0 920 0 0 0 0 0 0");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    after("cpu0 105 0 5 910 0 0 0 0 0 0");
    EXPECT_EQ(only().id, "smt");
    after("cpu0 105 0 5 910 0 0 0 0 0 0");
    EXPECT_THAT(only().text, HasSubstr("CPU 1 shares its core with CPU 0, which is 50 % busy"));
}

TEST_F(Machine, Load) {
    write("/proc/loadavg", "1.73 0.1 0.2 1/100 1234");
    EXPECT_THAT(only().text, HasSubstr("1.7 CPUs"));
}

TEST_F(Machine, DmaDebug) {
    write("/sys/kernel/debug/dma-api/disabled", "N");
    EXPECT_EQ(only().id, "dma_debug");
    write("/sys/kernel/debug/dma-api/disabled", "Y");
    EXPECT_THAT(diagnose(system_), IsEmpty());
}

TEST_F(Machine, SlowKernel) {
    write("/boot/config-6.1.0-test", "CONFIG_KASAN=y\n# CONFIG_PROVE_LOCKING is not set\nCONFIG_KASAN_INLINE=y");
    EXPECT_EQ(only().id, "slow_kernel");
    EXPECT_THAT(only().text, HasSubstr("CONFIG_KASAN)"));
    write("/boot/config-6.1.0-test", "CONFIG_PROVE_LOCKING=y");
    EXPECT_EQ(only().id, "lockdep");
    remove("/boot");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    write("/proc/lockdep_chains", "all of them");
    EXPECT_EQ(only().id, "lockdep");
}

TEST_F(Machine, ConfigOfTheRunningKernel) {
    write("/boot/config-6.1.0-test", "CONFIG_KASAN=y");
    write("/proc/config", "CONFIG_X=y\nCONFIG_DEBUG_KMEMLEAK=y");
    ASSERT_EQ(std::system(fmt::format("gzip -c {0}/config >{0}/config.gz", system_.files.where("/proc").string()).c_str()), 0);
    const auto config = kernel_config(system_.files, system_.release);
    ASSERT_TRUE(config);
    EXPECT_EQ(config->file, "/proc/config.gz");
    EXPECT_THAT(slow_configs(system_.files, config), ElementsAre("DEBUG_KMEMLEAK"));
}

TEST_F(Machine, NoIsolatedCpu) {
    write(cpu_ + "/isolated", "");
    EXPECT_EQ(only().id, "isolation");
    EXPECT_THAT(only().command, HasSubstr("isolcpus=3"));
    write(cpu_ + "/online", "0");
    EXPECT_THAT(diagnose(system_), IsEmpty());
}

TEST_F(Machine, NmiWatchdog) {
    write("/proc/sys/kernel/nmi_watchdog", "1");
    EXPECT_EQ(only().id, "nmi_watchdog");
    EXPECT_TRUE(only().safe);
}

TEST_F(Machine, Irqbalance) {
    write("/proc/77/comm", "irqbalance-ui");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    write("/proc/78/comm", "irqbalance");
    EXPECT_EQ(only().id, "irqbalance");
}

TEST_F(Machine, BadClockSource) {
    write(clock_ + "/current_clocksource", "hpet");
    write(clock_ + "/available_clocksource", "hpet acpi_pm");
    EXPECT_THAT(only().text, HasSubstr("unstable"));
    write(clock_ + "/available_clocksource", "tsc hpet acpi_pm");
    EXPECT_THAT(only().command, HasSubstr("echo tsc"));
}

TEST_F(Machine, VirtualMachine) {
    EXPECT_EQ(is_virtual(system_.files), false);
    write("/proc/cpuinfo", "flags : fpu hypervisor tsc");
    EXPECT_EQ(only().id, "virtual");
    EXPECT_EQ(is_virtual(system_.files), true);
    write("/proc/cpuinfo", "processor : 0");
    EXPECT_EQ(is_virtual(system_.files), std::nullopt);
}

TEST_F(Machine, Preemption) {
    EXPECT_EQ(preemption(system_.files, "#1 SMP PREEMPT_RT Debian"), "rt");
    EXPECT_EQ(preemption(system_.files, "#1 SMP PREEMPT Debian"), "full");
    EXPECT_EQ(preemption(system_.files, "#1 SMP PREEMPT_DYNAMIC Debian"), "");
    write("/sys/kernel/debug/sched/preempt", "none (voluntary) full");
    EXPECT_EQ(preemption(system_.files, "#1 SMP PREEMPT_DYNAMIC Debian"), "voluntary");
}

TEST_F(Machine, PassthroughThatDidNotTakeEffect) {
    write("/proc/cmdline", "quiet iommu=pt");
    function("0000:00:01.0", "1", "DMA-FQ");
    EXPECT_EQ(only().id, "boot_flag");
    EXPECT_EQ(only().text, "iommu=pt was asked for, but the IOMMU domain in force for 0000:00:01.0 is DMA-FQ");
    write("/sys/kernel/iommu_groups/1/type", "identity");
    EXPECT_THAT(diagnose(system_), IsEmpty());
}

TEST_F(Machine, StrictThatDidNotTakeEffect) {
    write("/proc/cmdline", "iommu.strict=1");
    function("0000:00:01.0", "1", "DMA");
    function("0000:00:02.0", "2", "DMA-FQ");
    EXPECT_THAT(only().text, HasSubstr("0000:00:02.0 is DMA-FQ"));
    write("/sys/bus/pci/drivers/dmabench/0000:00:01.0/x", "");
    EXPECT_THAT(diagnose(system_), IsEmpty()) << "the function that is measured has what was asked for";
    write("/proc/cmdline", "iommu.strict=0");
    EXPECT_THAT(only().text, HasSubstr("iommu.strict=0 was asked for"));
}

TEST_F(Machine, OtherBootFlagsThatDidNotTakeEffect) {
    write("/proc/cmdline", "intel_iommu=on");
    EXPECT_THAT(only().text, HasSubstr("no IOMMU is active"));
    write("/sys/class/iommu/dmar0/x", "");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    write("/proc/cmdline", "intel_iommu=off");
    EXPECT_THAT(only().text, HasSubstr("dmar0 is active"));
    write("/sys/kernel/debug/swiotlb/io_tlb_nslabs", "0");
    write("/proc/cmdline", "swiotlb=force");
    EXPECT_THAT(only().text, HasSubstr("no swiotlb pool"));
    write("/sys/kernel/debug/swiotlb/io_tlb_nslabs", "32768");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    write("/proc/cmdline", "swiotlb=65536,force");
    EXPECT_THAT(only().text, HasSubstr("the pool has 32768 slots"));
    write("/proc/cmdline", "clocksource=hpet");
    EXPECT_THAT(only().text, HasSubstr("tsc is in use"));
    write("/proc/cmdline", "isolcpus=3");
    EXPECT_THAT(diagnose(system_), IsEmpty());
    write(cpu_ + "/isolated", "");
    EXPECT_THAT(diagnose(system_).front().text + diagnose(system_).back().text, HasSubstr("isolcpus=3 was asked for"));
}

TEST_F(Machine, TheWorstComesFirst) {
    write("/proc/sys/kernel/nmi_watchdog", "1");
    remove("/dev/dmabench");
    system_.pmu = [] { return "none"; };
    std::vector<std::string> ids;
    for (const Finding& finding : diagnose(system_))
        ids.push_back(finding.id);
    EXPECT_THAT(ids, ElementsAre("module", "pmu", "nmi_watchdog"));
}

TEST_F(Machine, FingerprintHoldsWhatAFigureDependsOn) {
    write("/proc/cmdline", "iommu=pt swiotlb=force");
    function("0000:00:01.0", "1", "DMA");
    write("/sys/class/iommu/dmar0/x", "");
    write("/sys/kernel/debug/swiotlb/io_tlb_nslabs", "32768");
    write("/sys/kernel/debug/swiotlb/io_tlb_used_hiwater", "12");
    write(cpu_ + "/smt/active", "1");
    write(cpu_ + "/cpufreq/boost", "0");
    DeviceInfo device;
    device.version = "1.2";
    device.targets.push_back({1, "pci:0000:00:01.0", "pci", true, true, -1, 0xffffffff, 0xffffffff, ~0ULL});
    const auto platform = describe_platform(device, "me", "hardware", system_.files);
    EXPECT_EQ(platform["cpu_model"], "A CPU");
    EXPECT_EQ(platform["clock"], "hardware");
    EXPECT_EQ(platform["virtual"], false);
    EXPECT_FALSE(platform.contains("virtualization"));
    EXPECT_FALSE(platform.contains("governor")) << "unknown is left out";
    EXPECT_EQ(platform["turbo"], false);
    EXPECT_EQ(platform["smt"], true);
    EXPECT_EQ(platform["iommu"]["units"][0], "dmar0");
    EXPECT_EQ(platform["iommu"]["domain_type"]["pci:0000:00:01.0"], "DMA");
    EXPECT_EQ(platform["swiotlb"]["forced"], true);
    EXPECT_EQ(platform["swiotlb"]["io_tlb_used_hiwater"], 12);
    EXPECT_EQ(platform["targets"][0]["dma_mask"], 0xffffffff);
    EXPECT_THAT(platform["warnings"][0].get<std::string>(), HasSubstr("iommu=pt was asked for"));
    EXPECT_FALSE(describe_platform(device, "me", "", system_.files).contains("clock"));
}

class Fixing : public Machine {
  protected:
    void SetUp() override {
        Machine::SetUp();
        for (const char* cpu : {"0", "1"}) {
            write(cpu_ + "/cpu" + cpu + "/cpufreq/scaling_governor", "powersave");
            write(cpu_ + "/cpu" + cpu + "/cpufreq/scaling_available_governors", "performance powersave");
        }
        write(cpu_ + "/intel_pstate/no_turbo", "0");
        write("/proc/sys/kernel/nmi_watchdog", "1");
        alive();
    }
    /// Makes the files tell of this process.
    void alive() const { write(fmt::format("/proc/{}/stat", ::getpid()), stat("4242")); }
    static std::string stat(const char* start) {
        return fmt::format("1 (a b) c) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {} 1 1", start);
    }
    [[nodiscard]] std::string settings() const {
        return read(cpu_ + "/cpu0/cpufreq/scaling_governor") + " " + read(cpu_ + "/cpu1/cpufreq/scaling_governor") +
               " " + read(cpu_ + "/intel_pstate/no_turbo") + " " + read("/proc/sys/kernel/perf_event_paranoid") +
               " " + read("/proc/sys/kernel/nmi_watchdog");
    }
    static constexpr const char* before = "powersave powersave 0 2 1";
    static constexpr const char* fixed = "performance performance 1 -1 0";
};

TEST_F(Fixing, LastsAsLongAsTheScope) {
    std::vector<std::string> notes;
    {
        const auto scoped = ScopedFixes::apply(system_.files, &notes);
        ASSERT_TRUE(scoped) << scoped.error().message;
        EXPECT_EQ(settings(), fixed);
        EXPECT_TRUE(system_.files.exists(fixes_file));
        EXPECT_THAT(describe(scoped->fixes()), testing::Contains("cpu0/cpufreq/scaling_governor: powersave -> performance"));
        const auto second = ScopedFixes::apply(system_.files, &notes);
        ASSERT_FALSE(second) << "the second one would take the first one's settings for the machine's own";
        EXPECT_EQ(second.error().kind, ErrorKind::not_possible);
    }
    EXPECT_EQ(settings(), before);
    EXPECT_FALSE(system_.files.exists(fixes_file));
    EXPECT_THAT(notes, IsEmpty());
}

TEST_F(Fixing, WhatAKilledRunLeftIsUndone) {
    ASSERT_TRUE(apply_fixes(system_.files, Keep::until_end, nullptr));
    EXPECT_THAT(*undo_leftovers(system_.files), IsEmpty()) << "it is alive";
    EXPECT_EQ(settings(), fixed);
    write(fmt::format("/proc/{}/stat", ::getpid()), stat("4243"));  // another process of the same number
    EXPECT_THAT(undo_leftovers(system_.files)->front(), HasSubstr("was killed before it undid its fixes"));
    EXPECT_EQ(settings(), before);
    EXPECT_FALSE(system_.files.exists(fixes_file));
}

TEST_F(Fixing, StaysUntilUndoWhenAskedTo) {
    ASSERT_TRUE(apply_fixes(system_.files, Keep::until_undo, nullptr));
    remove(fmt::format("/proc/{}", ::getpid()));
    EXPECT_THAT(*undo_leftovers(system_.files), IsEmpty());
    EXPECT_EQ(settings(), fixed);
    const auto fixes = load_fixes(system_.files);
    ASSERT_TRUE(fixes && *fixes);
    undo_fixes(system_.files, **fixes);
    EXPECT_EQ(settings(), before);
}

TEST_F(Fixing, WhatSomebodyElseSetStays) {
    const auto fixes = apply_fixes(system_.files, Keep::until_undo, nullptr);
    ASSERT_TRUE(fixes);
    write(cpu_ + "/cpu1/cpufreq/scaling_governor", "schedutil");
    EXPECT_THAT(undo_fixes(system_.files, *fixes), testing::Contains(HasSubstr("is schedutil now: somebody else set it")));
    EXPECT_EQ(settings(), "powersave schedutil 0 2 1");
}

TEST_F(Fixing, NothingToDoLeavesNothingBehind) {
    for (const auto& setting : wanted_settings(system_.files))
        write(setting.path, setting.now);
    const auto fixes = apply_fixes(system_.files, Keep::until_undo, nullptr);
    ASSERT_TRUE(fixes);
    EXPECT_THAT(describe(*fixes), IsEmpty());
    EXPECT_FALSE(system_.files.exists(fixes_file));
}

TEST_F(Fixing, ABrokenStateFileIsToldAndKept) {
    write(fixes_file, "{\"keep\": tr");
    const auto left = undo_leftovers(system_.files);
    ASSERT_FALSE(left);
    EXPECT_THAT(left.error().message, HasSubstr("/run/dmabench-fixes.json cannot be understood"));
    EXPECT_FALSE(apply_fixes(system_.files, Keep::until_end, nullptr));
    EXPECT_EQ(settings(), before);
}

}  // namespace
}  // namespace dmabench
