// SPDX-License-Identifier: GPL-2.0-only
// What a figure depends on beside the code, as the running system tells it. Empty: it does not tell.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "platform/system_files.h"

namespace dmabench {

/// The CPU's name; on Arm the fields of its main ID register.
[[nodiscard]] std::string cpu_model(const SystemFiles& files);
/// Numbers of the CPUs that are online.
[[nodiscard]] std::vector<int> online_cpus(const SystemFiles& files);
/// The governor of all CPUs, or "mixed".
[[nodiscard]] std::optional<std::string> governor(const SystemFiles& files);
[[nodiscard]] std::optional<bool> turbo(const SystemFiles& files);
[[nodiscard]] std::optional<bool> smt(const SystemFiles& files);

/// "kvm", "qemu virt", ... or "" on metal, as far as the firmware and the CPU tell.
[[nodiscard]] std::string virtualization(const SystemFiles& files);
/// Whether this is a virtual machine; on other architectures than x86 a "no" needs a device tree or DMI.
[[nodiscard]] std::optional<bool> is_virtual(const SystemFiles& files);

/// none, voluntary, full, lazy or rt. `version` is the kernel's, as uname tells it.
[[nodiscard]] std::string preemption(const SystemFiles& files, const std::string& version);

/// Where the kernel's configuration is published: /proc/config.gz or /boot/config-RELEASE.
struct KernelConfig {
    std::string file;
    std::string text;
};
[[nodiscard]] std::optional<KernelConfig> kernel_config(const SystemFiles& files, const std::string& release);

/// Options of the kernel that make it slow (DMA_API_DEBUG, KASAN, PROVE_LOCKING, ...): from its configuration where
/// that is known, and those that show at run time.
[[nodiscard]] std::vector<std::string> slow_configs(const SystemFiles& files,
                                                    const std::optional<KernelConfig>& config);

/// The IOMMU domain type in force for a PCI function ("DMA", "DMA-FQ", "identity").
[[nodiscard]] std::string iommu_domain_type(const SystemFiles& files, const std::string& pci_address);
/// Names of the active IOMMUs: "dmar0", "smmu3.0x0000000009050000", ...
[[nodiscard]] std::vector<std::string> iommus(const SystemFiles& files);
/// PCI functions bound to the module's driver.
[[nodiscard]] std::vector<std::string> bound_functions(const SystemFiles& files);

/// A word of the kernel's command line that asked for something else than what is in force.
struct IneffectiveFlag {
    std::string flag;
    std::string text;  ///< "... was asked for, but ..."
};
[[nodiscard]] std::vector<IneffectiveFlag> ineffective_boot_flags(const SystemFiles& files);

}  // namespace dmabench
