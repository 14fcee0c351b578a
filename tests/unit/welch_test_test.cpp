// SPDX-License-Identifier: GPL-2.0-only
// Against SciPy 1.10: scipy.stats.t.sf, and ttest_ind(..., equal_var=False, alternative='greater') on
// logarithms.
#include "analysis/welch_test.h"

#include <gtest/gtest.h>

#include <vector>

namespace dmabench {
namespace {

TEST(WelchTest, StudentsTail) {
    EXPECT_NEAR(student_upper_tail(2.5, 7), 0.020496109292876437, 1e-14);
    EXPECT_NEAR(student_upper_tail(-1.2, 3.5), 0.8474927573110678, 1e-13);
    EXPECT_NEAR(student_upper_tail(30, 5) / 3.8593243102480234e-07, 1, 1e-9);
    EXPECT_NEAR(student_upper_tail(12, 18) / 2.5232555512818254e-10, 1, 1e-9);
    EXPECT_DOUBLE_EQ(student_upper_tail(0, 4), 0.5);
}

TEST(WelchTest, OnLogarithms) {
    const std::vector<double> a{100, 101, 99, 103, 98, 100.5};
    const std::vector<double> b{112, 115, 109, 111, 118, 113};
    EXPECT_NEAR(welch_greater(a, b) / 7.5132977882971524e-06, 1, 1e-9);
    EXPECT_NEAR(welch_greater(a, b, 1.05) / 0.00032203482851768557, 1, 1e-9);
    EXPECT_NEAR(welch_greater(a, b, 1.2), 0.9993086525855154, 1e-9);
}

TEST(WelchTest, SamplesWithoutSpread) {
    const std::vector<double> a(6, 100.0);
    const std::vector<double> b(6, 101.0);
    EXPECT_EQ(welch_greater(a, b), 0);
    EXPECT_EQ(welch_greater(a, b, 1.02), 1);
    EXPECT_EQ(welch_greater(a, std::vector<double>{200}), 1);
}

}  // namespace
}  // namespace dmabench
