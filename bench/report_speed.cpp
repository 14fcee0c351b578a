// SPDX-License-Identifier: GPL-2.0-only
// What a report of many points costs: writing it from the journal, reading it back, comparing two.
//
//     dmabench_report_speed [--benchmark_...]      DMABENCH_POINTS=1000 for another number of points
//
// The counters tell the size of the report and the most memory that the process has had so far. The last lines, on stderr, tell
// how many times as fast this is as a document tree of the whole report, over a twentieth of the points.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

#include "analysis/compare.h"
#include "analysis/show.h"
#include "hist.h"
#include "report/report.h"
#include "report/row.h"

namespace {

using namespace dmabench;
namespace fs = std::filesystem;

std::size_t points() {
    const char* given = std::getenv("DMABENCH_POINTS");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : 100'000;
}

double peak_megabytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<double>(usage.ru_maxrss) / 1024;
}

/// A row of a streaming point as the default statistics make it: ten samples, 10 000 laps in its histograms.
nlohmann::ordered_json row(std::size_t index, std::mt19937_64& random) {
    Point point;
    point.strategy = "streaming_single";
    point.target = "platform-noncoherent";
    point.size = 64 * (index + 1);
    point.map_every = 1;
    Measurement measured;
    measured.buffer.relation = "identity";
    measured.buffer.phys_addr = 0x4000'0000;
    measured.buffer.dma_addr = 0x4000'0000;
    measured.buffer.dma_mask = ~0ULL;
    measured.buffer.source = "kmalloc";
    measured.laps_per_sample = 1000;
    measured.discarded = 3;
    measured.stamped_laps = 10'000;
    measured.stamp_ns = 20;
    std::normal_distribution<double> noise(1, 0.005);
    for (int sample = 0; sample < 10; ++sample)
        measured.samples.push_back(800 * noise(random));
    measured.cpu_samples = measured.samples;
    measured.interval = median_interval(measured.samples);
    for (const std::uint32_t phase : {DMABENCH_PHASE_MAP, DMABENCH_PHASE_UNMAP, DMABENCH_PHASE_LAP})
        for (std::uint64_t bucket = 0; bucket < 24; ++bucket)
            dmabench_hist_record(&measured.histograms[phase], 400 * (phase + 1) + 16 * bucket);
    return make_row(point, measured, ClockCost{20, 1});
}

/// A finished run's journal, without the fsync() of each point.
struct Run {
    fs::path journal;
    Report report;
};

Run make_run(const fs::path& folder, std::uint64_t seed, std::size_t count) {
    Run run{folder / fmt::format("{}.journal.jsonl", seed), {}};
    std::ofstream out(run.journal);
    std::mt19937_64 random(seed);
    std::uint64_t at = 0;
    for (std::size_t index = 0; index < count; ++index) {
        const auto made = row(index, random);
        const std::string text = made.dump();
        const std::string line = "{\"row\":" + text + "}\n";
        run.report.rows.push_back({made.at("name"), 1000, {at + 7, text.size()}, {}});
        out << line;
        at += line.size();
    }
    run.report.context = {{"caches", nlohmann::json::array()}, {"platform", {{"kernel", "6.1"}}}};
    run.report.own = {{"schema", report_schema},
                      {"platform", "board"},
                      {"clock", {{"kind", "hardware"}}},
                      {"emulated", false}};
    return run;
}

class Folder {
  public:
    explicit Folder(std::size_t count)
        : path_(fs::temp_directory_path() / fmt::format("dmabench-speed-{}-{}", ::getpid(), count)), count_(count) {
        fs::create_directories(path_);
        for (const std::uint64_t seed : {1U, 2U})
            runs_.push_back(make_run(path_, seed, count));
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    [[nodiscard]] fs::path report(std::size_t which) const { return path_ / fmt::format("{}.json", which); }
    void write(std::size_t which) const {
        if (auto written = write_report(report(which), runs_[which].report, runs_[which].journal); !written)
            throw std::runtime_error(written.error().message);
    }

    [[nodiscard]] LoadedReport read(std::size_t which) const {
        auto loaded = load_report(report(which).string());
        if (!loaded || loaded->rows.size() != count_)
            throw std::runtime_error(loaded ? "rows are missing" : loaded.error().message);
        return std::move(*loaded);
    }

  private:
    fs::path path_;
    std::size_t count_;
    std::vector<Run> runs_;
};

/// CPU time in ms, the least of three.
template <typename Do>
double cpu_ms(Do work) {
    const auto now = [] {
        timespec time{};
        ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
        return 1e3 * static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_nsec);
    };
    double least = std::numeric_limits<double>::infinity();
    for (int i = 0; i < 3; ++i) {
        const double before = now();
        work();
        least = std::min(least, now() - before);
    }
    return least;
}

/// Against what a program does that keeps a report as a tree.
void print_ratios() {
    const std::size_t count = std::max<std::size_t>(points() / 20, 1);
    const Folder folder(count);
    const double write = cpu_ms([&] { folder.write(0); });
    const double read = cpu_ms([&] { benchmark::DoNotOptimize(folder.read(0)); });
    nlohmann::ordered_json tree;
    const double read_tree = cpu_ms([&] {
        std::ifstream in(folder.report(0));
        tree = nlohmann::ordered_json::parse(in);
    });
    const double write_tree = cpu_ms([&] {
        std::ofstream out(folder.report(1));
        out << tree.dump(1);
    });
    fmt::print(stderr, "reading {} points takes {:.1f} ms; as a tree {:.1f} ms: {:.1f} times as fast\n", count, read, read_tree,
               read_tree / read);
    fmt::print(stderr, "writing {} points takes {:.1f} ms; as a tree {:.1f} ms: {:.1f} times as fast\n", count, write, write_tree,
               write_tree / write);
}

void tell(benchmark::State& state, const fs::path& report) {
    state.counters["points"] = static_cast<double>(points());
    state.counters["report_MB"] = static_cast<double>(fs::file_size(report)) / 1e6;
    state.counters["peak_MB"] = peak_megabytes();
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    const Folder folder(points());
    const auto add = [](const char* name, auto run) {
        benchmark::RegisterBenchmark(name, run)
            ->Unit(benchmark::kMillisecond)
            ->UseRealTime()
            ->MeasureProcessCPUTime();
    };
    add("report/write", [&](benchmark::State& state) {
        for (auto _ : state)
            folder.write(0);
        tell(state, folder.report(0));
    });
    add("report/read", [&](benchmark::State& state) {
        folder.write(0);
        for (auto _ : state)
            benchmark::DoNotOptimize(folder.read(0));
        tell(state, folder.report(0));
    });
    add("report/write_and_read", [&](benchmark::State& state) {
        for (auto _ : state) {
            folder.write(0);
            benchmark::DoNotOptimize(folder.read(0));
        }
        tell(state, folder.report(0));
    });
    add("report/compare_two", [&](benchmark::State& state) {
        folder.write(0);
        folder.write(1);
        for (auto _ : state) {
            const LoadedReport base = folder.read(0);
            const LoadedReport candidate = folder.read(1);
            const auto compared = compare(base, candidate, {});
            if (!compared || compared->count(Verdict::regression) != 0)
                throw std::runtime_error("the comparison went wrong");
            benchmark::DoNotOptimize(show_text({*compared}, {}));
        }
        tell(state, folder.report(0));
    });
    benchmark::RunSpecifiedBenchmarks();
    print_ratios();
    return 0;
}
