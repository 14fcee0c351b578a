// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/welch_test.h"

#include <cmath>

namespace dmabench {
namespace {

/// The regularized incomplete beta function, by its continued fraction (Numerical Recipes, 6.4; Lentz's
/// method).
double incomplete_beta(double a, double b, double x) {
    if (x <= 0 || x >= 1)
        return x <= 0 ? 0 : 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log1p(-x));
    // The fraction converges fast on this side of the mean only.
    if (x > (a + 1) / (a + b + 2))
        return 1 - incomplete_beta(b, a, 1 - x);
    constexpr double tiny = 1e-300;
    const auto floored = [](double value) { return std::abs(value) < tiny ? tiny : value; };
    double c = 1;
    double d = 1 / floored(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int m = 1; m < 500; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / floored(1 + even * d);
        c = floored(1 + even / c);
        fraction *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / floored(1 + odd * d);
        c = floored(1 + odd / c);
        fraction *= d * c;
        if (std::abs(d * c - 1) < 1e-15)
            break;
    }
    return front * fraction / a;
}

struct Moments {
    double mean = 0;
    double variance_of_mean = 0;
};

Moments of_logs(std::span<const double> values) {
    const auto n = static_cast<double>(values.size());
    Moments out;
    for (const double value : values)
        out.mean += std::log(value) / n;
    for (const double value : values)
        out.variance_of_mean += std::pow(std::log(value) - out.mean, 2) / (n - 1) / n;
    return out;
}

}  // namespace

double student_upper_tail(double t, double freedom) {
    const double both = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
    return t > 0 ? both / 2 : 1 - both / 2;
}

double welch_greater(std::span<const double> a, std::span<const double> b, double scale) {
    if (a.size() < 2 || b.size() < 2)
        return 1;
    const Moments base = of_logs(a);
    const Moments candidate = of_logs(b);
    const double difference = candidate.mean - base.mean - std::log(scale);
    const double variance = base.variance_of_mean + candidate.variance_of_mean;
    if (!(variance > 0))
        return difference > 0 ? 0 : 1;
    const auto share = [](const Moments& moments, std::size_t n) {
        return moments.variance_of_mean * moments.variance_of_mean / static_cast<double>(n - 1);
    };
    const double freedom = variance * variance / (share(base, a.size()) + share(candidate, b.size()));
    return student_upper_tail(difference / std::sqrt(variance), freedom);
}

}  // namespace dmabench
