// SPDX-License-Identifier: GPL-2.0-only
#include "measure/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "counters/model_counters.h"
#include "measure/laps.h"

namespace dmabench {
namespace {

constexpr int overhead_calls = 21;
constexpr int null_batches = 7;
constexpr std::uint64_t null_laps = 10'000;

/// Laps after which map_every, sync_every and batches begin anew: a sample of any other length would hold a part too
/// many or too few of them. Capped, because two coprime periods can have an absurd common multiple.
std::uint64_t period_of(const Point& point) {
    const std::uint64_t map = std::max<std::uint64_t>(point.map_every, 1) * point.batch;
    const std::uint64_t sync = std::max<std::uint64_t>(point.sync_every, 1);
    constexpr std::uint64_t cap = 1'000'000;
    const std::uint64_t common = map > cap || sync > cap ? std::max(map, sync) : std::lcm(map, sync);
    return common > cap ? std::max(map, sync) : common;
}

std::uint64_t round_up(std::uint64_t laps, std::uint64_t period) { return (laps + period - 1) / period * period; }

/// Runs a batch with the counters and the CPU clock around it. What the window itself costs is the same for every
/// batch, so that a batch without laps tells how much to take off.
template <typename RunBatch>
Outcome<Batch> in_window(Session& session, Counters& counters, double& cpu_ns, std::vector<Count>& counts,
                         RunBatch run_batch) {
    const ModelWindow model;
    counters.start();
    const std::uint64_t before = session.cpu_time_ns();
    auto batch = run_batch();
    const std::uint64_t after = session.cpu_time_ns();
    counts = counters.stop();
    model.add_counts(counts);
    cpu_ns = static_cast<double>(after - before);
    return batch;
}

/// How finely the clock ticks, found from outside: after delays that grow by a few instructions, the steps between
/// two readings take only values that the clock can show, and the widest gap between neighbours among them is an
/// upper bound of its tick. (The least step itself only tells what a reading costs.) 0: it does not move by itself.
std::uint64_t clock_grain(const Session& session) {
    constexpr int delays = 256;
    constexpr int repeats = 16;
    std::vector<std::uint64_t> steps;
    for (int delay = 0; delay < delays; ++delay) {
        for (int repeat = 0; repeat < repeats; ++repeat) {
            const std::uint64_t before = session.now_ns();
            for (int spin = 0; spin < delay; ++spin)
                asm volatile("");
            steps.push_back(session.now_ns() - before);
        }
    }
    std::sort(steps.begin(), steps.end());
    // The upper tail is interrupts, not ticks.
    steps.resize(steps.size() * 3 / 4);
    std::uint64_t widest = 0;
    for (std::size_t i = 1; i < steps.size(); ++i)
        widest = std::max(widest, steps[i] - steps[i - 1]);
    return steps.back() == 0 ? 0 : std::max<std::uint64_t>(widest, 1);
}

class PointSampler {
  public:
    PointSampler(Session& session, Counters& counters, const SamplingContext& context, const Point& point,
                 const Statistics& statistics, TimeSpent& time)
        : session_(session),
          counters_(counters),
          context_(context),
          point_(point),
          statistics_(statistics),
          time_(time) {}

    Outcome<Measurement> measure() {
        const std::uint64_t start = session_.now_ns();
        auto ready = prepare();
        time_.setup += static_cast<double>(session_.now_ns() - start);
        if (!ready)
            return tl::unexpected(ready.error());
        if (const UserMapping* mapping = laps_->mapping())
            result_.mapping = *mapping;
        result_.access_bytes = laps_->access_bytes();
        result_.kernel = laps_->kernel();
        result_.stamp_ns = laps_->stamp_ns();
        if (auto done = calibrate(); !done)
            return tl::unexpected(done.error());
        if (auto done = warm_up(); !done)
            return tl::unexpected(done.error());
        if (auto done = sample(); !done)
            return tl::unexpected(done.error());
        if (auto done = stamp(); !done)
            return tl::unexpected(done.error());
        if (point_.transfers()) {
            auto transfers = session_.transfers();
            if (!transfers)
                return tl::unexpected(transfers.error());
            result_.transfers = *transfers;
        }
        return std::move(result_);
    }

  private:
    Outcome<void> prepare() {
        auto buffer = session_.setup(point_);
        if (!buffer)
            return tl::unexpected(buffer.error());
        result_.buffer = *buffer;
        auto laps = make_laps(session_, counters_, point_, context_.clock);
        if (!laps)
            return tl::unexpected(laps.error());
        laps_ = std::move(*laps);
        return {};
    }

    [[nodiscard]] double spent_share() const {
        return spent_ns_ / static_cast<double>(statistics_.budget.count());
    }

    /// A batch whose laps count as spent on `what`.
    Outcome<Batch> batch(std::uint64_t laps, double& what) {
        const std::uint64_t before = session_.now_ns();
        auto batch = laps_->run(laps);
        if (!batch)
            return batch;
        what += static_cast<double>(batch->total_ns);
        const double took = static_cast<double>(point_.timed_apart() ? session_.now_ns() - before : batch->total_ns);
        if (point_.timed_apart())
            time_.dirtying += took - static_cast<double>(batch->total_ns);
        spent_ns_ += took;
        if (laps != 0)
            spent_per_lap_ns_ = took / static_cast<double>(laps);
        return batch;
    }

    /// The most laps that a sample may have, so that the budget still holds a good many samples.
    [[nodiscard]] double affordable_laps() const {
        constexpr double samples = 20;
        if (!point_.timed_apart())
            return static_cast<double>(DMABENCH_MAX_LAPS);
        return static_cast<double>(statistics_.budget.count()) / samples / std::max(spent_per_lap_ns_, 1.0);
    }

    /// Finds how many laps a sample takes. Grows at most tenfold a step, because the first laps are the dearest.
    Outcome<void> calibrate() {
        const auto wanted = static_cast<double>(statistics_.sample_time.count());
        result_.laps_per_sample = period_of(point_);
        for (;;) {
            auto first = batch(result_.laps_per_sample, time_.calibration);
            if (!first)
                return tl::unexpected(first.error());
            least_ns_ = static_cast<double>(first->total_ns);
            if (least_ns_ >= wanted || spent_share() >= 1 || !lengthen())
                return {};
        }
    }

    /// Gives samples as many laps as would have reached the aim in the shortest batch seen. False: no more can be had.
    bool lengthen() {
        const std::uint64_t period = period_of(point_);
        const auto wanted = static_cast<double>(statistics_.sample_time.count());
        const auto laps = static_cast<double>(result_.laps_per_sample);
        // aim a little high, so that the aim is reached and not just missed
        const double aim = least_ns_ > 0 ? std::min(1.02 * wanted / least_ns_, 10.0) : 10.0;
        const double grow = std::min(aim, affordable_laps() / laps);
        const std::uint64_t next = std::min<std::uint64_t>(
            round_up(static_cast<std::uint64_t>(std::ceil(laps * grow)), period), DMABENCH_MAX_LAPS / period * period);
        if (next <= result_.laps_per_sample)
            return false;
        result_.laps_per_sample = next;
        return true;
    }

    /// Samples that are thrown away. The batch that ended the calibration may have been long only because something else
    /// ran meanwhile, and then all samples would be too short: the shortest of several decides.
    Outcome<void> warm_up() {
        constexpr double long_enough = 0.9;
        const auto wanted = static_cast<double>(statistics_.sample_time.count());
        int corrections = 3;
        std::uint32_t seen = 0;
        while (seen < std::max<std::uint32_t>(statistics_.discard, 1) && spent_share() < 0.5) {
            auto run = batch(result_.laps_per_sample, time_.warm_up);
            if (!run)
                return tl::unexpected(run.error());
            ++seen;
            least_ns_ = std::min(least_ns_, static_cast<double>(run->total_ns));
            if (least_ns_ < long_enough * wanted && corrections > 0 && lengthen()) {
                --corrections;
                seen = 0;
                least_ns_ = std::numeric_limits<double>::infinity();
            }
        }
        result_.discarded = std::min<std::uint32_t>(seen, statistics_.discard);
        return {};
    }

    Outcome<void> sample() {
        CountTotals totals;
        while (true) {
            double cpu_ns = 0;
            std::vector<std::vector<Count>> counts(1);
            // CPU time and counters cannot be stopped for what is done between laps, and the other CPUs' are not ours.
            // A model's can.
            const ModelWindow model;
            auto run = point_.timed_apart() || point_.threads > 1
                           ? batch(result_.laps_per_sample, time_.samples)
                           : in_window(session_, counters_, cpu_ns, counts.front(),
                                       [&] { return batch(result_.laps_per_sample, time_.samples); });
            if (!run)
                return tl::unexpected(run.error());
            if (const Window* all = laps_->window(); all != nullptr && !point_.timed_apart()) {
                cpu_ns = all->cpu_ns / static_cast<double>(point_.threads);
                counts = all->counts;
            }
            const auto laps = static_cast<double>(run->laps);
            result_.samples.push_back(static_cast<double>(run->total_ns) / laps);
            if (!point_.in_user_space())
                cpu_ns -= context_.idle_cpu_ns;
            if (!point_.timed_apart())
                result_.cpu_samples.push_back(cpu_ns / laps);
            else
                model.add_counts(counts.front());
            for (const std::vector<Count>& thread : counts)
                totals.add(thread);
            if (enough())
                break;
        }
        // User-space laps have no call around them whose own counts would have to be taken off.
        static const std::vector<Count> nothing;
        result_.counts = totals.per_lap(result_.laps_per_sample, point_.in_user_space() ? nothing : context_.idle_counts);
        return {};
    }

    /// Decides whether the median is known well enough, and says why sampling ends.
    bool enough() {
        const std::size_t n = result_.samples.size();
        if (n >= statistics_.samples || spent_share() >= 1) {
            result_.interval = median_interval(result_.samples);
            if (result_.interval) {
                const double middle = median(result_.samples);
                result_.ci_relative = (result_.interval->high - result_.interval->low) / 2 / middle;
                if (result_.ci_relative <= statistics_.ci) {
                    result_.stop = StopReason::ci;
                    return true;
                }
            }
        }
        if (spent_share() >= 1) {
            result_.stop = StopReason::budget;
            return true;
        }
        result_.stop = StopReason::samples;
        return n >= statistics_.max_samples;
    }

    Outcome<void> stamp() {
        if (statistics_.histogram_laps == 0)
            return {};
        // At most a quarter of the budget, and always whole periods.
        const double lap_ns = std::max(point_.timed_apart() ? spent_per_lap_ns_ : median(result_.samples), 1.0);
        const double affordable = static_cast<double>(statistics_.budget.count()) / 4 / lap_ns;
        const std::uint64_t period = period_of(point_);
        const auto fitting = static_cast<std::uint64_t>(
            std::clamp(affordable, 1.0, static_cast<double>(statistics_.histogram_laps)));
        auto stamped = laps_->run_stamped(round_up(fitting, period), result_.histograms);
        if (!stamped)
            return tl::unexpected(stamped.error());
        result_.stamped_laps = stamped->laps;
        time_.stamped += static_cast<double>(stamped->total_ns);
        if (!point_.in_user_space() && !point_.timed_apart() && point_.batch == 1)
            measure_stamp_in_place();
        return {};
    }

    /// The phases of the batches' laps take what their mean does, less the loop. Stamped, they take more by their stamps
    /// only, and that tells what a stamp costs right here, bookkeeping and all. A difference that no stamp makes is noise:
    /// then what a reading of the clock costs elsewhere is the better guess.
    void measure_stamp_in_place() {
        double stamped_ns = 0;
        double stamps = 0;
        for (std::uint32_t phase = 0; phase < DMABENCH_PHASE_LAP; ++phase) {
            stamped_ns += static_cast<double>(result_.histograms[phase].sum_ns);
            stamps += static_cast<double>(result_.histograms[phase].count);
        }
        const double phases_ns = median(result_.samples) - context_.null_lap_ns;
        const double stamp_ns = (stamped_ns - phases_ns * static_cast<double>(result_.stamped_laps)) / stamps;
        if (stamp_ns > 0.5 * result_.stamp_ns && stamp_ns < 2 * result_.stamp_ns)
            result_.stamp_ns = stamp_ns;
    }

    Session& session_;
    Counters& counters_;
    const SamplingContext& context_;
    const Point& point_;
    const Statistics& statistics_;
    TimeSpent& time_;
    std::unique_ptr<Laps> laps_;
    Measurement result_;
    double spent_ns_ = 0;
    double spent_per_lap_ns_ = 0;
    double least_ns_ = 0;  ///< of the batches of the length at hand
};

}  // namespace

Result<ClockCost> measure_clock(Session& session) {
    auto clock = session.clock();
    if (!clock)
        return clock;
    // The module can only tell the least step it saw, which is what a reading costs when that is more than a tick.
    if (const std::uint64_t grain = clock_grain(session); grain != 0)
        clock->resolution_ns = std::min(grain, std::max<std::uint64_t>(clock->resolution_ns, 1));
    return clock;
}

Result<SamplingContext> prepare_sampling(Session& session, Counters& counters) {
    SamplingContext context;
    auto clock = measure_clock(session);
    if (!clock)
        return tl::unexpected(clock.error());
    context.clock = *clock;
    Point null_point;
    null_point.strategy = "null";
    null_point.size = 64;
    if (session.info().targets.empty())
        return fail(ErrorKind::not_possible, "the module has no target to map for");
    null_point.target = session.info().targets.front().name;
    if (auto ready = session.setup(null_point); !ready)
        return fail(ErrorKind::failed, "measuring the cost of a call: {}", ready.error().reason);
    std::vector<double> times;
    std::vector<double> cpu_times;
    std::map<std::string, std::vector<double>> counts_by_event;
    for (int call = 0; call < overhead_calls; ++call) {
        const std::uint64_t before = session.now_ns();
        auto done = session.run(0);
        times.push_back(static_cast<double>(session.now_ns() - before));
        double cpu_ns = 0;
        std::vector<Count> counts;
        if (done)
            done = in_window(session, counters, cpu_ns, counts, [&] { return session.run(0); });
        if (!done)
            return fail(ErrorKind::failed, "measuring the cost of a call: {}", done.error().reason);
        cpu_times.push_back(cpu_ns);
        for (const Count& count : counts)
            counts_by_event[count.event].push_back(count.value);
    }
    std::vector<double> loops;
    for (int batch = 0; batch < null_batches; ++batch) {
        const auto done = session.run(null_laps);
        if (!done)
            return fail(ErrorKind::failed, "measuring the cost of the lap loop: {}", done.error().reason);
        loops.push_back(static_cast<double>(done->total_ns) / static_cast<double>(done->laps));
    }
    context.null_lap_ns = median(loops);
    context.ioctl_ns = median(times);
    context.idle_cpu_ns = median(cpu_times);
    for (const auto& [event, values] : counts_by_event)
        context.idle_counts.push_back({event, "", median(values)});
    session.teardown();
    return context;
}

Outcome<Measurement> sample_point(Session& session, Counters& counters, const SamplingContext& context,
                                  const Point& point, const Statistics& statistics, TimeSpent* spent) {
    TimeSpent unasked;
    return PointSampler(session, counters, context, point, statistics, spent != nullptr ? *spent : unasked)
        .measure();
}

}  // namespace dmabench
