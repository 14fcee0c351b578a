// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/rank_test.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace dmabench {
namespace {

constexpr std::size_t most_exact = 40;   ///< values in both sets; beyond, the approximation is as good
constexpr double worth_exactness = 0.2;  ///< no decision hangs on a p value above

/// P(Z >= z) of the standard normal distribution.
double upper_tail(double z) {
    return 0.5 * std::erfc(z / std::sqrt(2.0));
}

/// The z below which a share p of the standard normal distribution lies (bisection: it is asked for rarely).
double normal_quantile(double p) {
    double low = -40;
    double high = 40;
    for (int step = 0; step < 100; ++step) {
        const double middle = (low + high) / 2;
        (upper_tail(-middle) < p ? low : high) = middle;
    }
    return (low + high) / 2;
}

/// P(sum of b's doubled ranks >= sum), every choice of m of these values for b being as likely as any other.
/// Ties share the mean of their ranks, which doubled is an integer.
double exact_with_ties(std::span<const std::uint32_t> doubled_ranks, std::size_t m, std::uint32_t sum) {
    const auto total = std::accumulate(doubled_ranks.begin(), doubled_ranks.end(), std::uint32_t{0});
    const std::size_t width = total + 1;
    // ways[k * width + s]: choices of k values whose doubled ranks sum to s. Doubles: C(40, 20) is exact in
    // them.
    std::vector<double> ways((m + 1) * width);
    ways[0] = 1;
    std::size_t seen = 0;
    std::size_t reach = 0;
    for (const std::uint32_t rank : doubled_ranks) {
        ++seen;
        for (std::size_t k = std::min(seen, m); k > 0; --k)
            for (std::size_t s = reach + 1; s-- > 0;)
                ways[k * width + s + rank] += ways[(k - 1) * width + s];
        reach += rank;
    }
    double all = 0;
    double above = 0;
    for (std::size_t s = 0; s < width; ++s) {
        all += ways[m * width + s];
        above += s >= sum ? ways[m * width + s] : 0;
    }
    return above / all;
}

}  // namespace

const std::vector<double>& RankTest::cumulative(std::size_t n, std::size_t m) {
    auto [found, fresh] = cumulative_.try_emplace({std::min(n, m), std::max(n, m)});
    std::vector<double>& table = found->second;
    if (!fresh)
        return table;
    // Counts of U by the product formula for Gaussian binomial coefficients: prod (1 - q^(m+i)) / (1 - q^i).
    const std::size_t size = n * m + 1;
    std::vector<long double> counts(size);
    counts[0] = 1;
    for (std::size_t i = 1; i <= n; ++i) {
        for (std::size_t u = size; u-- > m + i;)
            counts[u] -= counts[u - (m + i)];
        for (std::size_t u = i; u < size; ++u)
            counts[u] += counts[u - i];
    }
    long double all = 0;
    for (const long double count : counts)
        all += count;
    long double sum = 0;
    for (const long double count : counts)
        table.push_back(static_cast<double>((sum += count) / all));
    return table;
}

double RankTest::least_p(std::size_t a, std::size_t b) {
    double ways = 1;
    for (std::size_t i = 1; i <= b; ++i)
        ways = ways * static_cast<double>(a + i) / static_cast<double>(i);
    return 1 / ways;
}

double RankTest::greater(std::span<const double> a, std::span<const double> b, double scale) {
    const std::size_t n = a.size();
    const std::size_t m = b.size();
    if (n == 0 || m == 0)
        return 1;
    // All of b above all of a: one choice among all. This is how a real change looks, so it is made cheap.
    if (b.front() > a.back() * scale)
        return least_p(n, m);
    // Merge, giving ties their mean rank; all ranks doubled, so that they are integers.
    std::vector<std::uint32_t> doubled;
    const bool small = n + m <= most_exact;
    std::uint64_t rank_sum = 0;
    double tie_term = 0;
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < n || j < m) {
        const double value = j == m || (i < n && a[i] * scale <= b[j]) ? a[i] * scale : b[j];
        const std::size_t before = i + j;
        const std::size_t from_b = j;
        while (i < n && a[i] * scale == value)
            ++i;
        while (j < m && b[j] == value)
            ++j;
        const std::size_t tied = i + j - before;
        rank_sum += (j - from_b) * (2 * before + tied + 1);
        const auto t = static_cast<double>(tied);
        tie_term += t * t * t - t;
        if (small)
            doubled.insert(doubled.end(), tied, static_cast<std::uint32_t>(2 * before + tied + 1));
    }
    const auto nn = static_cast<double>(n);
    const auto mm = static_cast<double>(m);
    const double all = nn + mm;
    const double u = static_cast<double>(rank_sum) / 2 - mm * (mm + 1) / 2;
    const double variance = nn * mm / 12 * (all + 1 - tie_term / (all * (all - 1)));
    if (!(variance > 0))
        return 1;  // every value is the same
    const double approximate = upper_tail((u - nn * mm / 2 - 0.5) / std::sqrt(variance));
    if (!small || approximate > worth_exactness)
        return approximate;
    if (tie_term == 0) {
        const auto below = static_cast<std::size_t>(nn * mm - u);  // as P(U >= u) = P(U <= nm - u)
        return cumulative(n, m)[below];
    }
    return exact_with_ties(doubled, m, static_cast<std::uint32_t>(rank_sum));
}

std::size_t RankTest::cut(std::size_t n, std::size_t m, double alpha) {
    auto [found, fresh] = cuts_[{n, m}].try_emplace(alpha);
    if (!fresh)
        return found->second;
    std::size_t k = 0;
    if (n + m <= most_exact) {
        // k ratios lie below the interval where P(U <= k - 1) <= alpha / 2.
        const std::vector<double>& table = cumulative(n, m);
        while (k < table.size() / 2 && table[k] <= alpha / 2)
            ++k;
    } else {
        const auto product = static_cast<double>(n) * static_cast<double>(m);
        const double spread = std::sqrt(product * static_cast<double>(n + m + 1) / 12);
        k = static_cast<std::size_t>(
            std::max(0.0, std::floor(product / 2 + normal_quantile(alpha / 2) * spread)));
    }
    return found->second = k;
}

RatioInterval RankTest::ratio(std::span<const double> a, std::span<const double> b, double alpha) {
    RatioInterval out;
    if (a.empty() || b.empty())
        return out;
    ratios_.clear();
    for (const double base : a)
        for (const double candidate : b)
            ratios_.push_back(candidate / base);
    const std::size_t size = ratios_.size();
    const auto nth = [&](std::size_t from, std::size_t at) {
        const auto begin = ratios_.begin();
        std::nth_element(begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(at),
                         ratios_.end());
        return ratios_[at];
    };
    const std::size_t k = cut(a.size(), b.size(), alpha);
    std::size_t from = 0;
    if (k != 0) {
        out.low = nth(0, k - 1);
        from = k;
    }
    const std::size_t middle = (size - 1) / 2;
    out.ratio = middle < from ? out.low : nth(from, middle);
    if (size % 2 == 0)
        out.ratio = (out.ratio + nth(std::max(from, middle + 1), size / 2)) / 2;
    if (k != 0)
        out.high = size - k < from ? out.low : nth(std::min(size - k, size / 2 + 1), size - k);
    return out;
}

std::vector<double> holm(std::span<const double> p) {
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    std::vector<double> adjusted(p.size());
    double running = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        running = std::max(running, std::min(1.0, p[order[i]] * static_cast<double>(p.size() - i)));
        adjusted[order[i]] = running;
    }
    return adjusted;
}

}  // namespace dmabench
