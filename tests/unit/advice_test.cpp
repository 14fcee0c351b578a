// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analysis/advice_text.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;
using testing::HasSubstr;
using testing::Not;

/// A lap of the machine below: what it reads of coherent memory is dear, what it syncs too, but less.
json row(Point point) {
    const auto size = static_cast<double>(point.size);
    json phases = json::object();
    double lap = 10;
    const auto add = [&](const char* phase, double ns) {
        phases[phase] = {{"per_call_ns", ns}};
        lap += ns;
    };
    const bool coherent = point.strategy == "coherent";
    if (point.map_every == 1) {
        add("map", 200 + 0.5 * size);
        add("unmap", 100 + 0.5 * size);
    }
    if (point.sync_every == 1) {
        add("sync_for_device", 50 + 0.5 * size);
        add("sync_for_cpu", 50 + 0.5 * size);
    }
    if (point.touch != Touch::none)
        add("touch", (coherent ? 5 : 1) * static_cast<double>(point.touched_bytes()));
    return {{"name", point.name()},
            {"real_time", lap},
            {"ci_low_ns", lap},
            {"ci_high_ns", lap},
            {"dmabench", {{"params", point.params()}, {"phases", phases}}}};
}

Point point(const std::string& strategy, std::uint64_t size, Touch touch) {
    Point result;
    result.strategy = strategy;
    result.size = size;
    result.target = "pci";
    result.touch = touch;
    if (strategy != "coherent" && strategy != "null")
        result.direction = Direction::from_device;
    return result;
}

json report() {
    json rows = json::array();
    json null_row = row(point("null", 64, Touch::none));
    rows.push_back(null_row);
    for (const std::uint64_t size : {64U, 1024U, 16384U}) {
        rows.push_back(row(point("coherent", size, Touch::read)));
        Point mapped = point("streaming_single", size, Touch::read);
        mapped.map_every = 1;
        rows.push_back(row(mapped));
        Point synced = point("streaming_single", size, Touch::read);
        synced.sync_every = 1;
        rows.push_back(row(synced));
    }
    return {{"benchmarks", rows}, {"dmabench", json::object()}};
}

CostModel model() {
    auto loaded = CostModel::load(report(), "report.json");
    EXPECT_TRUE(loaded.has_value());
    return *loaded;
}

Workload reading(std::uint64_t transfer, std::uint64_t touch) {
    Workload workload;
    workload.transfer_bytes = transfer;
    workload.touch_bytes = touch;
    return workload;
}

std::vector<std::string> ways(const Advice& advice) {
    std::vector<std::string> found;
    for (const Ranked& one : advice.ranking)
        found.push_back(one.way.text());
    return found;
}

TEST(Advice, PutsCostsTogetherFromCallsAndAccesses) {
    const auto advice = advise(model(), "pci", reading(8000, 2000));
    // coherent: 10 + 5 x 2000; part synced: 10 + 100 + 2000 + 2000; synced: + 6000; mapped: 10 + 300 + 8000 +
    // 2000
    ASSERT_EQ(ways(advice),
              (std::vector<std::string>{"streaming_single, stays mapped, the part in use synced", "coherent",
                                        "streaming_single, stays mapped, all of it synced",
                                        "streaming_single, mapped each time"}));
    EXPECT_NEAR(advice.ranking[0].cost.ns, 4110, 1e-6);
    EXPECT_NEAR(advice.ranking[1].cost.ns, 10010, 1e-6);
    EXPECT_NEAR(advice.ranking[2].cost.ns, 10110, 1e-6);
    EXPECT_NEAR(advice.ranking[3].cost.ns, 10310, 1e-6);
    EXPECT_TRUE(advice.ranking[0].cost.interpolated);
}

TEST(Advice, SharesTheCostOfAHandoverAmongItsTransfers) {
    Workload workload = reading(8000, 2000);
    workload.transfers_per_sync = 4;
    const auto advice = advise(model(), "pci", workload);
    EXPECT_NEAR(advice.ranking[0].cost.ns, 10 + 2100.0 / 4 + 2000, 1e-6);
    EXPECT_EQ(advice.ranking[0].way.point(workload).name(),
              "streaming_single/direction:from_device/map_every:0/size:8000/sync_bytes:2000/sync_every:4/"
              "target:pci/touch:read/touch_bytes:2000");
}

TEST(Advice, TakesAMeasuredRowAsItIs) {
    const auto advice = advise(model(), "pci", reading(1024, 1024));
    EXPECT_EQ(advice.ranking[0].way.text(), "streaming_single, stays mapped, all of it synced");
    EXPECT_TRUE(advice.ranking[0].measured);
    EXPECT_NEAR(advice.ranking[0].cost.ns, 10 + 100 + 1024 + 1024, 1e-6);
}

TEST(Advice, CallsEqualWhatDiffersByLessThan5Percent) {
    EXPECT_EQ(advise(model(), "pci", reading(8000, 2000)).equals(), 1U);
    // All of it synced: 10 + 100 + 2560 + 2560. Mapped each time: 200 more, which is 3.8 %.
    EXPECT_EQ(advise(model(), "pci", reading(2560, 2560)).equals(), 2U);
}

TEST(Advice, FindsWhereItTurns) {
    const auto advice = advise(model(), "pci", reading(16384, 16384));
    ASSERT_FALSE(advice.turns.empty());
    const Turns& touched = advice.turns.front();
    ASSERT_EQ(touched.of, Turns::Of::touch_bytes);
    ASSERT_EQ(touched.stretches.size(), 2U);
    EXPECT_EQ(touched.stretches[0].way.text(), "coherent");
    EXPECT_EQ(touched.stretches[1].way.text(), "streaming_single, stays mapped, all of it synced");
    // 5 n = 100 + 16384 + n
    EXPECT_EQ(touched.stretches[1].from, 4122U);
    EXPECT_EQ(touched.stretches[0].to, 4122U);
}

TEST(Advice, RefusesWhatLiesBeyondTheRows) {
    const auto advice = advise(model(), "pci", reading(1 << 20, 1 << 20));
    EXPECT_TRUE(advice.ranking.empty());
    ASSERT_FALSE(advice.unknown.empty());
    EXPECT_THAT(advice_text(model(), advice, {}),
                HasSubstr("was measured for 64 B to 16384 B only, not for 1048576 B"));
}

TEST(Advice, LeavesOutRowsOfAxesItKnowsNothingOf) {
    json changed = report();
    json dirty = changed["benchmarks"][1];
    dirty["dmabench"]["params"]["dirty"] = 50;
    dirty["dmabench"]["phases"]["touch"]["per_call_ns"] = 1;
    changed["benchmarks"].insert(changed["benchmarks"].begin(), dirty);
    const auto loaded = CostModel::load(changed, "report.json");
    ASSERT_TRUE(loaded.has_value());
    EXPECT_NEAR(advise(*loaded, "pci", reading(64, 64)).ranking.front().cost.ns, 10 + 100 + 64 + 64, 1e-6);
}

TEST(Advice, IsTheSameInWordsAndInJson) {
    const CostModel costs = model();
    const auto advice = advise(costs, "pci", reading(8000, 2000));
    const auto written = advice_json(costs, advice);
    EXPECT_EQ(written["ranking"][0]["way"], "streaming_single, stays mapped, the part in use synced");
    EXPECT_EQ(written["ranking"][0]["point"], advice.ranking[0].way.point(advice.workload).name());
    EXPECT_EQ(written["workload"]["touch_bytes"], 2000);
    const std::string text = advice_text(costs, advice, {});
    EXPECT_THAT(text, HasSubstr("2.4 times cheaper than the next"));
    EXPECT_THAT(text, Not(HasSubstr("\033")));
}

TEST(CostModel, SaysWhatIsWrongWithAReport) {
    EXPECT_EQ(CostModel::load(json::object(), "x.json").error().message, "x.json: not a report of dmabench");
    json empty = report();
    empty["benchmarks"] = json::array();
    EXPECT_THAT(CostModel::load(empty, "x.json").error().message, HasSubstr("no row has phases"));
}

}  // namespace
}  // namespace dmabench
