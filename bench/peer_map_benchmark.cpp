// SPDX-License-Identifier: GPL-2.0-only
// dmabench held against the kernel's own map_benchmark, in one guest, on one device and clock: both tools' figures for
// mapping and unmapping 4 KiB, beside what it costs by difference. scripts/bench-peers builds that module and runs this.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "base/unique_fd.h"
#include "difference.h"
#include "measure/sampler.h"

// Of the kernel's include/linux/map_benchmark.h, which no package installs.
struct map_benchmark {
    std::uint64_t avg_map_100ns, map_stddev, avg_unmap_100ns, unmap_stddev;
    std::uint32_t threads, seconds;
    std::int32_t node;
    std::uint32_t dma_bits, dma_dir, dma_trans_ns, granule;
    std::uint8_t expansion[76];
};
static_assert(sizeof(map_benchmark) == 136);
#define DMA_MAP_BENCHMARK _IOWR('d', 1, map_benchmark)

namespace {

using namespace dmabench;

constexpr std::uint64_t size = 4096;
constexpr std::uint64_t laps = 10'000;
constexpr std::uint32_t default_seconds = 20;  // map_benchmark's own tool, without -s
constexpr const char* debugfs_file = "/sys/kernel/debug/dma_map_benchmark";

struct Figures {
    double map_ns = 0, unmap_ns = 0, guest_seconds = 0;
    [[nodiscard]] double both_ns() const { return map_ns + unmap_ns; }
};

template <typename T>
using Maybe = tl::expected<T, std::string>;

double seconds_between(std::uint64_t from, std::uint64_t to) { return static_cast<double>(to - from) * 1e-9; }

std::string refused(const char* what, const Refusal& refusal) { return fmt::format("{}: {}", what, refusal.reason); }

/// A phase's mean, its stamps removed, as a report has it.
double phase_ns(const Measurement& measured, dmabench_phase phase) {
    const dmabench_hist& seen = measured.histograms[phase];
    return static_cast<double>(seen.sum_ns) / static_cast<double>(seen.count) - measured.stamp_ns;
}

/// What else dmabench knows of its figures.
struct Own {
    Figures figures;
    double lap_ns = 0;    ///< mean of the batches
    double stamp_ns = 0;  ///< taken off each phase
    double read_ns = 0;   ///< a reading of the clock among readings
};

/// All that `dmabench run` does for the point, what it does once per run included.
Maybe<Own> ours(Session& session, const Point& point) {
    const std::uint64_t before = session.now_ns();
    Counters counters({});
    auto context = prepare_sampling(session, counters);
    if (!context)
        return tl::unexpected(context.error().message);
    auto measured = sample_point(session, counters, *context, point, Statistics{});
    if (!measured)
        return tl::unexpected(refused("measuring", measured.error()));
    const Figures figures{phase_ns(*measured, DMABENCH_PHASE_MAP), phase_ns(*measured, DMABENCH_PHASE_UNMAP),
                          seconds_between(before, session.now_ns())};
    return Own{figures, median(measured->samples), measured->stamp_ns, context->clock.read_ns};
}

/// What mapping and unmapping costs by difference, without the lap loop.
Maybe<double> by_difference(Session& session, Point point) {
    double cost = 0;
    for (const bool null : {true, false}) {
        Point what = point;
        if (null) {
            what = Point{};
            what.strategy = "null";
            what.size = size;
            what.target = point.target;
        }
        if (auto ready = session.setup(what); !ready)
            return tl::unexpected(refused("setting up", ready.error()));
        const auto found = cost_by_difference(session, laps);
        if (!found)
            return tl::unexpected(refused("measuring", found.error()));
        cost = null ? -*found : cost + *found;
    }
    return cost;
}

bool write_text(const std::string& path, const std::string& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    return !file.fail();
}

/// Hands the PCI function from one driver to another.
Maybe<void> rebind(const std::string& address, const char* driver) {
    const std::string device = "/sys/bus/pci/devices/" + address;
    write_text(device + "/driver/unbind", address);
    if (!write_text(device + "/driver_override", driver) || !write_text("/sys/bus/pci/drivers_probe", address) ||
        !std::ifstream(device + "/driver/module/initstate"))
        return tl::unexpected(fmt::format("{} does not bind to {}", address, driver));
    return {};
}

Maybe<Figures> theirs(std::uint32_t seconds) {
    UniqueFd fd(::open(debugfs_file, O_RDWR | O_CLOEXEC));
    if (fd.get() < 0)
        return tl::unexpected(fmt::format("{}: {}", debugfs_file, std::strerror(errno)));
    map_benchmark run{};
    // The defaults of its own tool, but for the seconds.
    run.threads = 1;
    run.node = -1;
    run.dma_bits = 32;
    run.granule = 1;
    run.seconds = seconds;
    const auto before = std::chrono::steady_clock::now();
    if (::ioctl(fd.get(), DMA_MAP_BENCHMARK, &run) != 0)
        return tl::unexpected(fmt::format("map_benchmark: {}", std::strerror(errno)));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
    return Figures{static_cast<double>(run.avg_map_100ns) * 100, static_cast<double>(run.avg_unmap_100ns) * 100,
                   took.count()};
}

void print(const char* who, const Figures& figures, double reference) {
    fmt::print("{:<16}{:>12.2f}{:>12.2f}{:>12.2f}{:>12.2f} %{:>12.3f} s\n", who, figures.map_ns, figures.unmap_ns,
               figures.both_ns(), (figures.both_ns() / reference - 1) * 100, figures.guest_seconds);
}

Maybe<void> compare(std::uint32_t seconds) {
    Point point;
    point.strategy = "streaming_single";
    point.size = size;
    point.map_every = 1;
    Own own;
    double reference = 0;
    {
        auto session = open_ioctl_session();
        if (!session)
            return tl::unexpected(session.error().message);
        for (const TargetInfo& target : (*session)->info().targets)
            if (target.kind == "pci")
                point.target = target.name;
        if (point.target == "auto")
            return tl::unexpected(std::string("no PCI function is bound to dmabench here"));
        auto measured = ours(**session, point);
        if (!measured)
            return tl::unexpected(measured.error());
        own = *measured;
        auto cost = by_difference(**session, point);
        if (!cost)
            return tl::unexpected(cost.error());
        reference = *cost;
    }
    const std::string address = point.target.substr(point.target.find(':') + 1);
    if (auto done = rebind(address, "dma_map_benchmark"); !done)
        return done;
    const auto other = theirs(seconds);
    if (auto done = rebind(address, "dmabench"); !done)
        return done;
    if (!other)
        return tl::unexpected(other.error());
    fmt::print("{:<16}{:>12}{:>12}{:>12}{:>14}{:>14}\n", "ns for 4 KiB", "map", "unmap", "both", "off by", "guest time");
    fmt::print("{:<16}{:>36.2f}   (time of {} laps - time of {} laps) / {}, less the same of null\n", "by difference",
               reference, 2 * laps, laps, laps);
    print("dmabench", own.figures, reference);
    print("map_benchmark", *other, reference);
    fmt::print("\ndmabench: a lap takes {:.2f} ns in the mean, loop included; a stamp costs {:.2f} ns in place, {:.2f} ns among "
               "readings;\nwhat map_benchmark takes {} s for unless told otherwise took 1/{:.0f} of that.\n",
               own.lap_ns, own.stamp_ns, own.read_ns, default_seconds, default_seconds / own.figures.guest_seconds);
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    const int seconds = argc > 1 ? std::atoi(argv[1]) : static_cast<int>(default_seconds);
    if (argc > 2 || seconds < 1 || seconds > 300) {
        fmt::print(stderr, "usage: dmabench_peer_map_benchmark [SECONDS, 1 .. 300, that map_benchmark takes]\n");
        return static_cast<int>(ErrorKind::usage);
    }
    if (auto done = compare(static_cast<std::uint32_t>(seconds)); !done) {
        fmt::print(stderr, "dmabench_peer_map_benchmark: {}\n", done.error());
        return static_cast<int>(ErrorKind::failed);
    }
    return 0;
}
