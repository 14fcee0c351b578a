// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/remedy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trace/exchanges.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;
using testing::ElementsAre;
using testing::IsEmpty;

/// A machine where each byte handed over is copied, and coherent memory is slow to read.
json row(const std::string& strategy, std::uint64_t size, int map_every, int sync_every) {
    Point point;
    point.strategy = strategy;
    point.size = size;
    point.target = "pci";
    point.touch = Touch::read;
    const bool coherent = strategy == "coherent";
    if (!coherent)
        point.direction = Direction::from_device;
    if (map_every == 1)
        point.map_every = 1;
    point.sync_every = static_cast<std::uint64_t>(sync_every);
    const auto bytes = static_cast<double>(size);
    json phases = json::object();
    if (map_every == 1) {
        phases["map"] = {{"per_call_ns", 200 + bytes}};
        phases["unmap"] = {{"per_call_ns", 100 + bytes}};
    }
    if (sync_every == 1) {
        phases["sync_for_device"] = {{"per_call_ns", 40.0}};
        phases["sync_for_cpu"] = {{"per_call_ns", 60 + bytes}};
    }
    phases["touch"] = {{"per_call_ns", (coherent ? 8 : 1) * bytes}};
    return {{"name", point.name()},
            {"real_time", 1.0},
            {"dmabench", {{"params", point.params()}, {"phases", phases}}}};
}

CostModel model() {
    json rows = json::array();
    for (const std::uint64_t size : {64U, 65536U}) {
        rows.push_back(row("streaming_single", size, 1, 0));
        rows.push_back(row("streaming_single", size, 0, 1));
        rows.push_back(row("coherent", size, 0, 0));
    }
    auto loaded = CostModel::load({{"benchmarks", rows}, {"dmabench", json::object()}}, "report.json");
    EXPECT_TRUE(loaded.has_value());
    return *loaded;
}

/// What the machine above takes for a buffer that is mapped and unmapped.
Exchange mapped(std::uint64_t bytes) {
    Exchange exchange;
    exchange.buffer_bytes = bytes;
    exchange.ns = 300 + 2 * static_cast<double>(bytes);
    exchange.calls = {{Part::map, 1, bytes}, {Part::unmap, 1, bytes}};
    return exchange;
}

std::vector<std::string> ways(const Remedies& found) {
    std::vector<std::string> texts;
    for (const Remedy& remedy : found.cheaper)
        texts.push_back(remedy.way.text() + (remedy.workload.transfers_per_sync > 1 ? " seldom" : ""));
    return texts;
}

TEST(Remedy, WhatIsUsedIsSyncedForTheCostOfThatAlone) {
    const auto found = remedies(model(), "pci", mapped(40000), 1000);
    ASSERT_TRUE(found.now);
    EXPECT_NEAR(found.now->ns, 80300, 1e-6);
    ASSERT_THAT(ways(found), ElementsAre("streaming_single, stays mapped, the part in use synced", "coherent",
                                         "streaming_single, mapped each time seldom",
                                         "streaming_single, stays mapped, all of it synced"));
    EXPECT_NEAR(found.cheaper[0].cost.ns, 100 + 1000, 1e-6);
    // No call; but each byte read costs seven times as much more.
    EXPECT_NEAR(found.cheaper[1].cost.ns, 7000, 1e-6);
    EXPECT_NEAR(found.cheaper[2].cost.ns, 80300.0 / 8, 1e-6);
    EXPECT_NEAR(found.cheaper[3].cost.ns, 40100, 1e-6);
}

TEST(Remedy, MemoryThatIsSlowToReadIsNoneWhereMuchIsRead) {
    const auto found = remedies(model(), "pci", mapped(40000), 40000);
    EXPECT_THAT(ways(found), ElementsAre("streaming_single, mapped each time seldom",
                                         "streaming_single, stays mapped, all of it synced"));
}

TEST(Remedy, OnlyTheCallsThatAreMadeAreReckonedAsNow) {
    Exchange exchange;
    exchange.buffer_bytes = 4096;
    exchange.handover = Handover::part_synced;
    exchange.ns = 160;
    exchange.calls = {{Part::sync_range_for_cpu, 0.5, 200}};
    const auto found = remedies(model(), "pci", exchange, 200);
    ASSERT_TRUE(found.now);
    EXPECT_NEAR(found.now->ns, 130, 1e-6);
}

TEST(Remedy, ASizeBeyondTheReportIsNotReckoned) {
    const auto found = remedies(model(), "pci", mapped(1 << 20), 1 << 20);
    EXPECT_FALSE(found.now);
    EXPECT_EQ(found.tried, 0U);
    EXPECT_THAT(found.cheaper, IsEmpty());
    EXPECT_EQ(found.now.error(), "mapping was measured for 64 B to 65536 B only, not for 1048576 B");
}

TEST(Remedy, WhatCostsTheSameIsNone) {
    Exchange exchange = mapped(40000);
    exchange.ns = 40100;
    const auto found = remedies(model(), "pci", exchange, 40000);
    EXPECT_THAT(ways(found), ElementsAre("streaming_single, mapped each time seldom"));
}

Site site(std::uint32_t function, std::uint64_t calls, std::uint64_t bytes, double ns,
          std::uint32_t direction = DMABENCH_FROM_DEVICE) {
    Site made;
    made.driver = "e1000";
    made.device = "0000:00:02.0";
    made.function = function;
    made.direction = direction;
    made.caller = function_name(function);
    made.flags = DMABENCH_TRACE_COHERENT;
    made.calls = calls;
    made.bytes = calls * bytes;
    made.min_bytes = made.max_bytes = bytes;
    made.total_ns = static_cast<double>(calls) * ns;
    return made;
}

Trace trace_of(std::vector<Site> sites) {
    Trace trace;
    trace.seconds = 2;
    trace.sites = std::move(sites);
    return trace;
}

TEST(Exchanges, AMapGoesWithTheUnmapOfTheSameDirection) {
    const auto found = exchanges_of(trace_of(
        {site(DMABENCH_TRACE_MAP_PAGE, 1000, 2000, 300), site(DMABENCH_TRACE_UNMAP_PAGE, 500, 2000, 400),
         site(DMABENCH_TRACE_MAP_PAGE, 100, 60, 200, DMABENCH_TO_DEVICE)}));
    ASSERT_EQ(found.size(), 2U);
    const TracedExchange& received = found[0];
    EXPECT_THAT(received.callers, ElementsAre("map_page", "unmap_page"));
    EXPECT_DOUBLE_EQ(received.per_second, 500);
    EXPECT_DOUBLE_EQ(received.exchange.ns, 500);
    EXPECT_DOUBLE_EQ(received.share(received.exchange.ns), 500 * 500 / 1e9);
    EXPECT_EQ(received.exchange.buffer_bytes, 2000U);
    ASSERT_EQ(received.exchange.calls.size(), 2U);
    EXPECT_DOUBLE_EQ(received.exchange.calls[1].per_transfer, 0.5);
    EXPECT_EQ(found[1].exchange.direction, Direction::to_device);
}

TEST(Exchanges, ASyncOfLessThanIsMappedIsOfAPart) {
    const auto found = exchanges_of(trace_of({site(DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU, 1000, 200, 300),
                                              site(DMABENCH_TRACE_MAP_PAGE, 100, 2000, 300)}));
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].exchange.handover, Handover::part_synced);
    EXPECT_EQ(found[0].exchange.buffer_bytes, 2000U);
    EXPECT_EQ(found[0].exchange.calls[0].bytes, 200U);
    EXPECT_EQ(found[1].exchange.handover, Handover::mapped);
}

TEST(Exchanges, WhatTakesNoTimeOrIsNoHandoverIsLeftOut) {
    const auto found = exchanges_of(trace_of({site(DMABENCH_TRACE_MAP_PAGE, 1000, 2000, 300),
                                              site(DMABENCH_TRACE_MAP_PAGE, 10, 60, 200, DMABENCH_TO_DEVICE),
                                              site(DMABENCH_TRACE_ALLOC, 1000, 4096, 3000, 3)}));
    ASSERT_EQ(found.size(), 0U + 1U);
    EXPECT_EQ(found[0].exchange.buffer_bytes, 2000U);
}

}  // namespace
}  // namespace dmabench
