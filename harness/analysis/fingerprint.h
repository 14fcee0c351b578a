// SPDX-License-Identifier: GPL-2.0-only
// What must be the same for two reports' figures to be comparable.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analysis/loaded_report.h"

namespace dmabench {

struct FieldDifference {
    std::string field;
    std::string base;  ///< "-": not there
    std::string candidate;
};

/// The names that `--across` knows: each stands for itself and all below it ("targets" for
/// "targets.pci.coherent").
[[nodiscard]] std::vector<std::string_view> fingerprint_fields();

/// Fields of the platform in which the two differ, but for those `across`.
std::vector<FieldDifference> differences(const LoadedReport& base, const LoadedReport& candidate,
                                         const std::vector<std::string>& across = {});

/// Why the two can never be set side by side (another clock, emulated against hardware); empty when they can.
std::vector<FieldDifference> never_comparable(const LoadedReport& base, const LoadedReport& candidate);

/// What may differ but is worth a line: versions of the module, the harness and the kernel's build.
std::vector<FieldDifference> other_versions(const LoadedReport& base, const LoadedReport& candidate);

/// "kernel (6.1.0 / 6.12.1), cpus_online (1 / 2)"
std::string in_words(const std::vector<FieldDifference>& fields);

}  // namespace dmabench
