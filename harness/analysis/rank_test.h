// SPDX-License-Identifier: GPL-2.0-only
// Mann and Whitney's rank test and what follows from it. Nothing here assumes a distribution.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace dmabench {

/// A ratio of two sample sets, candidate / base.
struct RatioInterval {
    double ratio = 1;  ///< Hodges and Lehmann's estimate: the median of all pairwise ratios
    double low = 0;    ///< the interval's ends; low 0: so few samples reach no such confidence
    double high = 0;
};

/// The tests, with the distributions they need kept from call to call. All samples are sorted and above 0.
class RankTest {
  public:
    /// One-sided p value for "b's values tend to be greater than a's times `scale`".
    /// Exact where it can matter (a normal approximation below 0.2, and at most 40 values in all), also with
    /// ties; otherwise that approximation, with the correction for ties and for continuity.
    double greater(std::span<const double> a, std::span<const double> b, double scale = 1);

    /// Interval of the ratio b / a with two-sided confidence 1 - alpha, from the order statistics of the
    /// pairwise ratios (Moses; Hollander and Wolfe, Nonparametric Statistical Methods, 4.3).
    RatioInterval ratio(std::span<const double> a, std::span<const double> b, double alpha);

    /// The least p value that so many samples can reach.
    double least_p(std::size_t a, std::size_t b);

  private:
    /// P(U <= u), u = 0 .. n m, of the null distribution without ties.
    const std::vector<double>& cumulative(std::size_t n, std::size_t m);
    /// How many of the smallest pairwise ratios lie below an interval; 0: not even one may.
    std::size_t cut(std::size_t n, std::size_t m, double alpha);

    std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> cumulative_;
    std::map<std::pair<std::size_t, std::size_t>, std::map<double, std::size_t>> cuts_;
    std::vector<double> ratios_;
    std::vector<double> merged_;
};

/// Holm's correction: p values adjusted so that comparing each with alpha keeps the chance of one or more
/// false rejections among all below alpha.
std::vector<double> holm(std::span<const double> p);

}  // namespace dmabench
