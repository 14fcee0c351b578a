// SPDX-License-Identifier: GPL-2.0-only
// The statistics of a sample set. Nothing here assumes a distribution.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace dmabench {

/// Middle value, or the mean of the two middle ones. values must not be empty; need not be sorted.
[[nodiscard]] double median(std::span<const double> values);

/// A confidence interval of the median, from order statistics.
struct MedianInterval {
    double low = 0;
    double high = 0;
    double confidence = 0;  ///< exact coverage, >= 0.95
};

/// The narrowest symmetric interval [x(k), x(n+1-k)] whose binomial coverage is at least 95 %. Empty below six
/// values, where not even the whole range reaches that (1 - 2 * 0.5^5 = 93.75 %).
/// Source: the sign test's interval, e.g. Conover, Practical Nonparametric Statistics, 3.2.
[[nodiscard]] std::optional<MedianInterval> median_interval(std::span<const double> values);

/// How many values lie outside Tukey's fences (1.5 interquartile ranges beyond the quartiles). They are counted,
/// never dropped. 0 below four values.
[[nodiscard]] std::size_t outliers(std::span<const double> values);

/// Quantile q (0 .. 1) of sorted values by linear interpolation (Hyndman and Fan's type 7).
[[nodiscard]] double quantile(std::span<const double> sorted, double q);

}  // namespace dmabench
