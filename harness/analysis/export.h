// SPDX-License-Identifier: GPL-2.0-only
// A report in the formats of dashboards and test systems. Each gives the whole text.
#pragma once

#include <string>

#include "analysis/loaded_report.h"

namespace dmabench {

/// Bencher Metric Format: https://bencher.dev/docs/reference/bencher-metric-format
std::string export_bmf(const LoadedReport& report);
/// OpenMetrics 1.0 text: https://github.com/prometheus/OpenMetrics
std::string export_openmetrics(const LoadedReport& report);
/// JUnit XML: a measured point passes, a skipped one is skipped, a failed one an error.
std::string export_junit(const LoadedReport& report);
/// KTAP version 1: Documentation/dev-tools/ktap.rst
std::string export_ktap(const LoadedReport& report);
/// KCIDB's submission format, schema 5.3. `build` is ORIGIN:ID of the build that was tested.
std::string export_kcidb(const LoadedReport& report, const std::string& build);
/// A shell script of lava-test-case calls, for a LAVA job to run.
std::string export_lava(const LoadedReport& report);
/// RFC 4180, a column for each axis and each number.
std::string export_csv(const LoadedReport& report);

/// "dmabench.streaming_single.size_4096": only [a-zA-Z0-9_-], parts separated by dots. Different names stay
/// different.
std::string dotted_path(std::string_view name);

}  // namespace dmabench
