// SPDX-License-Identifier: GPL-2.0-only
#include "measure/canary.h"

#include <gtest/gtest.h>

namespace dmabench {
namespace {

TEST(Canaries, AreTheNullLapAndOneFixedMapping) {
    const auto session = make_fake_session();
    Counters no_counters{{}};
    const SamplingContext context = *prepare_sampling(*session, no_counters);
    Canaries canaries(session->info());
    TimeSpent spent;
    const auto readings = canaries.measure(*session, context, spent);
    ASSERT_TRUE(readings);
    ASSERT_EQ(readings->size(), 2U);
    EXPECT_EQ((*readings)[0].name, "null/size:4096/target:platform-noncoherent");
    EXPECT_NEAR((*readings)[0].real_time, 2, 0.01);
    EXPECT_EQ((*readings)[1].name,
              "streaming_single/direction:bidirectional/map_every:1/size:4096/sync_every:0/"
              "target:platform-noncoherent");
    // the cost model: loop, map and unmap with 64 cache lines each
    EXPECT_NEAR((*readings)[1].real_time, 2 + 40 + 35 + 2 * 64 * 4.2, 0.1);
    EXPECT_GT(spent.canaries, 2 * 8 * 200e3);
    EXPECT_DOUBLE_EQ(spent.laps(), spent.canaries);
}

TEST(Canaries, OneThatIsRefusedIsLeftOut) {
    FakeOptions options;
    options.skip_point =
        "streaming_single/direction:bidirectional/map_every:1/size:4096/sync_every:0/target:platform-noncoherent";
    const auto session = make_fake_session(options);
    Counters no_counters{{}};
    const SamplingContext context = *prepare_sampling(*session, no_counters);
    Canaries canaries(session->info());
    TimeSpent spent;
    for (int block = 0; block < 2; ++block) {
        const auto readings = canaries.measure(*session, context, spent);
        ASSERT_TRUE(readings);
        ASSERT_EQ(readings->size(), 1U);
        EXPECT_EQ((*readings)[0].name, "null/size:4096/target:platform-noncoherent");
    }
}

TEST(Drift, IsOfTheCanaryThatChangedTheMost) {
    const Drift drift = greatest_drift({{"a", 100}, {"b", 10}, {"a", 103}, {"b", 10.1}, {"a", 101}});
    EXPECT_EQ(drift.name, "a");
    EXPECT_EQ(drift.low, 100);
    EXPECT_EQ(drift.high, 103);
    EXPECT_NEAR(drift.relative, 0.03, 1e-9);
}

TEST(Drift, NeedsTwoReadingsOfOneCanary) {
    EXPECT_TRUE(greatest_drift({}).name.empty());
    EXPECT_TRUE(greatest_drift({{"a", 1}, {"b", 2}}).name.empty());
}

}  // namespace
}  // namespace dmabench
