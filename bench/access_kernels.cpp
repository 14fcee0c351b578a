// SPDX-License-Identifier: GPL-2.0-only
// The user-space access loops as Google Benchmark benchmarks: each access, pattern and width that this CPU has, for
// each cache mode that the module can map. Without the module (--on=fake) on ordinary memory, as mode "cached".
#include <benchmark/benchmark.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string>

#include "device/names.h"
#include "device/session.h"
#include "measure/access.h"
#include "plan/plan.h"
#include "plan/strategy.h"

namespace {

using namespace dmabench;

constexpr std::array<const char*, 4> access_names = {"none", "read", "write", "copy"};
constexpr std::array<const char*, 3> pattern_names = {"sequential", "strided", "random"};

void run_loop(benchmark::State& state, Session& session, const Point& point, const AccessKernel& kernel) {
    auto buffer = session.setup(point);
    if (!buffer) {
        state.SkipWithError(buffer.error().reason.c_str());
        return;
    }
    auto mapping = session.map_user();
    if (!mapping) {
        state.SkipWithError(mapping.error().reason.c_str());
        return;
    }
    AccessLoop loop(point, mapping->bytes, kernel);
    for (auto _ : state)
        loop();
    state.SetBytesProcessed(static_cast<std::int64_t>(loop.bytes()) * state.iterations());
    // What the page tables say, and not only what was asked for.
    state.SetLabel("user " + mapping->user_type + ", kernel " + mapping->kernel_type);
    session.teardown();
}

/// The first target as points name it.
std::string first_target(const Session& session) {
    std::vector<std::string> targets;
    for (const TargetInfo& target : session.info().targets)
        targets.push_back(target.name);
    return targets.empty() ? "auto" : targets.front();
}

void register_all(Session& session, bool fake) {
    for (const CacheMode mode :
         {CacheMode::cached, CacheMode::writecombine, CacheMode::uncached, CacheMode::coherent}) {
        if (fake && mode != CacheMode::cached)
            continue;
        for (const Access access : {Access::read, Access::write, Access::copy})
            for (const Pattern pattern : {Pattern::sequential, Pattern::strided, Pattern::random})
                for (const AccessKernel& kernel : access_kernels()) {
                    Point point;
                    point.strategy = mode == CacheMode::coherent ? "coherent" : "streaming_page";
                    point.target = first_target(session);
                    point.size = 64 << 10;
                    point.cache_mode = mode;
                    point.access = access;
                    point.pattern = pattern;
                    const std::string name = fmt::format(
                        "access:{}/cache_mode:{}/pattern:{}/size:{}/width:{}",
                        access_names.at(static_cast<std::size_t>(access)),
                        mmap_mode_name(static_cast<std::uint32_t>(mode)),
                        pattern_names.at(static_cast<std::size_t>(pattern)), point.size, kernel.name);
                    benchmark::RegisterBenchmark(name.c_str(), [&session, point, &kernel](benchmark::State& state) {
                        run_loop(state, session, point, kernel);
                    });
                }
    }
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    bool fake = false;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word != "--on=fake" && word != "--on=host") {
            std::fprintf(stderr, "usage: dmabench_access [--on=host|fake] [--benchmark_* flags]\n");
            return static_cast<int>(ErrorKind::usage);
        }
        fake = word == "--on=fake";
    }
    Result<std::unique_ptr<Session>> session = fake ? make_fake_session() : open_ioctl_session();
    if (!session) {
        std::fprintf(stderr, "dmabench_access: %s\n", session.error().message.c_str());
        return static_cast<int>(session.error().kind);
    }
    register_all(**session, fake);
    if (benchmark::RunSpecifiedBenchmarks() == 0) {
        std::fprintf(stderr, "dmabench_access: --benchmark_filter matches none of the loops\n");
        return static_cast<int>(ErrorKind::usage);
    }
    benchmark::Shutdown();
    return 0;
}
