// SPDX-License-Identifier: GPL-2.0-only
#include "hist.h"

#include <gtest/gtest.h>

#include <random>

namespace {

TEST(Hist, EveryBucketHoldsExactlyItsRange) {
    for (unsigned i = 0; i < DMABENCH_HIST_BUCKETS; ++i) {
        const auto low = dmabench_hist_low(i);
        const auto end = dmabench_hist_low(i + 1);
        ASSERT_LT(low, end);
        EXPECT_EQ(dmabench_hist_index(low), i);
        EXPECT_EQ(dmabench_hist_index(end - 1), i);
    }
}

TEST(Hist, SmallValuesAreExactAndLargeOnesShareTheLastBucket) {
    for (unsigned ns = 0; ns < 64; ++ns)
        EXPECT_EQ(dmabench_hist_low(dmabench_hist_index(ns)), ns);
    EXPECT_EQ(dmabench_hist_low(DMABENCH_HIST_BUCKETS), 1ULL << 36);
    EXPECT_EQ(dmabench_hist_index((1ULL << 36) - 1), DMABENCH_HIST_BUCKETS - 1U);
    EXPECT_EQ(dmabench_hist_index(1ULL << 36), DMABENCH_HIST_BUCKETS - 1U);
    EXPECT_EQ(dmabench_hist_index(~0ULL), DMABENCH_HIST_BUCKETS - 1U);
}

TEST(Hist, TheMiddleOfABucketIsWithinTheStatedError) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t ns = (random() >> (random() % 35 + 28)) + 1;
        if (ns >= 1ULL << 36)
            continue;
        const auto index = dmabench_hist_index(ns);
        const double middle =
            (static_cast<double>(dmabench_hist_low(index)) + static_cast<double>(dmabench_hist_low(index + 1) - 1)) / 2;
        EXPECT_LE(std::abs(middle - static_cast<double>(ns)), static_cast<double>(ns) * 0.5 / 32) << ns;
    }
}

TEST(Hist, RecordKeepsCountSumAndExtremes) {
    auto hist = std::make_unique<dmabench_hist>();
    for (const std::uint64_t ns : {70U, 0U, 1000U})
        dmabench_hist_record(hist.get(), ns);
    EXPECT_EQ(hist->count, 3U);
    EXPECT_EQ(hist->sum_ns, 1070U);
    EXPECT_EQ(hist->min_ns, 0U);
    EXPECT_EQ(hist->max_ns, 1000U);
    EXPECT_EQ(hist->bucket[0], 1U);
}

}  // namespace
