// SPDX-License-Identifier: GPL-2.0-only
// The files of counters/, as they were when the program was built.
#pragma once

#include <string>
#include <vector>

namespace dmabench {

struct BuiltInSet {
    const char* file;
    const char* text;
};

extern const std::vector<BuiltInSet> built_in_sets;

}  // namespace dmabench
