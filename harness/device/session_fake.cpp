// SPDX-License-Identifier: GPL-2.0-only
// The session with a cost model in place of a kernel. Its figures are made up, plausible in shape, and the same
// for the same seed; its clock goes on only when something is done.
#include <algorithm>
#include <cmath>
#include <memory>
#include <random>

#include "device/names.h"
#include "device/session.h"
#include "hist.h"
#include "plan/strategy.h"

namespace dmabench {
namespace {

constexpr double cpu_ns_per_ioctl = 150;
constexpr double stamp_ns = 20;
constexpr double loop_ns = 2;
constexpr std::uint64_t fake_address = 0x4000'0000;  ///< of all its memory

/// Nanoseconds of each phase when it happens; indexed by enum dmabench_phase.
using PhaseCosts = std::array<double, DMABENCH_NR_PHASES>;

/// Its sync phases happen when a sync is due, and not in each lap.
bool is_synced(const Point& point) {
    const Strategy* strategy = find_strategy(point.strategy);
    return strategy != nullptr && strategy->synced;
}

/// Its sync phases call dma_sync_*(), which a kernel may skip.
bool calls_sync(const Point& point) { return is_synced(point) && point.strategy != "copy"; }

/// What of the buffer's cache lines is dirty when a lap begins.
double dirty_share(const Point& point) {
    return point.cache_state == CacheState::dirty ? 1 : static_cast<double>(point.dirty) / 100;
}

/// What it takes to fetch the touched lines that are not in a cache when a lap begins.
double fetch_ns(const Point& point) {
    constexpr double per_line = 20;
    return point.cache_state == CacheState::cold
               ? std::ceil(static_cast<double>(point.touched_bytes()) / 64) * per_line
               : 0;
}

PhaseCosts costs_of(const Point& point, bool coherent_target) {
    PhaseCosts cost{};
    const auto bytes = static_cast<double>(point.size);
    const double lines = std::ceil(bytes / 64);
    const double synced =
        point.sync_bytes != 0 ? static_cast<double>(point.sync_bytes) : bytes - static_cast<double>(point.sync_offset);
    const double sync_lines = std::ceil(synced / 64);
    const double per_line = coherent_target ? 0 : 4.2;
    if (point.strategy == "coherent" || point.strategy == "write_combine" || point.strategy == "pool") {
        cost[DMABENCH_PHASE_MAP] = point.strategy == "pool" ? 60 : 900 + bytes / 16;
        cost[DMABENCH_PHASE_UNMAP] = point.strategy == "pool" ? 55 : 700;
        cost[DMABENCH_PHASE_SYNC_FOR_DEVICE] = 2;
        cost[DMABENCH_PHASE_SYNC_FOR_CPU] = 2;
    } else if (point.strategy == "copy") {
        cost[DMABENCH_PHASE_MAP] = 900 + bytes / 16;
        cost[DMABENCH_PHASE_UNMAP] = 700;
        cost[DMABENCH_PHASE_SYNC_FOR_DEVICE] = 2 + (point.direction != Direction::from_device ? synced / 8 : 0);
        cost[DMABENCH_PHASE_SYNC_FOR_CPU] = 2 + (point.direction != Direction::to_device ? synced / 8 : 0);
    } else if (point.strategy != "null") {
        const double pages = point.strategy == "streaming_sg" ? std::ceil(bytes / 4096) : 1;
        cost[DMABENCH_PHASE_MAP] = 40 * pages + lines * per_line;
        cost[DMABENCH_PHASE_UNMAP] = 35 * pages + lines * per_line;
        cost[DMABENCH_PHASE_SYNC_FOR_DEVICE] = 12 * pages + sync_lines * per_line;
        cost[DMABENCH_PHASE_SYNC_FOR_CPU] = 12 * pages + sync_lines * per_line;
        if (point.strategy == "streaming_recycle")
            cost[DMABENCH_PHASE_MAP] = cost[DMABENCH_PHASE_UNMAP] = 40;
        // What comes in a batch finds the allocators' caches warm, and what another CPU freed finds them cold.
        if (point.batch > 1)
            cost[DMABENCH_PHASE_MAP] *= 0.9;
        if (point.unmap_cpu == UnmapCpu::other)
            cost[DMABENCH_PHASE_UNMAP] *= 1.5;
        if (point.strategy == "noncontiguous" || point.strategy == "noncoherent")
            cost[DMABENCH_PHASE_MAP] = cost[DMABENCH_PHASE_UNMAP] = 800 + bytes / 16;
        // A dirty line has to be written back before the device may read it.
        cost[DMABENCH_PHASE_SYNC_FOR_DEVICE] += coherent_target ? 0 : sync_lines * dirty_share(point) * 3;
    }
    if (point.transfers())
        cost[DMABENCH_PHASE_TRANSFER] = 1500 + static_cast<double>(point.transferred_bytes()) / 2;
    // The sync that is left out on purpose.
    if (point.ownership == Ownership::no_sync_for_cpu)
        cost[DMABENCH_PHASE_SYNC_FOR_CPU] = 0;
    if (point.ownership == Ownership::no_sync_for_device)
        cost[DMABENCH_PHASE_SYNC_FOR_DEVICE] = 0;
    // Threads get into each other's way.
    for (const auto phase : {DMABENCH_PHASE_MAP, DMABENCH_PHASE_UNMAP})
        cost[phase] *= 1 + 0.2 * static_cast<double>(point.threads - 1);
    if (point.touch != Touch::none)
        cost[DMABENCH_PHASE_TOUCH] = static_cast<double>(point.touched_bytes()) / 8 * 3 + fetch_ns(point);
    return cost;
}

class FakeSession final : public Session {
  public:
    explicit FakeSession(const FakeOptions& options) : options_(options), random_(options.seed) {
        const std::uint32_t all = (1U << DMABENCH_NR_PHASES) - 1;
        const auto add = [&](std::uint32_t id, const char* name, std::uint32_t flags, std::uint32_t sources,
                             std::uint32_t modes) {
            info_.strategies.push_back({id, name, "cost model, no kernel function", flags,
                                        id == DMABENCH_NULL ? 0 : all, sources, modes});
        };
        const std::uint32_t page_modes =
            1U << DMABENCH_MMAP_CACHED | 1U << DMABENCH_MMAP_WRITECOMBINE | 1U << DMABENCH_MMAP_UNCACHED;
        const std::uint32_t streaming = DMABENCH_STRATEGY_DIRECTION | DMABENCH_STRATEGY_RANGED_SYNC;
        add(DMABENCH_NULL, "null", 0, 0, 0);
        add(DMABENCH_COHERENT, "coherent", DMABENCH_STRATEGY_BARRIER, 0, 1U << DMABENCH_MMAP_COHERENT);
        add(DMABENCH_WRITE_COMBINE, "write_combine", DMABENCH_STRATEGY_BARRIER, 0,
            1U << DMABENCH_MMAP_WRITECOMBINE);
        add(DMABENCH_POOL, "pool", DMABENCH_STRATEGY_BARRIER, 0, 0);
        add(DMABENCH_STREAMING_SINGLE, "streaming_single", streaming,
            1U << DMABENCH_SOURCE_KMALLOC | 1U << DMABENCH_SOURCE_PAGES | 1U << DMABENCH_SOURCE_SLAB,
            page_modes);
        add(DMABENCH_STREAMING_PAGE, "streaming_page", streaming, 1U << DMABENCH_SOURCE_PAGES, page_modes);
        add(DMABENCH_STREAMING_SG, "streaming_sg", DMABENCH_STRATEGY_DIRECTION,
            1U << DMABENCH_SOURCE_PAGES | 1U << DMABENCH_SOURCE_VMALLOC | 1U << DMABENCH_SOURCE_USER, 0);
        add(DMABENCH_NONCOHERENT, "noncoherent", streaming, 0, 0);
        add(DMABENCH_NONCONTIGUOUS, "noncontiguous", DMABENCH_STRATEGY_DIRECTION, 0, 0);
        add(DMABENCH_STREAMING_RECYCLE, "streaming_recycle", streaming, 1U << DMABENCH_SOURCE_PAGES, 0);
        add(DMABENCH_COPY, "copy", streaming, 0, 0);
        for (const bool coherent : {false, true}) {
            TargetInfo target;
            target.id = coherent ? 2 : 1;
            target.name = coherent ? "platform-coherent" : "platform-noncoherent";
            target.kind = "platform";
            target.coherent = coherent;
            target.dma_mask = target.coherent_mask = ~0ULL;
            target.max_mapping = ~0ULL;
            info_.targets.push_back(target);
        }
        TargetInfo engine = info_.targets.front();
        engine.id = 3;
        engine.name = "dmaengine:fake0";
        engine.kind = "dmaengine";
        engine.engine = "memcpy";
        engine.dma_mask = engine.coherent_mask = ~0U;
        engine.engine_mask_bits = 32;
        engine.max_transfer = ~0ULL;
        info_.targets.push_back(engine);
        info_.version = "fake";
        info_.abi_version = DMABENCH_ABI_VERSION;
        info_.max_size = DMABENCH_MAX_SIZE;
        info_.injected_slowdown_pct = 100 * options.slowdown;
    }

    const DeviceInfo& info() const override { return info_; }

    Result<ClockCost> clock() override {
        return ClockCost{stamp_ns, std::max<std::uint64_t>(options_.resolution_ns, 1)};
    }

    Outcome<BufferInfo> setup(const Point& point) override {
        teardown();
        const std::string name = point.name();
        if (gone_)
            return tl::unexpected(Refusal{Refusal::Kind::gone, "the target went away (scripted)"});
        if (name == options_.fail_point)
            return tl::unexpected(Refusal{Refusal::Kind::failed, "scripted failure"});
        if (name == options_.skip_point)
            return tl::unexpected(Refusal{Refusal::Kind::skipped, "scripted refusal"});
        const auto target =
            std::find_if(info_.targets.begin(), info_.targets.end(), [&](const TargetInfo& t) {
                return t.name == point.target || (t.kind == "dmaengine" && t.kind == point.target);
            });
        if (target == info_.targets.end())
            return tl::unexpected(Refusal{Refusal::Kind::skipped,
                                          fmt::format("there is no target '{}' here", point.target)});
        const bool coherent = target->coherent.value_or(true);
        if (point.transfers() && target->engine != engine_name(static_cast<std::uint32_t>(point.transfer)))
            return tl::unexpected(Refusal{Refusal::Kind::skipped, reason_text(DMABENCH_REASON_ENGINE)});
        // Its device memory is cached where the device snoops.
        if (point.cache_state != CacheState::as_is && !coherent && !is_synced(point))
            return refused(DMABENCH_REASON_UNCACHED);
        if (point.node != Node::any && point.node != Node{1})
            return refused(DMABENCH_REASON_NODE);
        const std::uint64_t mask = point.mask_bits == 0 || point.mask_bits > 63 ? ~0ULL : (1ULL << point.mask_bits) - 1;
        if (mask < 0xff'ffff)
            return refused(DMABENCH_REASON_DMA_MASK);
        if (mask < fake_address)
            return refused(DMABENCH_REASON_BEYOND_MASK);
        point_ = point;
        transfers_ = {};
        coherent_ = coherent;
        cost_ = costs_of(point, coherent_);
        for (double& cost : cost_)
            cost *= 1 + options_.slowdown;
        BufferInfo buffer{"identity", fake_address, fake_address, mask, 0, "", mask, std::nullopt};
        if (point.unmap_cpu == UnmapCpu::other)
            buffer.unmapped_on = 1;
        if (point.strategy.starts_with("streaming"))
            buffer.source = point.source == Source::by_strategy
                                ? "pages"
                                : source_name(static_cast<std::uint32_t>(point.source));
        if (calls_sync(point) && options_.skip_sync && coherent_)
            buffer.elided = 1U << DMABENCH_PHASE_SYNC_FOR_DEVICE | 1U << DMABENCH_PHASE_SYNC_FOR_CPU;
        ready_ = true;
        return buffer;
    }

    Result<std::unique_ptr<Session>> another() override { return std::make_unique<FakeSession>(options_); }
    std::vector<int> cpus() const override { return {0, 1, 2, 3}; }
    void stay_on(int) override {}

    Outcome<Batch> run(std::uint64_t laps) override { return run(laps, nullptr); }
    Outcome<Batch> run_stamped(std::uint64_t laps, PhaseHistograms& histograms) override {
        return run(laps, &histograms);
    }

    Outcome<UserMapping> map_user() override {
        if (!ready_)
            return tl::unexpected(Refusal{Refusal::Kind::failed, "nothing is set up"});
        // A mapping begins with a page, and so with a cache line; the widest vectors count on it.
        constexpr std::size_t line = 64;
        memory_.assign(point_.size + line, std::byte{0});
        void* aligned = memory_.data();
        std::size_t room = memory_.size();
        std::align(line, point_.size, aligned, room);
        const bool uncached = point_.cache_mode != CacheMode::cached && !coherent_;
        return UserMapping{{static_cast<std::byte*>(aligned), point_.size},
                           mmap_mode_name(static_cast<std::uint32_t>(point_.cache_mode)),
                           uncached ? "normal non-cacheable" : "write-back",
                           "write-back",
                           uncached ? 0x44U : 0xffU,
                           0xff};
    }

    Outcome<void> sync(SyncOp op, std::uint64_t, std::uint64_t) override {
        advance(cpu_ns_per_ioctl + cost_[op == SyncOp::for_cpu ? DMABENCH_PHASE_SYNC_FOR_CPU
                                                               : DMABENCH_PHASE_SYNC_FOR_DEVICE]);
        return {};
    }

    Outcome<void> prepare() override {
        if (!ready_)
            return tl::unexpected(Refusal{Refusal::Kind::failed, "nothing is set up"});
        advance(cpu_ns_per_ioctl + preparing_ns());
        return {};
    }

    Outcome<TransferCounts> transfers() override {
        if (!ready_ || !point_.transfers())
            return tl::unexpected(Refusal{Refusal::Kind::failed, "nothing is transferred"});
        return transfers_;
    }

    void teardown() override {
        ready_ = false;
        memory_.clear();
    }

    Result<std::vector<MemoryInfo>> memory(const TargetInfo&) override { return fake_memory(); }

    std::uint64_t now_ns() const override {
        const auto now = static_cast<std::uint64_t>(now_);
        return now - now % std::max<std::uint64_t>(options_.resolution_ns, 1);
    }
    std::uint64_t cpu_time_ns() const override { return now_ns(); }

    void accessed(const Point& point) override {
        const bool uncached = point.cache_mode != CacheMode::cached && !coherent_;
        const double per_access = point.access == Access::write && uncached ? 4 : uncached ? 50 : 2;
        const double width = point.width == Width::vector ? 32 : 8;
        advance(static_cast<double>(point.touched_bytes()) / width * per_access + fetch_ns(point));
    }

  private:
    static tl::unexpected<Refusal> refused(std::uint32_t reason) {
        return tl::unexpected(Refusal{Refusal::Kind::skipped, reason_text(reason), reason});
    }

    /// Before one lap: each line is flushed, read or stored to.
    [[nodiscard]] double preparing_ns() const {
        const double lines = std::ceil(static_cast<double>(point_.size) / 64);
        const bool flushed = point_.cache_state == CacheState::cold || point_.cache_state == CacheState::warm;
        return lines * (dirty_share(point_) + (flushed ? 4 : 0));
    }

    /// One more happening whose cost has the model's noise.
    void advance(double ns) {
        if (options_.noise > 0)
            ns *= std::max(0.1, std::normal_distribution<double>(1, options_.noise)(random_));
        now_ += ns;
    }

    [[nodiscard]] bool happens(std::uint32_t phase, std::uint64_t lap) const {
        switch (phase) {
            case DMABENCH_PHASE_MAP:
                return point_.map_every != 0 && lap % point_.map_every == 0;
            case DMABENCH_PHASE_UNMAP:
                return point_.map_every != 0 && lap % point_.map_every == point_.map_every - 1;
            case DMABENCH_PHASE_TOUCH:
                return point_.touch != Touch::none;
            case DMABENCH_PHASE_TRANSFER:
                return point_.transfers();
            case DMABENCH_PHASE_LAP:
                return false;
            default:
                if (cost_[phase] == 0)
                    return false;
                return point_.strategy != "null" &&
                       (!is_synced(point_) || (point_.sync_every != 0 && lap % point_.sync_every == 0));
        }
    }

    Outcome<Batch> run(std::uint64_t laps, PhaseHistograms* histograms) {
        if (!ready_)
            return tl::unexpected(Refusal{Refusal::Kind::failed, "nothing is set up"});
        ++runs_;
        if (options_.gone_after_runs != 0 && runs_ > options_.gone_after_runs) {
            gone_ = true;
            return tl::unexpected(Refusal{Refusal::Kind::gone, "the target went away (scripted)"});
        }
        if (laps != 0 && point_.name() == options_.wrong_data_point)
            return tl::unexpected(
                Refusal{Refusal::Kind::failed, reason_text(DMABENCH_REASON_DATA) + " (scripted)"});
        if (point_.transfers())
            (point_.ownership != Ownership::synced && options_.bounces ? transfers_.stale
                                                                       : transfers_.fresh) += laps;
        if (histograms != nullptr)
            *histograms = {};
        advance(cpu_ns_per_ioctl);
        const double before = now_;
        if (histograms == nullptr) {
            advance(mean_lap() * static_cast<double>(laps) * (runs_ == options_.preempted_run ? 100 : 1));
        } else {
            for (std::uint64_t lap = 0; lap < laps; ++lap)
                stamped_lap(lap, *histograms);
        }
        const Batch batch{laps, static_cast<std::uint64_t>(now_ - before)};
        // Dirtying, filling and checking take time that is no lap's.
        if (point_.transfers())
            advance(static_cast<double>(laps) * static_cast<double>(point_.transferred_bytes()));
        if (point_.prepared())
            advance(static_cast<double>(laps) * preparing_ns());
        return batch;
    }

    [[nodiscard]] double mean_lap() const {
        double lap = loop_ns;
        for (std::uint32_t phase = 0; phase < DMABENCH_NR_PHASES; ++phase) {
            double every = 1;
            if (phase == DMABENCH_PHASE_MAP || phase == DMABENCH_PHASE_UNMAP)
                every = static_cast<double>(point_.map_every);
            else if (phase != DMABENCH_PHASE_TOUCH && phase != DMABENCH_PHASE_TRANSFER && is_synced(point_))
                every = static_cast<double>(point_.sync_every);
            if (every > 0)
                lap += cost_[phase] / every;
        }
        return lap;
    }

    void stamped_lap(std::uint64_t lap, PhaseHistograms& histograms) {
        const double start = now_;
        for (std::uint32_t phase = 0; phase < DMABENCH_NR_PHASES; ++phase) {
            const bool elided = options_.skip_sync && coherent_ && calls_sync(point_) &&
                                (phase == DMABENCH_PHASE_SYNC_FOR_CPU || phase == DMABENCH_PHASE_SYNC_FOR_DEVICE);
            if (!happens(phase, lap) || elided)
                continue;
            const double from = now_;
            advance(cost_[phase] + stamp_ns + options_.bookkeeping_ns);
            dmabench_hist_record(&histograms[phase], static_cast<std::uint64_t>(now_ - from));
        }
        advance(loop_ns + stamp_ns);
        dmabench_hist_record(&histograms[DMABENCH_PHASE_LAP], static_cast<std::uint64_t>(now_ - start));
    }

    FakeOptions options_;
    std::mt19937_64 random_;
    DeviceInfo info_;
    Point point_;
    PhaseCosts cost_{};
    std::vector<std::byte> memory_;
    TransferCounts transfers_;
    bool ready_ = false;
    bool coherent_ = false;
    bool gone_ = false;
    std::uint64_t runs_ = 0;
    double now_ = 1'000'000'000;
};

}  // namespace

std::unique_ptr<Session> make_fake_session(const FakeOptions& options) {
    return std::make_unique<FakeSession>(options);
}

}  // namespace dmabench
