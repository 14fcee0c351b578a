// SPDX-License-Identifier: GPL-2.0-only
// Against published values, and those of SciPy 1.10 (scipy.stats.mannwhitneyu, alternative='greater').
#include "analysis/rank_test.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace dmabench {
namespace {

std::vector<double> sorted(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values;
}

TEST(RankTest, HollanderAndWolfesPermeability) {
    // Nonparametric Statistical Methods, table 4.1; R's ?wilcox.test prints W = 35, p = 0.1272.
    const auto at_term = sorted({0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46});
    const auto early = sorted({1.15, 0.88, 0.90, 0.74, 1.21});
    EXPECT_NEAR(RankTest().greater(early, at_term), 0.1272061272061272, 1e-12);
}

TEST(RankTest, ExactWithoutTies) {
    const auto females = sorted({20, 11, 17, 12});
    const auto males = sorted({19, 22, 16, 29, 24});
    EXPECT_NEAR(RankTest().greater(females, males), 0.05555555555555555, 1e-14);
}

TEST(RankTest, ExactWithTies) {
    // The share of all 6435 ways to choose the second set whose rank sum is as great; SciPy only
    // approximates: 0.00921.
    const auto a = sorted({1, 2, 2, 3, 3, 3, 4, 5});
    const auto b = sorted({3, 4, 4, 5, 5, 6, 6});
    EXPECT_NEAR(RankTest().greater(a, b), 0.009634809634809635, 1e-14);
}

TEST(RankTest, ApproximateBeyondFortyValuesWithTheCorrectionForTies) {
    std::vector<double> a;
    std::vector<double> b;
    for (int i = 0; i < 30; ++i) {
        a.push_back(10 + ((i * 7) % 23) / 10.0);
        b.push_back(10.4 + ((i * 5) % 19) / 10.0);
    }
    EXPECT_NEAR(RankTest().greater(sorted(a), sorted(b)), 0.19128931725887466, 1e-9);
}

TEST(RankTest, ScalingTheBaseMovesTheQuestion) {
    const std::vector<double> a{100, 101, 102, 103, 104, 105, 106, 107, 108, 109};
    std::vector<double> b;
    for (const double value : a)
        b.push_back(value * 1.12);
    RankTest tests;
    EXPECT_LT(tests.greater(a, b, 1.02), 0.001);
    EXPECT_NEAR(tests.greater(a, b, 1.12), 0.5, 0.1);
    EXPECT_GT(tests.greater(a, b, 1.22), 0.999);
}

TEST(RankTest, SamplesFarApartReachTheLeastP) {
    const std::vector<double> a{1, 1, 1, 2, 2};
    const std::vector<double> b{3, 3, 4, 4, 4};
    RankTest tests;
    EXPECT_DOUBLE_EQ(tests.least_p(5, 5), 1 / 252.0);
    EXPECT_DOUBLE_EQ(tests.greater(a, b), 1 / 252.0);
    EXPECT_DOUBLE_EQ(tests.least_p(10, 10), 1 / 184756.0);
}

TEST(RankTest, WhatIsAllTheSameIsNoEvidence) {
    const std::vector<double> same(10, 7.0);
    EXPECT_EQ(RankTest().greater(same, same), 1);
    EXPECT_EQ(RankTest().greater({}, same), 1);
}

TEST(RankTest, RatioIsTheMedianOfPairsAndItsIntervalHasExactRanks) {
    const std::vector<double> a{1, 2, 4, 8, 16};
    const std::vector<double> b{3, 6, 12, 24, 48};
    const RatioInterval ratio = RankTest().ratio(a, b, 0.05);
    EXPECT_DOUBLE_EQ(ratio.ratio, 3);
    // n = m = 5: P(U <= 2) = 4 / 252 and P(U <= 3) = 7 / 252, so that three of the 25 ratios lie below.
    // They are 3/16, 3/8 twice, 3/4 three times, ...
    EXPECT_DOUBLE_EQ(ratio.low, 3.0 / 8);
    EXPECT_DOUBLE_EQ(ratio.high, 24);
    // Three values each reach no 95 %: the least two-sided p is 2 / 20.
    EXPECT_EQ(RankTest().ratio(std::vector<double>{1, 2, 3}, std::vector<double>{1, 2, 3}, 0.05).low, 0);
}

TEST(RankTest, IntervalAndTestAgree) {
    // The interval's lower end lies above a threshold exactly when the test at half its alpha says so.
    RankTest tests;
    std::vector<double> a;
    std::vector<double> b;
    for (int i = 0; i < 10; ++i) {
        a.push_back(100 + ((i * 37) % 11) * 0.7);
        b.push_back(108 + ((i * 53) % 13) * 0.9);
    }
    a = sorted(a);
    b = sorted(b);
    const RatioInterval ratio = tests.ratio(a, b, 0.05);
    EXPECT_LE(tests.greater(a, b, ratio.low * 0.9999), 0.025);
    EXPECT_GT(tests.greater(a, b, ratio.low * 1.0001), 0.025);
}

TEST(Holm, TheTextbooksFour) {
    const std::vector<double> adjusted = holm(std::vector<double>{0.01, 0.04, 0.03, 0.005});
    const std::vector<double> wanted{0.03, 0.06, 0.06, 0.02};
    for (std::size_t i = 0; i < wanted.size(); ++i)
        EXPECT_NEAR(adjusted[i], wanted[i], 1e-12);
    EXPECT_TRUE(holm({}).empty());
}

}  // namespace
}  // namespace dmabench
