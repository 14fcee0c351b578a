// SPDX-License-Identifier: GPL-2.0-only
#include "cli/run_plan.h"

#include <sched.h>

#include <numeric>
#include <random>
#include <unordered_set>

#include "base/files.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "report/row.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// Keeps this thread on the CPU it is on, so that neither caches nor per-CPU counters change under it.
void stay_on_this_cpu() {
    const int cpu = ::sched_getcpu();
    if (cpu < 0)
        return;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(cpu), &set);
    (void)::sched_setaffinity(0, sizeof set, &set);
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

}  // namespace

Result<json> run_plan(Session& session, const Plan& plan, RunFacts facts, const RunOptions& options) {
    catch_interrupts();
    stay_on_this_cpu();
    Counters counters(options.counters);
    facts.device = session.info();
    facts.counters = counters.available();
    facts.missing_counters = counters.unavailable();
    auto sampling = prepare_sampling(session, counters);
    if (!sampling)
        return tl::unexpected(sampling.error());
    facts.sampling = std::move(*sampling);

    JournalEntries entries;
    const json identity = run_identity(plan, facts);
    std::filesystem::path kept;
    auto journal = options.resume ? Journal::resume(options.report, identity, &entries)
                                  : Journal::begin(options.report, identity, plan.points.size(), &kept);
    if (!journal)
        return tl::unexpected(journal.error());
    std::unordered_set<std::string> done;
    for (const auto* list : {&entries.rows, &entries.skipped})
        for (const json& entry : *list)
            done.insert(entry.at("name"));

    {
        Progress progress(plan.points.size(), done.size(), options.quiet);
        if (!kept.empty())
            progress.say(fmt::format("note: the journal of an unfinished run is kept as {}", kept.string()));
        for (const std::size_t index : shuffled(plan.points.size(), facts.seed)) {
            if (interrupted())
                break;
            const auto& [point, statistics, scenario] = plan.points[index];
            const std::string name = point.name();
            if (done.contains(name))
                continue;
            progress.begin(name);
            auto measured = sample_point(session, counters, facts.sampling, point, statistics);
            session.teardown();
            Result<void> kept_safe;
            if (measured) {
                entries.rows.push_back(make_row(point, *measured, facts.sampling.clock));
                kept_safe = journal->append("row", entries.rows.back());
            } else if (measured.error().kind == Refusal::Kind::skipped) {
                entries.skipped.push_back(refused_entry(point, measured.error()));
                kept_safe = journal->append("skipped", entries.skipped.back());
            } else if (measured.error().kind == Refusal::Kind::interrupted) {
                break;
            } else {
                entries.errors.push_back(refused_entry(point, measured.error()));
                kept_safe = journal->append("error", entries.errors.back());
                progress.say(fmt::format("failed: {}: {}", name, measured.error().reason));
            }
            if (!kept_safe)
                return tl::unexpected(kept_safe.error());
            progress.finish();
        }
    }

    const std::size_t settled = entries.rows.size() + entries.skipped.size() + entries.errors.size();
    facts.interrupted = settled < plan.points.size();
    json report = make_report(plan, facts, std::move(entries));
    if (auto written = write_file_atomically(options.report, report.dump(1) + "\n"); !written)
        return tl::unexpected(Error{written.error().kind, fmt::format("{}; the points are safe in {}",
                                                                      written.error().message,
                                                                      journal->path().string())});
    // While there is something left to measure, the journal stays for --resume.
    if (!facts.interrupted && report["dmabench"]["errors"].empty())
        journal->remove();
    return report;
}

}  // namespace dmabench
