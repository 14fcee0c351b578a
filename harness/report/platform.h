// SPDX-License-Identifier: GPL-2.0-only
// The platform's fingerprint: what a figure depends on, read back from the running system.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "device/session.h"
#include "platform/system_files.h"

namespace dmabench {

/// context.platform of docs/DESIGN.md. What cannot be read is left out. clock_kind is that of a report, or "".
nlohmann::ordered_json describe_platform(const DeviceInfo& device, const std::string& name,
                                         const std::string& clock_kind, const SystemFiles& files = SystemFiles());

/// All of Google Benchmark's context fields, json_schema_version 1. `executable` is argv[0].
nlohmann::ordered_json google_context(const std::string& executable);

}  // namespace dmabench
