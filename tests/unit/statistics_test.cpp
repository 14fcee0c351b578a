// SPDX-License-Identifier: GPL-2.0-only
#include "measure/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace dmabench {
namespace {

std::vector<double> first_numbers(int n) {
    std::vector<double> values(static_cast<std::size_t>(n));
    std::iota(values.begin(), values.end(), 1.0);
    return values;
}

TEST(Median, OfOddAndEvenCounts) {
    EXPECT_EQ(median(std::vector<double>{3, 1, 2}), 2);
    EXPECT_EQ(median(std::vector<double>{4, 1, 2, 3}), 2.5);
    EXPECT_EQ(median(std::vector<double>{7}), 7);
}

// Ranks from the standard table of the sign test's interval, 95 %: n = 6: 1..6, 10: 2..9, 20: 6..15, 100: 40..61.
TEST(MedianInterval, HasTheRanksOfTheTable) {
    const struct {
        int n, low, high;
        double confidence;
    } table[] = {{6, 1, 6, 0.96875}, {8, 1, 8, 0.9921875}, {9, 2, 8, 0.9609375}, {10, 2, 9, 0.978515625},
                 {20, 6, 15, 0.95861}, {100, 40, 61, 0.96480}};
    for (const auto& row : table) {
        const auto interval = median_interval(first_numbers(row.n));
        ASSERT_TRUE(interval) << row.n;
        EXPECT_EQ(interval->low, row.low) << row.n;
        EXPECT_EQ(interval->high, row.high) << row.n;
        EXPECT_NEAR(interval->confidence, row.confidence, 1e-5) << row.n;
    }
}

TEST(MedianInterval, NeedsSixValues) { EXPECT_FALSE(median_interval(first_numbers(5))); }

TEST(MedianInterval, StaysRightForAsManySamplesAsAScenarioMayAskFor) {
    const auto interval = median_interval(first_numbers(10'000));
    ASSERT_TRUE(interval);
    // normal approximation: 5000.5 +- 1.96 * 50
    EXPECT_NEAR(interval->low, 4902, 2);
    EXPECT_NEAR(interval->high, 5099, 2);
    EXPECT_GE(interval->confidence, 0.95);
    EXPECT_LT(interval->confidence, 0.952);
}

TEST(MedianInterval, CoversTheTrueMedianAsOftenAsItSays) {
    std::mt19937_64 random(42);
    std::exponential_distribution<double> skewed(1);
    const double truth = std::log(2.0);
    int covered = 0;
    constexpr int trials = 20'000;
    for (int trial = 0; trial < trials; ++trial) {
        std::vector<double> values(10);
        std::generate(values.begin(), values.end(), [&] { return skewed(random); });
        const auto interval = median_interval(values);
        covered += interval->low <= truth && truth <= interval->high ? 1 : 0;
    }
    EXPECT_NEAR(static_cast<double>(covered) / trials, 0.9785, 0.005);
}

TEST(Outliers, AreCountedByTukeysFences) {
    EXPECT_EQ(outliers(std::vector<double>{10, 10, 10, 10, 10, 10}), 0U);
    EXPECT_EQ(outliers(std::vector<double>{10, 11, 10, 12, 11, 90}), 1U);
    EXPECT_EQ(outliers(std::vector<double>{1, 2, 300}), 0U);
}

}  // namespace
}  // namespace dmabench
