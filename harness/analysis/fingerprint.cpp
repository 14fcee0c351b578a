// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/fingerprint.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"

namespace dmabench {
namespace {

/// Parts of context.platform that change what a call costs. What differs from run to run (a high-water mark),
/// or is what a comparison is made for (the module, the kernel's build), is not among them.
constexpr std::array<std::string_view, 18> fields{"kernel",         "arch",
                                                  "cpu_model",      "cpus_online",
                                                  "page_size",      "virtualization",
                                                  "clocksource",    "governor",
                                                  "turbo",          "smt",
                                                  "slow_configs",   "dma_debug",
                                                  "iommu",          "swiotlb.parameter",
                                                  "swiotlb.forced", "preempt",
                                                  "targets",        "model"};

constexpr std::array<std::string_view, 3> versions{"module_version", "harness_version", "kernel_version"};

bool belongs_to(std::string_view key, std::string_view field) {
    return key == field || (key.size() > field.size() && key.starts_with(field) && key[field.size()] == '.');
}

std::string value_of(const LoadedReport& report, const std::string& key) {
    const auto found = report.fingerprint.find(key);
    return found == report.fingerprint.end() ? "-" : found->second;
}

/// Of the keys in either report, those wanted and different.
template <typename Wanted>
std::vector<FieldDifference> differing(const LoadedReport& base, const LoadedReport& candidate,
                                       Wanted wanted) {
    std::set<std::string> keys;
    for (const LoadedReport* report : {&base, &candidate})
        for (const auto& [key, value] : report->fingerprint)
            if (wanted(key))
                keys.insert(key);
    std::vector<FieldDifference> found;
    for (const std::string& key : keys)
        if (std::string a = value_of(base, key), b = value_of(candidate, key); a != b)
            found.push_back({key, std::move(a), std::move(b)});
    return found;
}

std::string shortened(const std::string& text) {
    const std::string plain = printable(text);
    return plain.size() <= 60 ? plain : plain.substr(0, 57) + "...";
}

}  // namespace

std::vector<std::string_view> fingerprint_fields() {
    return {fields.begin(), fields.end()};
}

std::vector<FieldDifference> differences(const LoadedReport& base, const LoadedReport& candidate,
                                         const std::vector<std::string>& across) {
    return differing(base, candidate, [&](const std::string& key) {
        const auto holds = [&](std::string_view field) { return belongs_to(key, field); };
        return std::any_of(fields.begin(), fields.end(), holds) &&
               std::none_of(across.begin(), across.end(), holds);
    });
}

std::vector<FieldDifference> never_comparable(const LoadedReport& base, const LoadedReport& candidate) {
    std::vector<FieldDifference> found;
    if (base.clock != candidate.clock)
        found.push_back({"clock.kind", base.clock, candidate.clock});
    if (base.emulated != candidate.emulated)
        found.push_back(
            {"emulated", base.emulated ? "true" : "false", candidate.emulated ? "true" : "false"});
    return found;
}

std::vector<FieldDifference> other_versions(const LoadedReport& base, const LoadedReport& candidate) {
    return differing(base, candidate, [](const std::string& key) {
        return std::find(versions.begin(), versions.end(), key) != versions.end();
    });
}

std::string in_words(const std::vector<FieldDifference>& found) {
    std::string text;
    for (const FieldDifference& field : found)
        text += fmt::format("{}{} ({} / {})", text.empty() ? "" : ", ", printable(field.field),
                            shortened(field.base), shortened(field.candidate));
    return text;
}

}  // namespace dmabench
