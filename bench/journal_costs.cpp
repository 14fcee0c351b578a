// SPDX-License-Identifier: GPL-2.0-only
// What the journal takes for each point, on the disk that the report is to be on ($TMPDIR here), and what of
// it is the disk's: the same without flushing.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <stdlib.h>

#include <filesystem>

#include "base/files.h"
#include "report/journal.h"

namespace dmabench {
namespace {

namespace fs = std::filesystem;
using json = nlohmann::ordered_json;

/// A folder of its own for each benchmark.
class Folder {
  public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "dmabench-journal-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] fs::path report() const { return path_ / "r.json"; }

  private:
    fs::path path_;
};

/// About as long as a row of a run.
json row(std::int64_t number) {
    json samples = json::array();
    for (int i = 0; i < 10; ++i)
        samples.push_back(1000.25 + i);
    json buckets = json::array();
    for (int i = 0; i < 40; ++i)
        buckets.push_back({64 * i, 64 * i + 64, 25});
    return {{"name", fmt::format("streaming_single/size:{}/sync_every:1/target:platform", number)},
            {"real_time", 1234.5},
            {"dmabench",
             {{"samples_ns", samples},
              {"histogram", {{"relative_error", 0.03}, {"laps", 1000}, {"buckets", buckets}}}}}};
}

void append(benchmark::State& state) {
    const Folder folder;
    auto journal = Journal::begin(folder.report(), {{"plan", "x"}}, 1);
    if (!journal)
        return state.SkipWithError(journal.error().message.c_str());
    std::int64_t number = 0;
    for (auto _ : state)
        if (auto safe = journal->append_row(row(++number)); !safe)
            return state.SkipWithError(safe.error().message.c_str());
    state.SetItemsProcessed(state.iterations());
    state.counters["bytes"] = static_cast<double>(row(1).dump().size());
}

void write_only(benchmark::State& state) {
    const Folder folder;
    const UniqueFd fd(::open(folder.report().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    std::int64_t number = 0;
    for (auto _ : state)
        if (!write_all(fd.get(), row(++number).dump() + "\n"))
            return state.SkipWithError("the disk is full");
    state.SetItemsProcessed(state.iterations());
}

void resume(benchmark::State& state) {
    const Folder folder;
    auto journal = Journal::begin(folder.report(), {{"plan", "x"}}, 1);
    std::string lines;
    for (std::int64_t i = 0; i < state.range(0); ++i)
        lines += json{{"row", row(i)}}.dump() + "\n";
    const UniqueFd fd(::open(journal->path().c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
    if (!write_all(fd.get(), lines))
        return state.SkipWithError("the disk is full");
    for (auto _ : state) {
        JournalEntries entries;
        auto again = Journal::resume(folder.report(), {{"plan", "x"}}, &entries, 1);
        if (!again || entries.rows.size() != static_cast<std::size_t>(state.range(0)))
            return state.SkipWithError("the journal does not come back as it was");
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

BENCHMARK(append)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(write_only)->Unit(benchmark::kMicrosecond)->UseRealTime();
BENCHMARK(resume)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace dmabench

BENCHMARK_MAIN();
