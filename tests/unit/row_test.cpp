// SPDX-License-Identifier: GPL-2.0-only
#include "report/row.h"

#include <gtest/gtest.h>

#include "hist.h"

namespace dmabench {
namespace {

Point streaming() {
    Point point;
    point.strategy = "streaming_single";
    point.size = 4096;
    point.target = "platform-coherent";
    point.map_every = 1;
    return point;
}

Measurement measured_thrice_ten() {
    Measurement measured;
    measured.buffer.relation = "identity";
    measured.laps_per_sample = 100;
    measured.discarded = 3;
    measured.samples = {100, 101, 99, 100, 100, 100, 100, 100, 100, 140};
    measured.cpu_samples = measured.samples;
    measured.interval = median_interval(measured.samples);
    measured.stop = StopReason::ci;
    measured.stamped_laps = 200;
    measured.stamp_ns = 20;
    for (int lap = 0; lap < 200; ++lap) {
        dmabench_hist_record(&measured.histograms[DMABENCH_PHASE_MAP], 60);
        dmabench_hist_record(&measured.histograms[DMABENCH_PHASE_UNMAP], 20);
        dmabench_hist_record(&measured.histograms[DMABENCH_PHASE_LAP], 140);
    }
    return measured;
}

const ClockCost fine_clock{20, 1};

TEST(Row, HasTheFieldsOfGoogleBenchmark) {
    const auto row = make_row(streaming(), measured_thrice_ten(), fine_clock);
    EXPECT_EQ(row["name"], streaming().name());
    EXPECT_EQ(row["run_name"], row["name"]);
    EXPECT_EQ(row["run_type"], "iteration");
    EXPECT_EQ(row["repetitions"], 1);
    EXPECT_EQ(row["repetition_index"], 0);
    EXPECT_EQ(row["threads"], 1);
    EXPECT_EQ(row["iterations"], 1000);
    EXPECT_EQ(row["real_time"], 100.0);
    EXPECT_EQ(row["cpu_time"], 100.0);
    EXPECT_EQ(row["time_unit"], "ns");
}

TEST(Row, ThreadsCountTogetherButTheTimeIsALapOfOne) {
    Point point = streaming();
    point.threads = 4;
    const auto row = make_row(point, measured_thrice_ten(), fine_clock);
    EXPECT_EQ(row["threads"], 4);
    EXPECT_EQ(row["iterations"], 4000);
    EXPECT_EQ(row["real_time"], 100.0);
    EXPECT_EQ(row["laps_per_second"], 4e7);
    EXPECT_FALSE(make_row(streaming(), measured_thrice_ten(), fine_clock).contains("laps_per_second"));
}

TEST(Row, TakesTheStampOffEachPhase) {
    const auto row = make_row(streaming(), measured_thrice_ten(), fine_clock);
    EXPECT_EQ(row["map_ns"], 40.0);
    EXPECT_EQ(row["dmabench"]["phases"]["map"]["calls"], 200);
    // two phases were stamped in a lap
    EXPECT_EQ(row["lap_max_ns"], 100.0);
}

TEST(Row, APhaseBelowTheClockIsNamedSoAndIsNoZero) {
    const auto row = make_row(streaming(), measured_thrice_ten(), fine_clock);
    EXPECT_FALSE(row.contains("unmap_ns"));
    EXPECT_EQ(row["dmabench"]["phases"]["unmap"]["below_clock"], 1.0);
}

TEST(Row, AnElidedPhaseIsNamedSo) {
    Measurement measured = measured_thrice_ten();
    measured.buffer.elided = 1U << DMABENCH_PHASE_SYNC_FOR_CPU;
    Point point = streaming();
    point.sync_every = 4;
    const auto row = make_row(point, measured, fine_clock);
    EXPECT_FALSE(row.contains("sync_for_cpu_ns"));
    EXPECT_TRUE(row["dmabench"]["phases"]["sync_for_cpu"].contains("elided"));
}

TEST(Row, ASyncThatNoLapCallsForIsNotElided) {
    Measurement measured = measured_thrice_ten();
    measured.buffer.elided = 1U << DMABENCH_PHASE_SYNC_FOR_DEVICE | 1U << DMABENCH_PHASE_SYNC_FOR_CPU;
    const auto never = make_row(streaming(), measured, fine_clock);
    EXPECT_FALSE(never["dmabench"]["phases"].contains("sync_for_device"));
    EXPECT_FALSE(never["dmabench"]["phases"].contains("sync_for_cpu"));

    Point point = streaming();
    point.sync_every = 1;
    point.ownership = Ownership::no_sync_for_cpu;
    const auto half = make_row(point, measured, fine_clock);
    EXPECT_TRUE(half["dmabench"]["phases"]["sync_for_device"].contains("elided"));
    EXPECT_FALSE(half["dmabench"]["phases"].contains("sync_for_cpu"));
}

TEST(Row, SaysWhatTheModelKnowsOfTheDeviceWhereThereIsAModel) {
    Measurement measured = measured_thrice_ten();
    const auto side = [&] {
        return make_row(streaming(), measured, fine_clock)["dmabench"].value("device_side", "");
    };
    EXPECT_EQ(side(), "");
    measured.counts = {{"model:accesses", "model_accesses_per_lap", 0}};
    EXPECT_EQ(side(), "not_modelled");
    measured.transfers = TransferCounts{1, 0, DMABENCH_DEVICE_UNTOLD};
    EXPECT_EQ(side(), "not_modelled");
    measured.transfers->device_side = DMABENCH_DEVICE_SNOOPED;
    EXPECT_EQ(side(), "snooped");
    measured.transfers->device_side = DMABENCH_DEVICE_BYPASSED;
    EXPECT_EQ(side(), "bypassed");
}

TEST(Row, PercentilesOnlyWhereThereAreEnoughLaps) {
    Measurement measured = measured_thrice_ten();
    EXPECT_FALSE(make_row(streaming(), measured, fine_clock).contains("lap_p99_ns"));
    for (int lap = 0; lap < 1000; ++lap)
        dmabench_hist_record(&measured.histograms[DMABENCH_PHASE_LAP], 140);
    EXPECT_TRUE(make_row(streaming(), measured, fine_clock).contains("lap_p99_ns"));
    EXPECT_FALSE(make_row(streaming(), measured, fine_clock).contains("lap_p999_ns"));
}

TEST(Row, UnknownNumbersAreLeftOut) {
    Measurement measured = measured_thrice_ten();
    measured.samples = {100, 100};
    measured.interval.reset();
    measured.counts = {{"cache-misses", "cache_misses_per_lap", 0}, {"cycles", "cycles_per_lap", 123.4}};
    measured.stamped_laps = 0;
    measured.histograms = {};
    const auto row = make_row(streaming(), measured, fine_clock);
    for (const char* key : {"ci_low_ns", "ci_high_ns", "cache_misses_per_lap", "bytes_per_lap", "lap_p50_ns"})
        EXPECT_FALSE(row.contains(key)) << key;
    EXPECT_EQ(row["cycles_per_lap"], 123.4);
    EXPECT_EQ(row.dump().find("null"), std::string::npos);
}

TEST(Row, OutliersAreCountedAndKept) {
    const auto row = make_row(streaming(), measured_thrice_ten(), fine_clock);
    EXPECT_GE(row["dmabench"]["outliers"], 1);
    EXPECT_EQ(row["dmabench"]["samples_ns"].size(), 10U);
    EXPECT_EQ(row["max_sample_ns"], 140.0);
}

TEST(HistogramQuantile, LiesInTheBucketOfItsRank) {
    auto hist = std::make_unique<dmabench_hist>();
    for (std::uint64_t ns = 1; ns <= 1000; ++ns)
        dmabench_hist_record(hist.get(), ns);
    EXPECT_NEAR(histogram_quantile(*hist, 0.5), 500, 500 / 32.0);
    EXPECT_NEAR(histogram_quantile(*hist, 0.99), 990, 990 / 32.0);
    EXPECT_EQ(histogram_quantile(*hist, 0), 1);
    EXPECT_LE(histogram_quantile(*hist, 1), 1000);
}

}  // namespace
}  // namespace dmabench
