// SPDX-License-Identifier: GPL-2.0-only
#include "measure/laps.h"

#include <algorithm>

#include "hist.h"
#include "measure/access.h"
#include "measure/thread_team.h"
#include "model_mark.h"

namespace dmabench {
namespace {

class KernelLaps final : public Laps {
  public:
    KernelLaps(Session& session, const ClockCost& clock) : session_(session), clock_(clock) {}
    Outcome<Batch> run(std::uint64_t laps) override { return session_.run(laps); }
    Outcome<Batch> run_stamped(std::uint64_t laps, PhaseHistograms& histograms) override {
        return session_.run_stamped(laps, histograms);
    }
    double stamp_ns() const override { return clock_.read_ns; }

  private:
    Session& session_;
    ClockCost clock_;
};

/// Laps of user space, marked for the model.
class Marked {
  public:
    Marked() { dmabench_mark_begin(); }
    Marked(const Marked&) = delete;
    Marked& operator=(const Marked&) = delete;
    ~Marked() { dmabench_mark_end(); }
};

/// A consumer in user space: sync for the CPU, access, sync for the device, each sync an ioctl.
class UserLaps final : public Laps {
  public:
    UserLaps(Session& session, const Point& point, UserMapping mapping)
        : session_(session), point_(point), mapping_(std::move(mapping)), access_(point, mapping_.bytes) {
        stamp_ns_ = measure_stamp();
    }

    Outcome<Batch> run(std::uint64_t laps) override {
        return point_.prepared() ? run<true>(laps) : run<false>(laps);
    }

    Outcome<Batch> run_stamped(std::uint64_t laps, PhaseHistograms& histograms) override {
        histograms = {};
        const Marked marked;
        const std::uint64_t start = session_.now_ns();
        std::uint64_t now = start;
        const auto stamp = [&](dmabench_phase phase) {
            const std::uint64_t before = now;
            now = session_.now_ns();
            dmabench_hist_record(&histograms[phase], now - before);
        };
        for (std::uint64_t lap = 0; lap < laps; ++lap) {
            const bool sync = sync_due(lap);
            if (point_.prepared()) {
                if (auto done = prepare(); !done)
                    return tl::unexpected(done.error());
            }
            now = session_.now_ns();
            const std::uint64_t lap_start = now;
            if (sync) {
                if (auto done = sync_for(SyncOp::for_cpu); !done)
                    return tl::unexpected(done.error());
                stamp(DMABENCH_PHASE_SYNC_FOR_CPU);
            }
            access_();
            session_.accessed(point_);
            stamp(DMABENCH_PHASE_TOUCH);
            if (sync) {
                if (auto done = sync_for(SyncOp::for_device); !done)
                    return tl::unexpected(done.error());
                stamp(DMABENCH_PHASE_SYNC_FOR_DEVICE);
            }
            dmabench_hist_record(&histograms[DMABENCH_PHASE_LAP], now - lap_start);
        }
        return Batch{laps, session_.now_ns() - start};
    }

    double stamp_ns() const override { return stamp_ns_; }
    const UserMapping* mapping() const override { return &mapping_; }
    const AccessKernel* kernel() const override { return &access_.kernel(); }
    std::uint64_t access_bytes() const override { return access_.bytes(); }

  private:
    /// Where caches are prepared before each lap, that is not timed: the clock is read around each lap then,
    /// less what a reading costs. Other laps know nothing of it, to the instruction.
    template <bool prepared>
    Outcome<Batch> run(std::uint64_t laps) {
        const Marked marked;
        std::uint64_t start = session_.now_ns();
        std::int64_t apart_ns = 0;
        for (std::uint64_t lap = 0; lap < laps; ++lap) {
            const bool sync = sync_due(lap);
            std::uint64_t before = 0;
            if constexpr (prepared) {
                if (auto done = prepare(); !done)
                    return tl::unexpected(done.error());
                before = session_.now_ns();
                start = session_.now_ns();
            }
            if (sync) {
                if (auto done = sync_for(SyncOp::for_cpu); !done)
                    return tl::unexpected(done.error());
            }
            access_();
            session_.accessed(point_);
            if (sync) {
                if (auto done = sync_for(SyncOp::for_device); !done)
                    return tl::unexpected(done.error());
            }
            if constexpr (prepared)
                apart_ns += static_cast<std::int64_t>(session_.now_ns() - start) -
                            static_cast<std::int64_t>(start - before);
        }
        if constexpr (prepared)
            return Batch{laps, static_cast<std::uint64_t>(std::max<std::int64_t>(apart_ns, 0))};
        return Batch{laps, session_.now_ns() - start};
    }

    Outcome<void> prepare() {
        dmabench_mark_aside();
        auto done = session_.prepare();
        dmabench_mark_back();
        return done;
    }

    [[nodiscard]] bool sync_due(std::uint64_t lap) const {
        return point_.sync_every != 0 && lap % point_.sync_every == 0;
    }

    Outcome<void> sync_for(SyncOp op) { return session_.sync(op, point_.sync_offset, point_.sync_bytes); }

    [[nodiscard]] double measure_stamp() const {
        constexpr int reads = 1000;
        const std::uint64_t start = session_.now_ns();
        std::uint64_t last = start;
        for (int i = 0; i < reads; ++i)
            last = session_.now_ns();
        return static_cast<double>(last - start) / reads;
    }

    Session& session_;
    Point point_;
    UserMapping mapping_;
    AccessLoop access_;
    double stamp_ns_ = 0;
};

}  // namespace

Outcome<std::unique_ptr<Laps>> make_laps(Session& session, Counters& counters, const Point& point,
                                         const ClockCost& clock) {
    if (point.threads > 1)
        return make_thread_team(session, counters, point, clock);
    if (!point.in_user_space())
        return std::make_unique<KernelLaps>(session, clock);
    auto mapping = session.map_user();
    if (!mapping)
        return tl::unexpected(mapping.error());
    return std::make_unique<UserLaps>(session, point, std::move(*mapping));
}

}  // namespace dmabench
