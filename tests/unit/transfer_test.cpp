// SPDX-License-Identifier: GPL-2.0-only
// Transfers, from the matrix to the row: what can be, which target it leads to, what became of the data.
#include <gtest/gtest.h>

#include "measure/sampler.h"
#include "plan/matrix.h"
#include "plan/plan.h"
#include "report/row.h"

namespace dmabench {
namespace {

MatrixAxis words(const char* axis, const std::vector<std::string>& values) {
    return {find_axis(axis), {values.begin(), values.end()}};
}

MatrixAxis numbers(const char* axis, const std::vector<std::uint64_t>& values) {
    return {find_axis(axis), {values.begin(), values.end()}};
}

std::vector<MatrixAxis> transfer(const char* strategy, const char* direction) {
    return {words("strategy", {strategy}), numbers("size", {4096}), words("transfer", {"memcpy"}),
            words("direction", {direction})};
}

Expansion with(std::vector<MatrixAxis> matrix, MatrixAxis more) {
    matrix.push_back(std::move(more));
    return expand(matrix);
}

std::string only_name(const Expansion& expansion) {
    return expansion.points.size() == 1 && expansion.excluded.empty() ? expansion.points.front().name() : "?";
}

/// The axis to blame and the reason, of a matrix of which nothing can be.
std::string conflict(const Expansion& expansion) {
    if (!expansion.points.empty() || !expansion.first_conflict) {
        return "none";
    }
    return std::string(expansion.first_conflict->axis->name) + ": " + expansion.first_conflict->reason;
}

TEST(Transfer, GivesMemoryWithoutSyncsADirection) {
    EXPECT_EQ(only_name(expand(transfer("coherent", "from_device"))),
              "coherent/direction:from_device/size:4096/target:auto/transfer:memcpy");
}

TEST(Transfer, KeepsThePoolsBlockThatWouldBeFreedBeforeItIsChecked) {
    EXPECT_EQ(only_name(expand(transfer("pool", "to_device"))),
              "pool/direction:to_device/map_every:0/size:4096/target:auto/transfer:memcpy");
}

TEST(Transfer, IsNoPartOfTheBaseline) {
    EXPECT_EQ(only_name(expand(transfer("null", "to_device"))), "null/size:4096/target:auto");
}

TEST(Transfer, WithoutOneThereIsNoOwnershipToTest) {
    const auto expansion =
        expand({words("strategy", {"streaming_single"}), numbers("size", {64}), numbers("map_every", {0}),
                words("ownership", {"synced", "no_sync_for_cpu"})});
    EXPECT_EQ(only_name(expansion),
              "streaming_single/direction:bidirectional/map_every:0/size:64/sync_every:1/target:auto");
}

TEST(Transfer, ALeftOutSyncIsInTheName) {
    EXPECT_EQ(
        only_name(with(transfer("streaming_single", "from_device"), words("ownership", {"no_sync_for_cpu"}))),
        "streaming_single/direction:from_device/map_every:0/ownership:no_sync_for_cpu/size:4096/sync_every:1/"
        "target:auto/transfer:memcpy");
}

TEST(Transfer, WhatCannotBeNamesTheAxis) {
    const auto single = transfer("streaming_single", "from_device");
    EXPECT_EQ(conflict(expand(transfer("coherent", "bidirectional"))),
              "direction: a transfer goes one way: direction to_device or from_device");
    EXPECT_TRUE(conflict(with(transfer("coherent", "to_device"), numbers("map_every", {1})))
                    .starts_with("map_every: a transfer with coherent needs map_every 0, not 1"));
    EXPECT_TRUE(conflict(with(single, numbers("map_every", {2}))).starts_with("sync_every: "));
    EXPECT_TRUE(conflict(with(transfer("noncoherent", "to_device"), numbers("sync_every", {3})))
                    .starts_with("sync_every: "));
    EXPECT_TRUE(conflict(with(transfer("streaming_recycle", "to_device"), numbers("sync_every", {0})))
                    .starts_with("sync_every: "));
    EXPECT_TRUE(conflict(with(single, words("touch", {"write"}))).starts_with("touch: "));
    for (const char* axis : {"batch", "threads"}) {
        EXPECT_TRUE(conflict(with(single, numbers(axis, {2})))
                        .starts_with(std::string("transfer: transfer and ") + axis + " exclude each other"));
    }
    EXPECT_TRUE(conflict(with(single, words("unmap_cpu", {"other"})))
                    .starts_with("transfer: transfer and unmap_cpu exclude each other"));
    EXPECT_EQ(conflict(with(transfer("streaming_recycle", "to_device"), numbers("sync_offset", {4}))),
              "sync_offset: a transfer begins at a multiple of 8 bytes, not at 4");
    EXPECT_EQ(conflict(with(transfer("coherent", "from_device"), words("ownership", {"no_sync_for_cpu"}))),
              "ownership: coherent calls no dma_sync_*() that could be left out");
    EXPECT_EQ(conflict(with(transfer("copy", "from_device"), words("ownership", {"no_sync_for_cpu"}))),
              "ownership: copy calls no dma_sync_*() that could be left out");
    EXPECT_EQ(conflict(with(transfer("noncoherent", "to_device"), words("ownership", {"no_sync_for_cpu"}))),
              "ownership: no_sync_for_cpu needs direction from_device, where that sync matters");
}

TEST(Transfer, LeadsToTheTargetThatHasTheEngine) {
    const std::vector<std::string> targets{"platform", "pci:0000:00:03.0", "dmaengine:dma0chan0"};
    Scenario scenario;
    Point point;
    point.strategy = "coherent";
    point.size = 64;
    for (const Transfer engine : {Transfer::none, Transfer::memcpy, Transfer::edu}) {
        point.transfer = engine;
        point.direction = engine == Transfer::none ? Direction::bidirectional : Direction::to_device;
        scenario.points.push_back(point);
    }
    scenario.sweeps = {{"", scenario.points.size(), {}, nullptr}};
    const Plan plan = dmabench::bind(*make_plan({scenario}), targets);
    ASSERT_EQ(plan.points.size(), 3U);
    EXPECT_EQ(plan.points[0].point.target, "pci");
    EXPECT_EQ(plan.points[1].point.target, "dmaengine");
    EXPECT_EQ(plan.points[2].point.target, "pci");
    EXPECT_EQ(session_target("dmaengine", targets), "dmaengine:dma0chan0");
    EXPECT_EQ(session_target("dmaengine", std::vector<std::string>{"platform"}), "");
}

TEST(Transfer, AnEngineIsNotAmongTheTargetsOfTheRest) {
    Scenario scenario;
    Point point;
    point.strategy = "coherent";
    point.size = 64;
    scenario.points.push_back(point);
    const std::vector<std::string> targets{"platform", "dmaengine:dma0chan0"};
    scenario.sweeps = {{"", scenario.points.size(), {}, nullptr}};
    const Plan plan = dmabench::bind(*make_plan({scenario}), targets);
    ASSERT_EQ(plan.points.size(), 1U);
    EXPECT_EQ(plan.points[0].point.target, "platform");
}

class TransferRow : public ::testing::Test {
  protected:
    Outcome<Measurement> measure(const FakeOptions& options = {}) {
        auto session = make_fake_session(options);
        Counters counters{{}};
        const auto context = *prepare_sampling(*session, counters);
        return sample_point(*session, counters, context, point_, statistics_);
    }

    nlohmann::ordered_json row(const FakeOptions& options = {}) {
        const auto measured = measure(options);
        return measured ? make_row(point_, *measured, ClockCost{20, 1}) : nlohmann::ordered_json();
    }

    void SetUp() override {
        point_.strategy = "streaming_single";
        point_.size = 4096;
        point_.target = "dmaengine";
        point_.transfer = Transfer::memcpy;
        point_.direction = Direction::from_device;
        point_.sync_every = 1;
    }

    Point point_;
    Statistics statistics_;
};

// The cost model: 1500 ns and half a ns per byte.
constexpr double transfer_ns = 1500 + 4096 / 2;

TEST_F(TransferRow, HasThePhaseAndTheRate) {
    const auto made = row();
    EXPECT_NEAR(made["transfer_ns"].get<double>(), transfer_ns, 1);
    EXPECT_EQ(made["bytes_per_lap"], 4096);
    EXPECT_NEAR(made["bytes_per_second"].get<double>(), 4096e9 / made["real_time"].get<double>(), 1);
    EXPECT_EQ(made["dmabench"]["phases"]["transfer"]["calls"], 1000);
    EXPECT_EQ(made["dmabench"]["params"]["transfer"], "memcpy");
    EXPECT_EQ(made["dmabench"]["ownership"]["sync"], "synced");
    EXPECT_EQ(made["dmabench"]["ownership"]["data"], "fresh");
    EXPECT_EQ(made["dmabench"]["ownership"]["stale_laps"], 0);
}

TEST_F(TransferRow, MovesWhatASyncCovers) {
    point_.sync_offset = 1024;
    EXPECT_EQ(row()["bytes_per_lap"], 3072);
    point_.sync_bytes = 512;
    EXPECT_EQ(row()["bytes_per_lap"], 512);
}

TEST_F(TransferRow, TellsStaleFromFresh) {
    point_.ownership = Ownership::no_sync_for_cpu;
    auto verdict = row()["dmabench"]["ownership"];
    EXPECT_EQ(verdict["sync"], "no_sync_for_cpu");
    EXPECT_EQ(verdict["data"], "stale");
    EXPECT_EQ(verdict["fresh_laps"], 0);
    EXPECT_GT(verdict["stale_laps"], 1000);
    FakeOptions options;
    options.bounces = false;
    EXPECT_EQ(row(options)["dmabench"]["ownership"]["data"], "fresh");
    EXPECT_FALSE(row()["dmabench"]["phases"].contains("sync_for_cpu"));
}

TEST_F(TransferRow, WrongDataAreAFailure) {
    FakeOptions options;
    options.wrong_data_point = point_.name();
    const auto measured = measure(options);
    ASSERT_FALSE(measured);
    EXPECT_EQ(measured.error().kind, Refusal::Kind::failed);
    EXPECT_TRUE(measured.error().reason.starts_with("the transfer gave wrong data"));
}

TEST_F(TransferRow, ATargetWithoutTheEngineIsASkip) {
    point_.transfer = Transfer::edu;
    const auto measured = measure();
    ASSERT_FALSE(measured);
    EXPECT_EQ(measured.error().kind, Refusal::Kind::skipped);
    EXPECT_EQ(measured.error().reason, "the target has no such engine");
}

}  // namespace
}  // namespace dmabench
