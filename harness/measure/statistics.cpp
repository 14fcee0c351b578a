// SPDX-License-Identifier: GPL-2.0-only
#include "measure/statistics.h"

#include <algorithm>
#include <cmath>

namespace dmabench {
namespace {

std::vector<double> sorted_copy(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

}  // namespace

double quantile(std::span<const double> sorted, double q) {
    const double at = q * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(at);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

double median(std::span<const double> values) { return quantile(sorted_copy(values), 0.5); }

std::optional<MedianInterval> median_interval(std::span<const double> values) {
    const std::size_t n = values.size();
    if (n < 6)
        return std::nullopt;
    // P(X <= i) for X ~ Binomial(n, 1/2): both tails below rank k + 1 stay outside of the interval.
    // long double, because 2^-n for the 10 000 samples that a scenario may ask for is no double.
    long double term = std::exp2(-static_cast<long double>(n));
    long double tail = 0;
    std::size_t k = 0;
    while (tail + term <= 0.025L && k < n / 2) {
        tail += term;
        term *= static_cast<long double>(n - k) / static_cast<long double>(k + 1);
        ++k;
    }
    const std::vector<double> sorted = sorted_copy(values);
    // tail is P(X <= k - 1), what [x(k), x(n + 1 - k)] leaves out on each side; ranks count from 1.
    return MedianInterval{sorted[k - 1], sorted[n - k], static_cast<double>(1 - 2 * tail)};
}

std::size_t outliers(std::span<const double> values) {
    if (values.size() < 4)
        return 0;
    const std::vector<double> sorted = sorted_copy(values);
    const double low = quantile(sorted, 0.25);
    const double high = quantile(sorted, 0.75);
    const double fence = 1.5 * (high - low);
    return static_cast<std::size_t>(std::count_if(
        sorted.begin(), sorted.end(), [&](double v) { return v < low - fence || v > high + fence; }));
}

}  // namespace dmabench
