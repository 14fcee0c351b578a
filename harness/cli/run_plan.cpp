// SPDX-License-Identifier: GPL-2.0-only
#include "cli/run_plan.h"

#include <sched.h>

#include <numeric>
#include <optional>
#include <random>
#include <unordered_set>

#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/trace_pass.h"
#include "counters/model_counters.h"
#include "measure/canary.h"
#include "report/metrics.h"
#include "report/row.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// Keeps this thread on the CPU it is on, so that neither caches nor per-CPU counters change under it.
void stay_on_this_cpu(Session& session) {
    if (const int cpu = ::sched_getcpu(); cpu >= 0)
        session.stay_on(cpu);
}

/// Fisher and Yates, written out because std::shuffle may differ between libraries and an order has to be repeatable.
std::vector<std::size_t> shuffled(std::size_t count, std::uint64_t seed) {
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::mt19937_64 random(seed);
    for (std::size_t i = count; i > 1; --i)
        std::swap(order[i - 1], order[random() % i]);
    return order;
}

json refused_entry(const Point& point, const Refusal& refusal) {
    return {{"name", point.name()}, {"reason", refusal.reason}, {"params", point.params()}};
}

/// Adds the time that a scope takes, by the session's clock.
class Timed {
  public:
    Timed(const Session& session, double& ns) : session_(session), ns_(ns), start_(session.now_ns()) {}
    ~Timed() { ns_ += static_cast<double>(session_.now_ns() - start_); }
    Timed(const Timed&) = delete;
    Timed& operator=(const Timed&) = delete;

  private:
    const Session& session_;
    double& ns_;
    std::uint64_t start_;
};

/// One pass over the plan: blocks of points in the seed's order, canaries between them.
class PlanRun {
  public:
    PlanRun(Session& session, Counters& counters, const Plan& plan, RunFacts& facts, const RunOptions& options,
            Journal& journal, JournalEntries& entries)
        : session_(session),
          counters_(counters),
          metrics_(options.counters.metrics),
          plan_(plan),
          facts_(facts),
          journal_(journal),
          entries_(entries),
          canaries_(facts.device) {
        for (const StoredRow& row : entries.rows)
            done_.insert(row.name);
        for (const json& entry : entries.skipped)
            done_.insert(entry.at("name"));
        progress_.emplace(plan.points.size(), done_.size(), options.quiet);
    }

    [[nodiscard]] Progress& progress() { return *progress_; }

    Result<void> run() {
        const Timed timed(session_, facts_.time.total);
        const std::vector<std::size_t> order = shuffled(plan_.points.size(), facts_.seed);
        std::size_t in_block = 0;
        std::size_t block = 0;
        for (std::size_t place = 0; place < order.size(); ++place) {
            const PlannedPoint& planned = plan_.points[order[place]];
            if (interrupted())
                return {};
            if (done_.contains(planned.point.name()))
                continue;
            // Blocks are places in the order, so that a resumed run has the same ones.
            if (in_block == 0 || place / block_points != block) {
                block = place / block_points;
                in_block = 0;
                if (auto read = read_canaries(block); !read || stopped_)
                    return read;
            }
            ++in_block;
            if (auto measured = measure(planned); !measured || stopped_)
                return measured;
        }
        // The last block, too, lies between two readings.
        return in_block != 0 ? read_canaries(block + 1) : Result<void>{};
    }

  private:
    Result<void> read_canaries(std::size_t block) {
        auto readings = canaries_.measure(session_, facts_.sampling, facts_.time);
        if (!readings) {
            // A target that went away is told of by the points that were to be measured on it.
            stopped_ = readings.error().kind == Refusal::Kind::interrupted;
            return {};
        }
        const Timed timed(session_, facts_.time.report);
        for (const CanaryReading& reading : *readings) {
            entries_.canaries.push_back(
                {{"block", block}, {"name", reading.name}, {"real_time", reading.real_time}});
            if (auto safe = journal_.append("canary", entries_.canaries.back()); !safe)
                return safe;
        }
        return {};
    }

    Result<void> measure(const PlannedPoint& planned) {
        const Point& point = planned.point;
        const std::string name = point.name();
        progress_->begin(name);
        auto measured = sample_point(session_, counters_, facts_.sampling, point, planned.statistics, &facts_.time);
        {
            const Timed timed(session_, facts_.time.teardown);
            session_.teardown();
        }
        Result<void> safe;
        {
            const Timed timed(session_, facts_.time.report);
            if (measured) {
                json row = make_row(point, *measured, facts_.sampling.clock);
                row["dmabench"]["scenario"] = plan_.scenarios[planned.scenario].name;
                add_metrics(row, metrics_);
                if (auto stored = journal_.append_row(row); stored)
                    entries_.rows.push_back(std::move(*stored));
                else
                    safe = tl::unexpected(stored.error());
            } else if (measured.error().kind == Refusal::Kind::skipped) {
                entries_.skipped.push_back(refused_entry(point, measured.error()));
                safe = journal_.append("skipped", entries_.skipped.back());
            } else if (measured.error().kind == Refusal::Kind::interrupted) {
                stopped_ = true;
                return {};
            } else {
                entries_.errors.push_back(refused_entry(point, measured.error()));
                safe = journal_.append("error", entries_.errors.back());
                progress_->say(fmt::format("failed: {}: {}", name, measured.error().reason));
            }
        }
        progress_->finish();
        return safe;
    }

    Session& session_;
    Counters& counters_;
    const std::vector<Metric>& metrics_;
    const Plan& plan_;
    RunFacts& facts_;
    Journal& journal_;
    JournalEntries& entries_;
    Canaries canaries_;
    std::unordered_set<std::string> done_;
    std::optional<Progress> progress_;
    bool stopped_ = false;
};

}  // namespace

Result<Report> run_plan(Session& session, const Plan& plan, RunFacts facts, const RunOptions& options) {
    catch_interrupts();
    stay_on_this_cpu(session);
    Counters counters(options.counters.timed());
    facts.device = session.info();
    facts.counters = counters.available();
    for (std::string& event : model_events())
        facts.counters.push_back(std::move(event));
    facts.missing_counters = counters.unavailable();
    facts.counter_sets = options.counters.sets;
    // They are looked up only: to open one is to enable it.
    const std::vector<CounterEvent> traced = options.counters.traced();
    for (const CounterEvent& event : traced)
        if (const auto found = encode_event(event.event))
            facts.counters.push_back(event.event);
    auto sampling = prepare_sampling(session, counters);
    if (!sampling)
        return tl::unexpected(sampling.error());
    facts.sampling = std::move(*sampling);

    JournalEntries entries;
    const json identity = run_identity(plan, facts);
    std::filesystem::path kept;
    auto journal = options.resume ? Journal::resume(options.report, identity, &entries, plan.points.size())
                                  : Journal::begin(options.report, identity, plan.points.size(), &kept);
    if (!journal)
        return tl::unexpected(journal.error());
    {
        PlanRun sweep(session, counters, plan, facts, options, *journal, entries);
        if (!kept.empty())
            sweep.progress().say(
                fmt::format("note: the journal of an unfinished run is kept as {}", kept.string()));
        if (auto done = sweep.run(); !done)
            return tl::unexpected(done.error());
    }

    const std::size_t settled = entries.rows.size() + entries.skipped.size() + entries.errors.size();
    facts.interrupted = settled < plan.points.size();
    if (!traced.empty()) {
        const auto complete = trace_pass(session, plan, options.counters, facts, entries, *journal, options.quiet);
        if (!complete)
            return tl::unexpected(complete.error());
        facts.interrupted |= !*complete;
    }
    Report report = make_report(plan, facts, std::move(entries));
    if (auto written = write_report(options.report, report, journal->path()); !written)
        return tl::unexpected(Error{written.error().kind, fmt::format("{}; the points are safe in {}",
                                                                      written.error().message,
                                                                      journal->path().string())});
    // While there is something left to measure, the journal stays for --resume.
    if (!facts.interrupted && report.own["errors"].empty())
        journal->remove();
    return report;
}

}  // namespace dmabench
