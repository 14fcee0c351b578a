// SPDX-License-Identifier: GPL-2.0-only
#include "measure/thread_team.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <thread>

#include "base/text.h"

namespace dmabench {
namespace {

/// What two threads write does not share a cache line (nor a pair of them, which some CPUs fetch together).
constexpr std::size_t apart = 128;

void relax() {
#if defined(__x86_64__)
    asm volatile("pause");
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

/// What to do next.
struct Job {
    std::uint64_t number = 0;  ///< grows with each job
    std::uint64_t laps = 0;
    bool stamped = false;
    bool over = false;
};

/// One thread's own state.
struct alignas(apart) Member {
    Session* session = nullptr;
    Counters* counters = nullptr;
    Outcome<Batch> batch;
    double cpu_ns = 0;
    std::vector<Count> counts;
    PhaseHistograms histograms{};

    // what all but the caller have of their own
    std::unique_ptr<Session> own_session;
    std::unique_ptr<Counters> own_counters;
    std::thread thread;
    std::optional<Refusal> refusal;
};

void add(dmabench_hist& sum, const dmabench_hist& one) {
    if (one.count == 0)
        return;
    sum.min_ns = sum.count == 0 ? one.min_ns : std::min<std::uint64_t>(sum.min_ns, one.min_ns);
    sum.max_ns = std::max<std::uint64_t>(sum.max_ns, one.max_ns);
    sum.count += one.count;
    sum.sum_ns += one.sum_ns;
    for (std::uint32_t i = 0; i < DMABENCH_HIST_BUCKETS; ++i)
        sum.bucket[i] += one.bucket[i];
}

class ThreadTeam final : public Laps {
  public:
    ThreadTeam(Session& session, Counters& counters, const Point& point, const ClockCost& clock)
        : point_(point), clock_(clock), members_(point.threads) {
        members_.front().session = &session;
        members_.front().counters = &counters;
    }

    ~ThreadTeam() override {
        over_.store(true, std::memory_order_release);
        begin({0, 0, false, true});
        for (Member& member : members_)
            if (member.thread.joinable())
                member.thread.join();
    }

    /// Starts all threads but the caller's; each sets its buffer up on its own CPU.
    Outcome<void> start() {
        Session& first = *members_.front().session;
        const int here = ::sched_getcpu();
        std::vector<int> cpus = first.cpus();
        if (cpus.size() < members_.size())
            return tl::unexpected(Refusal{
                Refusal::Kind::skipped,
                fmt::format("{} threads need a CPU each, and {} are online", members_.size(), cpus.size())});
        // The caller has one already.
        if (const auto own = std::find(cpus.begin(), cpus.end(), here); own != cpus.end())
            cpus.erase(own);
        for (std::size_t i = 1; i < members_.size(); ++i) {
            auto session = first.another();
            if (!session)
                return tl::unexpected(Refusal{Refusal::Kind::failed, session.error().message});
            Member& member = members_[i];
            member.own_session = std::move(*session);
            member.session = member.own_session.get();
            member.thread = std::thread([this, &member, cpu = cpus[i - 1]] { live(member, cpu); });
        }
        // Their answers to job 0, which is to get ready.
        arrive_and_wait(0);
        for (const Member& member : members_)
            if (member.refusal)
                return tl::unexpected(*member.refusal);
        return {};
    }

    Outcome<Batch> run(std::uint64_t laps) override {
        if (auto done = all({++number_, laps, false, false}); !done)
            return tl::unexpected(done.error());
        window_ = {};
        std::uint64_t total_ns = 0;
        for (const Member& member : members_) {
            total_ns += member.batch->total_ns;
            window_.cpu_ns += member.cpu_ns;
            window_.counts.push_back(member.counts);
        }
        return Batch{laps, total_ns / members_.size()};
    }

    Outcome<Batch> run_stamped(std::uint64_t laps, PhaseHistograms& histograms) override {
        if (auto done = all({++number_, laps, true, false}); !done)
            return tl::unexpected(done.error());
        histograms = {};
        Batch sum;
        for (const Member& member : members_) {
            sum.laps += member.batch->laps;
            sum.total_ns += member.batch->total_ns;
            for (std::uint32_t phase = 0; phase < DMABENCH_NR_PHASES; ++phase)
                add(histograms[phase], member.histograms[phase]);
        }
        return sum;
    }

    double stamp_ns() const override { return clock_.read_ns; }
    const Window* window() const override { return &window_; }

  private:
    /// The life of a thread that is not the caller.
    void live(Member& member, int cpu) {
        // Ctrl-C is for the caller.
        sigset_t all_signals;
        sigfillset(&all_signals);
        pthread_sigmask(SIG_BLOCK, &all_signals, nullptr);
        member.session->stay_on(cpu);
        member.own_counters = std::make_unique<Counters>(members_.front().counters->for_this_thread());
        member.counters = member.own_counters.get();
        if (auto ready = member.session->setup(point_); !ready)
            member.refusal = ready.error();
        arrive_and_wait(0);
        for (std::uint64_t done = 0;;) {
            Job job;
            {
                std::unique_lock lock(mutex_);
                woken_.wait(lock, [&] { return job_.number != done || job_.over; });
                job = job_;
            }
            if (job.over)
                return;
            done = job.number;
            work(member, job);
        }
    }

    void begin(const Job& job) {
        {
            const std::lock_guard lock(mutex_);
            job_ = job;
        }
        woken_.notify_all();
    }

    /// The caller's part of a job, and its end: all threads are done when it returns.
    Outcome<void> all(const Job& job) {
        begin(job);
        work(members_.front(), job);
        for (const Member& member : members_)
            if (!member.batch)
                return tl::unexpected(member.batch.error());
        return {};
    }

    void work(Member& member, const Job& job) {
        arrive_and_wait(2 * job.number - 1);
        if (job.stamped) {
            member.batch = member.session->run_stamped(job.laps, member.histograms);
        } else {
            member.counters->start();
            const std::uint64_t before = member.session->cpu_time_ns();
            member.batch = member.session->run(job.laps);
            const std::uint64_t after = member.session->cpu_time_ns();
            member.counts = member.counters->stop();
            member.cpu_ns = static_cast<double>(after - before);
        }
        arrive_and_wait(2 * job.number);
    }

    /// Waits until all have come to the same place, busily: who sleeps is woken up late. The places are passed in the
    /// order of their numbers. (Nobody waits for long: each thread has a CPU of its own.)
    void arrive_and_wait(std::uint64_t place) {
        const std::uint64_t wanted = (place + 1) * members_.size();
        arrived_.fetch_add(1, std::memory_order_acq_rel);
        while (arrived_.load(std::memory_order_acquire) < wanted && !over_.load(std::memory_order_acquire))
            relax();
    }

    Point point_;
    ClockCost clock_;
    std::vector<Member> members_;
    Window window_;
    std::uint64_t number_ = 0;
    std::mutex mutex_;
    std::condition_variable woken_;
    Job job_;
    alignas(apart) std::atomic<std::uint64_t> arrived_{0};
    std::atomic<bool> over_{false};  ///< who is still waiting for others, when not all could be started
};

}  // namespace

Outcome<std::unique_ptr<Laps>> make_thread_team(Session& session, Counters& counters, const Point& point,
                                                const ClockCost& clock) {
    auto team = std::make_unique<ThreadTeam>(session, counters, point, clock);
    if (auto started = team->start(); !started)
        return tl::unexpected(started.error());
    return team;
}

}  // namespace dmabench
