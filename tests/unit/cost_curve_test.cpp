// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/cost_curve.h"

#include <gtest/gtest.h>

using dmabench::CostCurve;
using dmabench::Estimate;

namespace {

/// 100 ns and 2 ns a byte, known to within 1 %.
CostCurve straight() {
    CostCurve curve;
    for (const std::uint64_t bytes : {64U, 256U, 1024U}) {
        const double ns = 100 + 2 * static_cast<double>(bytes);
        curve.add(bytes, ns, 0.99 * ns, 1.01 * ns, bytes);
    }
    return curve;
}

TEST(CostCurve, IsExactWhereItWasMeasured) {
    const auto at = straight().at(256);
    ASSERT_TRUE(at);
    EXPECT_EQ(at->ns, 612);
    EXPECT_FALSE(at->interpolated);
    EXPECT_EQ(at->rows, std::vector<std::size_t>{256});
}

TEST(CostCurve, LiesOnTheLineBetweenItsNeighbours) {
    const auto at = straight().at(600);
    ASSERT_TRUE(at);
    EXPECT_DOUBLE_EQ(at->ns, 1300);
    EXPECT_TRUE(at->interpolated);
    EXPECT_NEAR(at->low, 0.99 * 1300, 1e-9);
    EXPECT_NEAR(at->high, 1.01 * 1300, 1e-9);
    EXPECT_EQ(at->rows, (std::vector<std::size_t>{256, 1024}));
}

TEST(CostCurve, SaysNothingBeyondWhatWasMeasured) {
    EXPECT_FALSE(straight().at(63));
    EXPECT_FALSE(straight().at(1025));
    EXPECT_FALSE(CostCurve().at(64));
}

TEST(CostCurve, DoubtsItselfWhereItBends) {
    CostCurve step;
    step.add(1000, 100, 100, 100, 0);
    step.add(2000, 100, 100, 100, 1);
    step.add(3000, 900, 900, 900, 2);
    // At 2000 its neighbours' line says 500, five times what was measured: anything in between is possible.
    const auto at = step.at(2500);
    ASSERT_TRUE(at);
    EXPECT_EQ(at->low, 100);
    EXPECT_EQ(at->high, 900);
}

TEST(CostCurve, KeepsTheFirstFigureForTheSameBytes) {
    CostCurve curve = straight();
    curve.add(256, 1, 1, 1, 9);
    EXPECT_EQ(curve.at(256)->ns, 612);
    EXPECT_EQ(curve.measured(), (std::vector<std::uint64_t>{64, 256, 1024}));
}

TEST(Estimate, AddsUpAndNamesARowOnce) {
    Estimate sum{10, 9, 11, false, {1}};
    sum += Estimate{20, 16, 24, true, {1, 2}} * 0.5;
    EXPECT_EQ(sum.ns, 20);
    EXPECT_EQ(sum.low, 17);
    EXPECT_EQ(sum.high, 23);
    EXPECT_TRUE(sum.interpolated);
    EXPECT_EQ(sum.rows, (std::vector<std::size_t>{1, 2}));
}

}  // namespace
