// SPDX-License-Identifier: GPL-2.0-only
// Worked out by hand: two sets of two lines in the first level, two sets of four in the second, of 64 bytes
// each.
#include "memory_model.h"

#include <gtest/gtest.h>

namespace dmabench::model {
namespace {

using enum MemoryType;

constexpr std::uint64_t line = 64;

Parameters small() {
    Parameters p;
    for (const char* text :
         {"line_bytes=64", "bus_bytes=8", "l1_bytes=256", "l1_ways=2", "l1_hit_ns=0", "l2_bytes=512",
          "l2_ways=4", "l2_hit_ns=10", "memory_ns=100", "stream_ns=30", "writeback_ns=7", "store_share=0.5",
          "combined_write_ns=1", "combined_burst_ns=20", "combined_read_ns=110", "uncached_read_ns=130",
          "uncached_write_ns=60", "maintenance_ns=5", "maintenance_writeback_ns=25"})
        EXPECT_EQ(p.set(text), "");
    EXPECT_EQ(p.problem(), "");
    return p;
}

class Machine : public ::testing::Test {
  protected:
    double read(std::uint64_t number, MemoryType type = MemoryType::write_back, std::uint64_t bytes = 8) {
        return ns(model_.access(number * line, bytes, type, false));
    }
    double write(std::uint64_t number, MemoryType type = MemoryType::write_back, std::uint64_t bytes = 8) {
        return ns(model_.access(number * line, bytes, type, true));
    }
    double clean(std::uint64_t number) { return ns(model_.maintain(number * line, true, false)); }
    double clean_invalidate(std::uint64_t number) { return ns(model_.maintain(number * line, true, true)); }
    double invalidate(std::uint64_t number) { return ns(model_.maintain(number * line, false, true)); }
    static double ns(std::uint64_t ps) { return static_cast<double>(ps) / 1000; }
    std::uint64_t count(dmabench_model_counter which) { return model_.counters[which]; }

    MemoryModel model_{small()};
};

TEST_F(Machine, FetchesALineOnceAndThenHits) {
    EXPECT_EQ(read(4), 100);
    EXPECT_EQ(read(4), 0);
    EXPECT_EQ(write(4), 0);
    EXPECT_EQ(count(DMABENCH_MODEL_ACCESSES), 3);
    EXPECT_EQ(count(DMABENCH_MODEL_L1_MISSES), 1);
    EXPECT_EQ(count(DMABENCH_MODEL_L2_MISSES), 1);
    EXPECT_EQ(count(DMABENCH_MODEL_MEMORY_READS), 1);
}

TEST_F(Machine, FindsInTheSecondLevelWhatTheFirstHadNoPlaceFor) {
    read(0), read(2), read(4);  // one set of the first level holds two of them
    EXPECT_EQ(read(0), 10);
    EXPECT_EQ(read(4), 0) << "4 was used after 2, so that 2 had to go";
    EXPECT_EQ(read(2), 10);
}

TEST_F(Machine, HasTheLineAfterTheLastOneUnderWay) {
    EXPECT_EQ(read(8), 100);
    EXPECT_EQ(read(9), 30);
    EXPECT_EQ(read(11), 100);
    EXPECT_EQ(read(10), 100) << "backwards is not foreseen";
    EXPECT_EQ(count(DMABENCH_MODEL_STREAMED), 1);
}

TEST(Prefetcher, FollowsAsManyRunsAsItCan) {
    Parameters p = small();
    p.set("prefetch_streams=2");
    MemoryModel model(p);
    const auto read = [&](std::uint64_t number) {
        return model.access(number * line, 8, write_back, false) / 1000;
    };
    EXPECT_EQ(read(100), 100U);
    EXPECT_EQ(read(200), 100U);
    EXPECT_EQ(read(101), 30U);
    EXPECT_EQ(read(201), 30U) << "two runs in turn, as a copy has them";
    EXPECT_EQ(read(300), 100U) << "in the place of the run of 101, which was left alone longest";
    EXPECT_EQ(read(202), 30U);
    EXPECT_EQ(read(102), 100U) << "and in the place of that of 300";
    EXPECT_EQ(read(301), 100U);
}

TEST_F(Machine, FirstLineOfMemoryFollowsNone) {
    EXPECT_EQ(read(0), 100);
    EXPECT_EQ(read(1), 30);
}

TEST_F(Machine, StoreWaitsForItsShareOfAFetch) {
    EXPECT_EQ(write(4), 50);
    EXPECT_EQ(write(5), 15);
    EXPECT_EQ(read(4), 0);
}

TEST_F(Machine, DirtyLineGoesDownTheLevelsAndIsWrittenBackLast) {
    write(0);
    read(2), read(4);  // 0 leaves the first level, dirty
    EXPECT_EQ(count(DMABENCH_MODEL_WRITEBACKS), 0);
    // The second level's set of even lines holds four: 0, which came back dirty after 4 was fetched, 2, 4
    // and 6.
    read(6);
    EXPECT_EQ(read(8), 100) << "2 has to go, and is clean";
    EXPECT_EQ(read(10), 100) << "0 has been used after 4 was: it goes later";
    EXPECT_EQ(read(12), 107) << "now 0 has to, and is written back";
    EXPECT_EQ(count(DMABENCH_MODEL_WRITEBACKS), 1);
}

TEST_F(Machine, CleaningADirtyLineIsDearerThanCleaningACleanOne) {
    write(4);
    EXPECT_EQ(clean(4), 30);
    EXPECT_EQ(clean(4), 5);
    EXPECT_EQ(read(4), 0) << "it is still here";
    EXPECT_EQ(clean(5), 5) << "what is not here has to be looked for";
    EXPECT_EQ(count(DMABENCH_MODEL_MAINTENANCE), 3);
    EXPECT_EQ(count(DMABENCH_MODEL_DIRTY_CLEANED), 1);
}

TEST_F(Machine, InvalidatedLineIsFetchedAgain) {
    read(4);
    EXPECT_EQ(invalidate(4), 5);
    EXPECT_EQ(read(4), 100);
    write(4);
    EXPECT_EQ(clean_invalidate(4), 30);
    EXPECT_EQ(read(4), 100);
    EXPECT_EQ(clean(4), 5) << "nothing dirty is left in the second level";
}

TEST_F(Machine, InvalidatingDropsWhatWasWritten) {
    write(4);
    EXPECT_EQ(invalidate(4), 5);
    EXPECT_EQ(clean(4), 5);
    EXPECT_EQ(count(DMABENCH_MODEL_DIRTY_CLEANED), 0);
}

TEST_F(Machine, WhatADeviceHasWrittenIsFetchedAnewAndWhatWasDirtyIsNotWrittenBack) {
    write(0), read(2), read(4);  // 0 is in the second level only, and dirty
    model_.snoop(0 * line);
    model_.snoop(4 * line);
    model_.snoop(6 * line);
    EXPECT_EQ(count(DMABENCH_MODEL_SNOOPED), 2) << "6 was in no cache";
    EXPECT_EQ(read(2), 0);
    EXPECT_EQ(read(0), 100);
    EXPECT_EQ(read(4), 100);
    read(6), read(8), read(10), read(12), read(14);
    EXPECT_EQ(count(DMABENCH_MODEL_WRITEBACKS), 0);
}

TEST_F(Machine, CleansALineThatIsDirtyInTheSecondLevelOnly) {
    write(0);
    read(2), read(4);
    EXPECT_EQ(clean(0), 30);
}

TEST_F(Machine, StoresToTheSameLineAreCombined) {
    for (int i = 0; i < 8; ++i)
        EXPECT_EQ(write(4, write_combining), 1);
    EXPECT_EQ(write(5, write_combining), 21);
    EXPECT_EQ(count(DMABENCH_MODEL_COMBINED_WRITES), 9);
    EXPECT_EQ(count(DMABENCH_MODEL_COMBINED_BURSTS), 1);
}

TEST_F(Machine, ReadOfWriteCombiningMemoryIsNotCachedAndDrainsTheBuffer) {
    write(4, write_combining);
    EXPECT_EQ(read(4, write_combining), 130);
    EXPECT_EQ(read(4, write_combining), 110);
    EXPECT_EQ(write(4, write_combining), 1) << "into an empty buffer";
}

TEST_F(Machine, UncachedAccessesTakeABeatForEachWidthOfTheBus) {
    EXPECT_EQ(read(4, uncached), 130);
    EXPECT_EQ(read(4, uncached, 16), 260);
    EXPECT_EQ(read(4, uncached, 1), 130);
    EXPECT_EQ(write(4, uncached, 32), 240);
    EXPECT_EQ(count(DMABENCH_MODEL_UNCACHED_READS), 3);
    EXPECT_EQ(count(DMABENCH_MODEL_UNCACHED_WRITES), 1);
}

TEST_F(Machine, LineThatIsWrittenAsAWholeIsNotFetched) {
    EXPECT_EQ(ns(model_.write_line(4 * line, write_back)), 0);
    EXPECT_EQ(read(4), 0);
    EXPECT_EQ(clean(4), 30) << "it is dirty";
    EXPECT_EQ(count(DMABENCH_MODEL_MEMORY_READS), 0);
}

TEST_F(Machine, EmptyMachineRemembersNothing) {
    write(4), write(5, write_combining);
    model_.empty();
    EXPECT_EQ(clean(4), 5);
    EXPECT_EQ(read(5), 100) << "not the line after the last one";
    EXPECT_EQ(write(6, write_combining), 1);
}

TEST(Parameters, SayWhatIsWrong) {
    Parameters p = small();
    EXPECT_EQ(p.set("memory=3"), "unknown parameter 'memory'");
    EXPECT_EQ(p.set("memory_ns=fast"), "memory_ns: 'fast' is not a number from 0 to 1e9");
    EXPECT_EQ(p.set("memory_ns=-1"), "memory_ns: '-1' is not a number from 0 to 1e9");
    p.set("instruction_ns=0");
    EXPECT_EQ(p.problem(), "instruction_ns must be more than 0");
    p = small();
    p.set("prefetch_streams=0");
    EXPECT_EQ(p.problem(), "prefetch_streams must be from 1 to 64");
    p = small();
    p.set("l1_ways=3");
    EXPECT_EQ(p.problem(), "l1_bytes must be a multiple of l1_ways lines");
    p = small();
    p.set("l2_bytes=0");
    p.set("l3_bytes=4096"), p.set("l3_ways=4");
    EXPECT_EQ(p.problem(), "l3_bytes is given, but not that of the level above");
    EXPECT_NE(Parameters{}.problem(), "");
}

TEST(Parameters, FractionsOfANanosecondAddUp) {
    Parameters p = small();
    p.set("instruction_ns=1.25");
    EXPECT_EQ(MemoryModel(p).instructions(4), 1000);
    p.set("instruction_ns=0.25");
    EXPECT_EQ(MemoryModel(p).instructions(4), -3000) << "1 ns is QEMU's";
}

}  // namespace
}  // namespace dmabench::model
