// SPDX-License-Identifier: GPL-2.0-only
// What all objects of a scenario file have in common.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "scenario/located_json.h"

namespace dmabench {

/// That it is an object and has no other keys than these.
Result<void> check_object(const LocatedJson& json, const JsonNode& node, std::string_view what,
                          std::span<const std::string_view> allowed);

/// A string of one line, neither empty nor longer than that.
Result<std::string> read_text(const LocatedJson& json, const JsonMember& member, std::size_t longest);

}  // namespace dmabench
