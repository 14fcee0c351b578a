// SPDX-License-Identifier: GPL-2.0-only
// "extends" of a scenario: other files, or presets by name, that it builds upon.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "scenario/located_json.h"

namespace dmabench {

/// A scenario's text with all that it extends merged in, and without "extends" itself:
/// - name is the file's own; title, question and $schema are its own if it has them;
/// - statistics and thresholds.default replace what was there, key by key; thresholds.overrides come before
///   the ones that were there;
/// - axes of matrix replace or add that axis in every matrix that was there, as --set does; zip replaces zip;
/// - sweeps, include and exclude come after the ones that were there.
/// `presets`: folders in which NAME.json is looked for when "extends" says NAME.
Result<LocatedJson> parse_extended(std::string text, const std::filesystem::path& file,
                                   const std::vector<std::filesystem::path>& presets);

}  // namespace dmabench
