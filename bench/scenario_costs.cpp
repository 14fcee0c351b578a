// SPDX-License-Identifier: GPL-2.0-only
// What dmabench itself takes to read a scenario and to make a plan of it: 100 000 points, its default cap.
#include <benchmark/benchmark.h>

#include <array>

#include "plan/plan.h"
#include "scenario/scenario.h"

namespace dmabench {
namespace {

/// `sizes` times 600 points.
std::string scenario_text(std::int64_t sizes) {
    return fmt::format(
        R"({{"name": "many", "matrix": {{"strategy": ["streaming_single", "streaming_page"],
             "direction": ["bidirectional", "to_device", "from_device"],
             "map_every": 0, "sync_every": "1..100 +1", "size": "64..{} +64"}}}})",
        64 * sizes);
}

void parse(benchmark::State& state) {
    const std::string text = scenario_text(state.range(0));
    std::size_t points = 0;
    for (auto _ : state) {
        auto scenario = parse_scenario(text, "many.json");
        if (!scenario)
            return state.SkipWithError(scenario.error().message.c_str());
        points = scenario->points.size();
    }
    state.counters["points"] = static_cast<double>(points);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(points));
}

void parse_and_plan(benchmark::State& state) {
    const std::string text = scenario_text(state.range(0));
    const std::array<std::string, 1> targets{"platform-noncoherent"};
    std::size_t points = 0;
    for (auto _ : state) {
        auto scenario = parse_scenario(text, "many.json");
        if (!scenario)
            return state.SkipWithError(scenario.error().message.c_str());
        std::vector<Scenario> scenarios;
        scenarios.push_back(std::move(*scenario));
        const Plan plan = dmabench::bind(*make_plan(std::move(scenarios)), targets);
        points = plan.points.size();
    }
    state.counters["points"] = static_cast<double>(points);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(points));
}

/// quick.json with another target.
void extended(benchmark::State& state) {
    Overrides overrides;
    overrides.presets = {std::filesystem::path(DMABENCH_SOURCE_DIR) / "scenarios"};
    const std::string text = R"({"extends": "quick", "name": "own", "matrix": {"target": "pci"}})";
    for (auto _ : state)
        benchmark::DoNotOptimize(parse_scenario(text, "own.json", overrides));
}

}  // namespace

BENCHMARK(parse)->Arg(10)->Arg(166)->Unit(benchmark::kMillisecond);
BENCHMARK(parse_and_plan)->Arg(10)->Arg(166)->Unit(benchmark::kMillisecond);
BENCHMARK(extended)->Unit(benchmark::kMicrosecond);

}  // namespace dmabench

BENCHMARK_MAIN();
