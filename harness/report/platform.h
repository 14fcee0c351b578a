// SPDX-License-Identifier: GPL-2.0-only
// The platform's fingerprint: what a figure depends on, read back from the running system.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "device/session.h"

namespace dmabench {

/// context.platform of docs/DESIGN.md. What cannot be read is left out.
nlohmann::ordered_json describe_platform(const DeviceInfo& device, const std::string& name);

/// All of Google Benchmark's context fields, json_schema_version 1. `executable` is argv[0].
nlohmann::ordered_json google_context(const std::string& executable);

/// The IOMMU domain type in force for a device of the given bus address ("DMA", "DMA-FQ", "identity"), from
/// /sys/kernel/iommu_groups; empty when it has none.
[[nodiscard]] std::string iommu_domain_type(const std::string& pci_address);

/// "kvm", "qemu (emulated)", ... or "" on metal, as far as the firmware and the CPU tell.
[[nodiscard]] std::string virtualization();

}  // namespace dmabench
