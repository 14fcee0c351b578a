// SPDX-License-Identifier: GPL-2.0-only
// The table that a run ends with, on stdout.
#pragma once

#include "analysis/loaded_report.h"

namespace dmabench {

/// One line per row of the report, then what was skipped and why. Colour only on a terminal.
void print_results(const LoadedReport& report);

}  // namespace dmabench
