// SPDX-License-Identifier: GPL-2.0-only
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "hist.h"
#include "trace/show_trace.h"

namespace dmabench {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

dmabench_trace_row row_of(std::uint32_t function, const char* device, const char* caller) {
    dmabench_trace_row row{};
    row.function = function;
    row.direction = DMABENCH_FROM_DEVICE;
    std::strcpy(row.driver, "driver");
    std::strcpy(row.device, device);
    std::strcpy(row.caller, caller);
    return row;
}

void record(dmabench_trace_row& row, std::uint64_t calls, std::uint64_t ns, std::uint64_t bytes) {
    row.min_ns = row.calls == 0 ? ns : std::min<std::uint64_t>(row.min_ns, ns);
    row.max_ns = std::max<std::uint64_t>(row.max_ns, ns);
    row.min_bytes = row.calls == 0 ? bytes : std::min<std::uint64_t>(row.min_bytes, bytes);
    row.max_bytes = std::max<std::uint64_t>(row.max_bytes, bytes);
    row.calls += calls;
    row.sum_ns += calls * ns;
    row.bytes += calls * bytes;
    row.bucket[dmabench_hist_index(ns) >> trace_bucket_shift] += static_cast<std::uint32_t>(calls);
}

TraceStart started(double bias) {
    TraceStart start;
    start.asked = start.traced = all_functions();
    start.bias_ns = bias;
    return start;
}

TraceSnapshot snapshot(std::vector<dmabench_trace_row> rows, std::uint64_t now_ns = 1'000'000'000) {
    TraceSnapshot out;
    out.now_ns = now_ns;
    out.rows = std::move(rows);
    return out;
}

TEST(Trace, CpusAreAddedUpAndTheBiasIsTakenOff) {
    auto one = row_of(DMABENCH_TRACE_MAP_PAGE, "a", "f+0x1");
    auto other = one;
    record(one, 3, 1000, 64);
    record(other, 1, 4000, 128);
    other.cpu = 1;
    const Trace trace = gather(started(200), snapshot({one, other}));
    ASSERT_EQ(trace.sites.size(), 1U);
    const Site& site = trace.sites[0];
    EXPECT_EQ(site.calls, 4U);
    EXPECT_EQ(site.bytes, 320U);
    EXPECT_DOUBLE_EQ(site.total_ns, 3 * 800 + 3800);
    EXPECT_DOUBLE_EQ(site.min_ns, 800);
    EXPECT_DOUBLE_EQ(site.max_ns, 3800);
    EXPECT_DOUBLE_EQ(trace.seconds, 1);
}

TEST(Trace, CallsThatLostTheCpuAreTakenToBeLikeTheOthers) {
    auto row = row_of(DMABENCH_TRACE_ALLOC, "a", "f+0x1");
    record(row, 8, 1000, 64);
    row.calls = 10;
    row.switched = 2;
    EXPECT_DOUBLE_EQ(gather(started(100), snapshot({row})).sites[0].total_ns, 9000);
    row.switched = 10;
    EXPECT_DOUBLE_EQ(gather(started(100), snapshot({row})).sites[0].total_ns, 0);
}

TEST(Trace, PercentilesAreWithinTheirBuckets) {
    auto row = row_of(DMABENCH_TRACE_MAP_PAGE, "a", "f+0x1");
    record(row, 980, 1000, 64);
    record(row, 20, 30000, 64);
    const Trace trace = gather(started(100), snapshot({row}));
    EXPECT_NEAR(trace.sites[0].percentile(0.5, 100), 900, 0.0625 * 1000);
    EXPECT_NEAR(trace.sites[0].percentile(0.99, 100), 29900, 0.0625 * 30000);
}

TEST(Trace, AnIntervalHasOnlyWhatCameInIt) {
    auto before = row_of(DMABENCH_TRACE_MAP_PAGE, "a", "f+0x1");
    auto idle = row_of(DMABENCH_TRACE_UNMAP_PAGE, "a", "g+0x1");
    record(before, 10, 1000, 64);
    record(idle, 5, 1000, 64);
    auto now = before;
    record(now, 2, 1000, 64);
    const TraceSnapshot since = snapshot({before, idle}, 1'000'000'000);
    const Trace trace = gather(started(0), snapshot({now, idle}, 1'500'000'000), &since);
    ASSERT_EQ(trace.sites.size(), 1U);
    EXPECT_EQ(trace.sites[0].calls, 2U);
    EXPECT_EQ(trace.sites[0].bytes, 128U);
    EXPECT_DOUBLE_EQ(trace.seconds, 0.5);
}

TEST(Trace, ASyncOfTheSizeThatIsMappedIsCalledWhole) {
    auto map = row_of(DMABENCH_TRACE_MAP_PAGE, "a", "f+0x1");
    auto sync = row_of(DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU, "a", "g+0x1");
    auto part = row_of(DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU, "a", "h+0x1");
    auto other = row_of(DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU, "b", "i+0x1");
    record(map, 100, 1000, 4096);
    record(sync, 100, 900, 4096);
    record(part, 50, 800, 4096);
    record(part, 50, 800, 100);
    record(other, 100, 700, 2048);
    const Trace trace = gather(started(0), snapshot({map, sync, part, other}));
    EXPECT_THAT(trace.sites[1].notes, ElementsAre("whole buffer each time"));
    EXPECT_THAT(trace.sites[2].notes, IsEmpty());
    EXPECT_THAT(trace.sites[3].notes, ElementsAre("same size each time", "no map seen"));
}

TEST(Trace, WhatIsKnownOfADeviceIsNoted) {
    auto row = row_of(DMABENCH_TRACE_MAP_SG, "a", "f+0x1");
    record(row, 4, 1000, 4096);
    row.bounced = 1;
    row.failed = 2;
    row.unsynced = 4;
    row.flags = DMABENCH_TRACE_IOMMU | DMABENCH_TRACE_ELIDED;
    const Trace trace = gather(started(0), snapshot({row}));
    EXPECT_THAT(trace.sites[0].notes,
                ElementsAre("bounced 25 %", "IOMMU", "syncs elided", "skips sync", "2 failed"));
}

TEST(Trace, CallsWithoutARowAreCountedApart) {
    auto other = row_of(DMABENCH_TRACE_OTHER, "", "");
    record(other, 7, 1000, 64);
    const Trace trace = gather(started(0), snapshot({other}));
    EXPECT_EQ(trace.unplaced, 7U);
    EXPECT_THAT(trace.sites, IsEmpty());
    EXPECT_THAT(table_lines(trace, {})[1], HasSubstr("7 calls at sites beyond the table"));
}

TEST(Trace, FiltersLeaveWhatPasses) {
    auto session = make_fake_trace();
    const auto start = session->start(all_functions(), 64);
    const auto snap = session->read();
    Trace trace = gather(*start, *snap);
    ASSERT_EQ(trace.sites.size(), 5U);
    keep(trace, {{"nvme"}, {}, 0});
    EXPECT_EQ(trace.sites.size(), 2U);
    keep(trace, {{}, {}, 1.5e6});
    ASSERT_EQ(trace.sites.size(), 1U);
    EXPECT_EQ(trace.sites[0].caller, "nvme_map_data+0x9f [nvme]");
    keep(trace, {{}, {"0000:00:02.0"}, 0});
    EXPECT_THAT(trace.sites, IsEmpty());
}

TEST(Trace, TheFakesTableIsExact) {
    auto session = make_fake_trace();
    const auto start = session->start(*parse_functions("sync_for_cpu"), 64);
    ASSERT_TRUE(session->read());
    ASSERT_TRUE(session->stop());
    const Trace trace = gather(*start, *session->read());
    const auto lines = table_lines(trace, {});
    ASSERT_EQ(lines.size(), 5U);
    EXPECT_EQ(lines[0],
              "1.00 s: 5836 calls at 1 site, 381.480 ms of CPU (38.15 % of one); 250 ns a call taken off for "
              "tracing, "
              "which cost 4.377 ms");
    EXPECT_EQ(lines[1], "of these: 1 call within another, whose time is in both");
    EXPECT_EQ(lines[3],
              " 38.15   381.480     5 836       382    65 536  60.00 us  60.00 us 600.00 us from  "
              "sync_single_for_cpu    "
              "e1000 0000:00:02.0");
    EXPECT_EQ(lines[4],
              "    e1000_clean_rx_irq+0x26d [e1000] < e1000_clean+0x2c1 [e1000]   [bounced, same size each "
              "time, no map "
              "seen]");
}

TEST(Trace, ATableFitsItsTerminal) {
    auto session = make_fake_trace();
    const auto start = session->start(all_functions(), 64);
    const auto lines = table_lines(gather(*start, *session->read()), {false, 60, 8});
    EXPECT_LE(lines.size(), 8U);
    EXPECT_EQ(lines.back(), "... and 3 sites more");
    for (const std::string& line : lines)
        EXPECT_LE(line.size(), 60U);
}

TEST(Trace, FoldedStacksAddUpWhatHasTheSameFunctions) {
    auto one = row_of(DMABENCH_TRACE_MAP_PAGE, "a", "f+0x1 [m]");
    auto other = row_of(DMABENCH_TRACE_MAP_PAGE, "a", "f+0x9 [m]");
    record(one, 1, 1000, 64);
    record(other, 1, 500, 64);
    EXPECT_EQ(folded(gather(started(0), snapshot({one, other}))), "driver;a;f_[m];dma_map_page_attrs 1500\n");
}

TEST(Trace, WordsChooseFunctions) {
    EXPECT_EQ(*parse_functions(""), all_functions());
    EXPECT_EQ(function_names(*parse_functions("sync")).size(), 4U);
    EXPECT_THAT(function_names(*parse_functions("map_sg, dma_free_attrs")), ElementsAre("map_sg", "free"));
    EXPECT_THAT(function_names(*parse_functions("map_single")), ElementsAre("map_page"));
    EXPECT_THAT(function_names(*parse_functions("unmap")), Not(Contains("map_page")));
    const auto wrong = parse_functions("map,snyc");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().kind, ErrorKind::usage);
    EXPECT_THAT(wrong.error().message, HasSubstr("'snyc'"));
    EXPECT_THAT(wrong.error().message, HasSubstr("did you mean 'sync'"));
}

TEST(Trace, JsonHasEachSiteAndWhatIsMissing) {
    auto session = make_fake_trace();
    const auto start = session->start(all_functions(), 64);
    const auto json = to_json(gather(*start, *session->read()), *start, session->backend());
    EXPECT_EQ(json["sites"].size(), 5U);
    EXPECT_THAT(json["functions"]["absent"].get<std::vector<std::string>>(), ElementsAre("map_phys"));
    EXPECT_NEAR(json["sites"][0]["cpu_share"].get<double>(), 0.38148, 1e-9);
    EXPECT_EQ(json["sites"][0]["histogram"]["buckets"].size(), 2U);
    EXPECT_EQ(json["calls"], 5836 * 2 + 812 + 800);
}

}  // namespace
}  // namespace dmabench
