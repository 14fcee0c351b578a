// SPDX-License-Identifier: GPL-2.0-only
#include "measure/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hist.h"

namespace dmabench {
namespace {

Point sync_point(std::uint64_t sync_every) {
    Point point;
    point.strategy = "streaming_single";
    point.size = 4096;
    point.target = "platform-noncoherent";
    point.map_every = 0;
    point.sync_every = sync_every;
    return point;
}

class Sampler : public ::testing::Test {
  protected:
    void open(const FakeOptions& options = {}) {
        session_ = make_fake_session(options);
        context_ = *prepare_sampling(*session_, counters_);
    }
    Outcome<Measurement> measure(const Point& point) {
        return sample_point(*session_, counters_, context_, point, statistics_);
    }
    std::unique_ptr<Session> session_;
    Counters counters_{{}};
    SamplingContext context_;
    Statistics statistics_;
};

// The cost model: 2 ns of loop, and 2 * (12 + 64 lines * 4.2) ns for the two syncs of 4 KiB.
constexpr double lap_with_sync = 2 + 2 * (12 + 64 * 4.2);

TEST_F(Sampler, FindsTheCostOfALap) {
    open();
    const auto measured = measure(sync_point(1));
    ASSERT_TRUE(measured);
    EXPECT_NEAR(median(measured->samples), lap_with_sync, 0.01);
    EXPECT_EQ(measured->discarded, 3U);
    EXPECT_EQ(measured->samples.size(), 10U);
    EXPECT_EQ(measured->stop, StopReason::ci);
    EXPECT_GE(static_cast<double>(measured->laps_per_sample) * lap_with_sync, 1e6);
    EXPECT_LE(static_cast<double>(measured->laps_per_sample) * lap_with_sync, 1.2e6);
}

TEST_F(Sampler, ABatchThatWasPreemptedDoesNotMakeTheSamplesTooShort) {
    FakeOptions options;
    open(options);
    const auto undisturbed = measure(sync_point(1));
    ASSERT_TRUE(undisturbed);
    // Before the point's own batches there are those of prepare_sampling().
    constexpr std::uint64_t before = 2 * 21 + 7;
    for (std::uint64_t run = 1; run <= 12; ++run) {
        options.preempted_run = before + run;
        open(options);
        const auto measured = measure(sync_point(1));
        ASSERT_TRUE(measured);
        EXPECT_GE(static_cast<double>(measured->laps_per_sample) * lap_with_sync, 0.9e6) << "batch " << run;
        EXPECT_EQ(measured->discarded, 3U) << "batch " << run;
        EXPECT_NEAR(median(measured->samples), median(undisturbed->samples), 0.01) << "batch " << run;
    }
}

TEST_F(Sampler, EverySampleHoldsWholePeriods) {
    open();
    Point point = sync_point(48);
    point.map_every = 36;
    const auto measured = measure(point);
    ASSERT_TRUE(measured);
    EXPECT_EQ(measured->laps_per_sample % 144, 0U);
    EXPECT_EQ(measured->stamped_laps % 144, 0U);
}

TEST_F(Sampler, PhasesAddUpToTheLap) {
    open();
    const auto measured = measure(sync_point(4));
    ASSERT_TRUE(measured);
    const auto& cpu = measured->histograms[DMABENCH_PHASE_SYNC_FOR_CPU];
    const auto& lap = measured->histograms[DMABENCH_PHASE_LAP];
    EXPECT_EQ(lap.count, measured->stamped_laps);
    EXPECT_EQ(cpu.count, measured->stamped_laps / 4);
    EXPECT_EQ(measured->histograms[DMABENCH_PHASE_MAP].count, 0U);
    const double per_call = static_cast<double>(cpu.sum_ns) / static_cast<double>(cpu.count) - measured->stamp_ns;
    EXPECT_NEAR(per_call, 12 + 64 * 4.2, 1);
}

TEST_F(Sampler, AStampCostsWhatItCostsInPlace) {
    FakeOptions options;
    options.bookkeeping_ns = 7;  // a reading alone takes 20 ns
    open(options);
    const auto measured = measure(sync_point(4));
    ASSERT_TRUE(measured);
    EXPECT_NEAR(measured->stamp_ns, 27, 1);
    const auto& cpu = measured->histograms[DMABENCH_PHASE_SYNC_FOR_CPU];
    const double per_call = static_cast<double>(cpu.sum_ns) / static_cast<double>(cpu.count) - measured->stamp_ns;
    EXPECT_NEAR(per_call, 12 + 64 * 4.2, 0.1);
}

TEST_F(Sampler, ADifferenceThatNoStampMakesIsNotTakenForOne) {
    FakeOptions options;
    options.bookkeeping_ns = 70;
    open(options);
    const auto measured = measure(sync_point(4));
    ASSERT_TRUE(measured);
    EXPECT_NEAR(measured->stamp_ns, 20, 0.01);
}

TEST_F(Sampler, DirtyingIsNoPartOfALapButOfTheBudget) {
    open();
    Point point = sync_point(1);
    point.size = 1 << 20;
    point.sync_bytes = 64;
    point.dirty = 100;
    const std::uint64_t before = session_->now_ns();
    const auto measured = measure(point);
    ASSERT_TRUE(measured);
    // The loop, the syncs of a line, and that it is written back.
    EXPECT_NEAR(median(measured->samples), 2 + 2 * (12 + 4.2) + 3, 0.1);
    EXPECT_GE(measured->samples.size(), 6U);
    EXPECT_TRUE(measured->cpu_samples.empty());
    EXPECT_TRUE(measured->counts.empty());
    EXPECT_LT(static_cast<double>(session_->now_ns() - before),
              2.0 * static_cast<double>(statistics_.budget.count()));
}

TEST_F(Sampler, CachesArePreparedBeforeEachLapOfUserSpaceAndNotTimed) {
    open();
    Point point = sync_point(0);
    point.size = 4096;
    point.cache_mode = CacheMode::cached;
    point.access = Access::read;
    const double warm_ns = 4096.0 / 8 * 2;
    for (const auto [state, expected] :
         {std::pair{CacheState::as_is, warm_ns}, std::pair{CacheState::warm, warm_ns},
          std::pair{CacheState::cold, warm_ns + 64 * 20}}) {
        point.cache_state = state;
        const auto measured = measure(point);
        ASSERT_TRUE(measured);
        EXPECT_NEAR(median(measured->samples), expected, 0.5);
        EXPECT_EQ(measured->cpu_samples.empty(), state != CacheState::as_is);
        EXPECT_NEAR(static_cast<double>(measured->histograms[DMABENCH_PHASE_TOUCH].min_ns), expected, 1.5);
    }
}

TEST_F(Sampler, MemoryThatIsNotCachedHasNoCacheState) {
    open();
    Point point;
    point.strategy = "coherent";
    point.size = 4096;
    point.cache_state = CacheState::cold;
    point.target = "platform-coherent";
    EXPECT_TRUE(measure(point));
    point.target = "platform-noncoherent";
    const auto refused = measure(point);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, Refusal::Kind::skipped);
    EXPECT_EQ(refused.error().code, std::uint32_t{DMABENCH_REASON_UNCACHED});
}

TEST_F(Sampler, WhatAnotherCpuDoesIsInTheLapButNotInCountersOrCpuTime) {
    open();
    Point point = sync_point(0);
    point.map_every = 1;
    point.unmap_cpu = UnmapCpu::other;
    const auto measured = measure(point);
    ASSERT_TRUE(measured);
    EXPECT_TRUE(measured->cpu_samples.empty());
    EXPECT_TRUE(measured->counts.empty());
    EXPECT_EQ(measured->buffer.unmapped_on, 1U);
    EXPECT_EQ(measured->histograms[DMABENCH_PHASE_UNMAP].count, measured->stamped_laps);
}

TEST_F(Sampler, ASampleHoldsWholeBatches) {
    open();
    Point point = sync_point(0);
    point.map_every = 1;
    point.batch = 48;
    const auto measured = measure(point);
    ASSERT_TRUE(measured);
    EXPECT_EQ(measured->laps_per_sample % 48, 0U);
    EXPECT_EQ(measured->stamped_laps % 48, 0U);
}

TEST_F(Sampler, ThreadsAreMergedAndALapIsWhatOneThreadSees) {
    open();
    Point point = sync_point(0);
    point.map_every = 1;
    const auto alone = measure(point);
    point.threads = 3;
    const auto together = measure(point);
    ASSERT_TRUE(alone && together);
    // The cost model: map and unmap cost a fifth more with each other thread.
    EXPECT_NEAR(median(together->samples) - 2, (median(alone->samples) - 2) * 1.4, 0.1);
    EXPECT_EQ(together->stamped_laps, 3 * alone->stamped_laps);
    EXPECT_EQ(together->histograms[DMABENCH_PHASE_MAP].count, together->stamped_laps);
    EXPECT_EQ(together->histograms[DMABENCH_PHASE_LAP].count, together->stamped_laps);
}

TEST_F(Sampler, ThreadsWithoutACpuEachAreSkipped) {
    open();
    Point point = sync_point(1);
    point.threads = 5;
    const auto measured = measure(point);
    ASSERT_FALSE(measured);
    EXPECT_EQ(measured.error().kind, Refusal::Kind::skipped);
    EXPECT_EQ(measured.error().reason, "5 threads need a CPU each, and 4 are online");
}

TEST_F(Sampler, MasksAndNodesThatCannotBeAreSkippedForTheirReason) {
    open();
    Point point = sync_point(1);
    const auto reason = [&](std::uint64_t bits, Node node) {
        point.mask_bits = bits;
        point.node = node;
        const auto measured = measure(point);
        return measured ? measured->buffer.relation : measured.error().reason;
    };
    EXPECT_EQ(reason(32, Node::any), "identity");
    EXPECT_THAT(reason(24, Node::any), testing::HasSubstr("no memory within the DMA mask"));
    EXPECT_THAT(reason(20, Node::any), testing::HasSubstr("refuses a streaming DMA mask"));
    EXPECT_EQ(reason(0, Node{1}), "identity");
    EXPECT_THAT(reason(0, Node{2}), testing::HasSubstr("no such NUMA node"));
}

TEST_F(Sampler, GoesOnWhileTheIntervalIsWide) {
    FakeOptions noisy;
    noisy.noise = 0.3;
    open(noisy);
    statistics_.max_samples = 40;
    const auto measured = measure(sync_point(1));
    ASSERT_TRUE(measured);
    EXPECT_GT(measured->samples.size(), 10U);
    EXPECT_TRUE(measured->stop != StopReason::ci || measured->ci_relative <= statistics_.ci);
}

TEST_F(Sampler, StopsAtTheMostSamples) {
    FakeOptions noisy;
    noisy.noise = 0.5;
    open(noisy);
    statistics_.max_samples = 12;
    statistics_.ci = 0.0001;
    const auto measured = measure(sync_point(1));
    ASSERT_TRUE(measured);
    EXPECT_EQ(measured->samples.size(), 12U);
    EXPECT_EQ(measured->stop, StopReason::samples);
}

TEST_F(Sampler, StopsAtTheBudgetWithWhatThereIs) {
    open();
    statistics_.budget = std::chrono::milliseconds(4);
    const auto measured = measure(sync_point(1));
    ASSERT_TRUE(measured);
    EXPECT_EQ(measured->stop, StopReason::budget);
    EXPECT_FALSE(measured->samples.empty());
    EXPECT_LT(measured->samples.size(), 6U);
    EXPECT_FALSE(measured->interval);
}

TEST_F(Sampler, TheSameSeedGivesTheSameFigures) {
    FakeOptions noisy;
    noisy.noise = 0.1;
    noisy.seed = 7;
    open(noisy);
    const auto first = measure(sync_point(1));
    open(noisy);
    const auto second = measure(sync_point(1));
    ASSERT_TRUE(first && second);
    EXPECT_EQ(first->samples, second->samples);
}

TEST_F(Sampler, UserSpaceLapsAreSyncAccessSync) {
    open();
    Point point = sync_point(1);
    point.strategy = "streaming_page";
    point.cache_mode = CacheMode::cached;
    point.access = Access::read;
    const auto measured = measure(point);
    ASSERT_TRUE(measured);
    ASSERT_TRUE(measured->mapping);
    EXPECT_EQ(measured->access_bytes, 4096U);
    // two ioctls of 150 ns, their syncs, and 512 words of 2 ns
    EXPECT_NEAR(median(measured->samples), 2 * (150 + 12 + 64 * 4.2) + 1024, 1);
    EXPECT_EQ(measured->histograms[DMABENCH_PHASE_TOUCH].count, measured->stamped_laps);
}

TEST_F(Sampler, ARefusalSaysWhy) {
    FakeOptions options;
    options.skip_point = sync_point(1).name();
    open(options);
    const auto measured = measure(sync_point(1));
    ASSERT_FALSE(measured);
    EXPECT_EQ(measured.error().kind, Refusal::Kind::skipped);
    EXPECT_EQ(measured.error().reason, "scripted refusal");
}

TEST_F(Sampler, ATargetThatGoesAwayEndsThePoint) {
    FakeOptions options;
    options.gone_after_runs = 60;
    open(options);
    const auto first = measure(sync_point(1));
    const auto second = first ? measure(sync_point(2)) : first;
    const auto third = second ? measure(sync_point(4)) : second;
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().kind, Refusal::Kind::gone);
}

}  // namespace
}  // namespace dmabench
