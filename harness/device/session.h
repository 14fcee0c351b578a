// SPDX-License-Identifier: GPL-2.0-only
// A device session: the one way in which the harness reaches what it measures, be it the kernel module
// (session_ioctl) or the cost model that tests use (session_fake).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include <dmabench.h>
#include "device/memory.h"
#include "plan/point.h"

namespace dmabench {

/// A strategy that the device offers; see struct dmabench_strategy_info.
struct StrategyInfo {
    std::uint32_t id = 0;
    std::string name;
    std::string text;              ///< the kernel functions that it calls
    std::uint32_t flags = 0;       ///< DMABENCH_STRATEGY_*
    std::uint32_t phases = 0;      ///< bit (1 << phase)
    std::uint32_t sources = 0;     ///< bit (1 << source)
    std::uint32_t mmap_modes = 0;  ///< bit (1 << mode)
};

/// A struct device to map for; see struct dmabench_target_info.
struct TargetInfo {
    std::uint32_t id = 0;
    std::string name;
    std::string kind;              ///< "platform", "pci" or "dmaengine"
    std::optional<bool> coherent;  ///< unknown: empty
    bool iommu = false;
    std::int32_t node = -1;
    std::uint64_t dma_mask = 0;
    std::uint64_t coherent_mask = 0;
    std::uint64_t max_mapping = 0;  ///< bytes; ~0: no limit
    std::string engine;             ///< what moves data for it: "memcpy", "edu", or "" for nothing
    std::uint32_t engine_mask_bits = 0;
    std::uint64_t max_transfer = 0;  ///< bytes; ~0: no limit
};

struct DeviceInfo {
    std::string version;  ///< of the module
    std::uint32_t abi_version = 0;
    std::uint64_t max_size = 0;  ///< bytes
    double injected_slowdown_pct = 0;  ///< what the module was told to be slower by
    std::vector<StrategyInfo> strategies;
    std::vector<TargetInfo> targets;
};

/// The clock that laps are timed with.
struct ClockCost {
    double read_ns = 0;              ///< mean cost of one reading
    std::uint64_t resolution_ns = 0;  ///< smallest step seen, 0: time stood still
};

/// Why a point could not be measured.
struct Refusal {
    enum class Kind {
        skipped,      ///< not possible here
        failed,       ///< should have worked
        interrupted,  ///< a signal came
        gone,         ///< the target went away: no further point can be measured on it
    };
    Kind kind = Kind::failed;
    std::string reason;      ///< one sentence, no period
    std::uint32_t code = 0;  ///< enum dmabench_reason, where the device told
};

template <typename T>
using Outcome = tl::expected<T, Refusal>;

struct BufferInfo {
    std::string relation;  ///< none, identity, offset, iommu, bounced
    std::uint64_t phys_addr = 0;
    std::uint64_t dma_addr = 0;
    std::uint64_t dma_mask = 0;
    std::uint32_t elided = 0;  ///< bit (1 << phase)
    std::string source;        ///< kmalloc, pages, slab, vmalloc, user, or "" for DMA memory
    std::uint64_t coherent_mask = 0;
    std::optional<std::uint32_t> unmapped_on;  ///< the CPU, where it is not the one that maps
};

/// One timed batch of laps.
struct Batch {
    std::uint64_t laps = 0;
    std::uint64_t total_ns = 0;
};

/// The stamped pass: a histogram per phase, indexed by enum dmabench_phase.
using PhaseHistograms = std::array<dmabench_hist, DMABENCH_NR_PHASES>;

/// The buffer in user space. Memory types as read back from the MMU.
struct UserMapping {
    std::span<std::byte> bytes;
    std::string requested;
    std::string user_type;
    std::string kernel_type;
    std::uint32_t user_attr = 0;
    std::uint32_t kernel_attr = 0;
};

/// What became of the data of a point's transfers; in laps.
struct TransferCounts {
    std::uint64_t fresh = 0;  ///< the receiver had the sender's data
    std::uint64_t stale = 0;  ///< it had data of before the lap
    std::uint32_t device_side = DMABENCH_DEVICE_UNTOLD;  ///< what a timing model made of the transfers
};

enum class SyncOp : std::uint32_t { for_cpu = DMABENCH_SYNC_FOR_CPU, for_device = DMABENCH_SYNC_FOR_DEVICE };

class Session {
  public:
    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    [[nodiscard]] virtual const DeviceInfo& info() const = 0;

    /// Measures the clock: reads it often, back to back.
    virtual Result<ClockCost> clock() = 0;

    /// Makes the point's buffer ready; the one before is torn down. point.target is a name of info().targets,
    /// or "pci" or "dmaengine" where there is one such target only.
    virtual Outcome<BufferInfo> setup(const Point& point) = 0;

    /// Laps in one batch; 0 laps costs only the call itself.
    virtual Outcome<Batch> run(std::uint64_t laps) = 0;

    /// The same, each phase of each lap stamped into histograms (cleared first).
    virtual Outcome<Batch> run_stamped(std::uint64_t laps, PhaseHistograms& histograms) = 0;

    /// Maps the buffer into user space. Valid until the next setup() or teardown().
    virtual Outcome<UserMapping> map_user() = 0;

    /// Passes ownership of the mapped buffer; bytes 0: up to its end.
    virtual Outcome<void> sync(SyncOp op, std::uint64_t offset, std::uint64_t bytes) = 0;

    /// Has the buffer's cache lines as they are to be before a lap, for laps that are not run(). Not timed.
    virtual Outcome<void> prepare() = 0;

    /// What has become of the data since setup() of a point that transfers.
    virtual Outcome<TransferCounts> transfers() = 0;

    virtual void teardown() = 0;

    /// Which kinds of memory may be mapped, and where they end up for this target. Nothing may be set up.
    virtual Result<std::vector<MemoryInfo>> memory(const TargetInfo& target) = 0;

    /// One more session with the same device, for another thread.
    virtual Result<std::unique_ptr<Session>> another() = 0;

    /// The CPUs that threads may use.
    [[nodiscard]] virtual std::vector<int> cpus() const = 0;

    /// Keeps the calling thread on that CPU.
    virtual void stay_on(int cpu) = 0;

    /// The raw monotonic clock, ns; what user-space laps are timed with.
    [[nodiscard]] virtual std::uint64_t now_ns() const = 0;

    /// CPU time of this thread, ns.
    [[nodiscard]] virtual std::uint64_t cpu_time_ns() const = 0;

    /// Told after each user-space access loop, so that a fake can let its clock go on. Cheap.
    virtual void accessed(const Point& point) { (void)point; }
};

/// The kernel module at /dev/dmabench. ErrorKind::not_possible when it is not there, saying what to do.
Result<std::unique_ptr<Session>> open_ioctl_session();

/// A cost model with a clock of its own: for tests, and to try scenarios out. The same seed gives the same figures.
struct FakeOptions {
    std::uint64_t seed = 1;
    double noise = 0.0;                ///< relative standard deviation of a batch
    double slowdown = 0.0;             ///< share by which all but null is dearer, as the module's inject_slowdown_pct
    std::uint64_t resolution_ns = 1;   ///< grain of its clock
    std::string fail_point;            ///< setup of the point with this name fails
    std::string skip_point;            ///< setup of the point with this name is refused
    std::uint64_t gone_after_runs = 0;  ///< the target goes away after that many batches; 0: never
    std::uint64_t preempted_run = 0;   ///< that batch takes a hundred times as long; 0: none
    bool skip_sync = false;            ///< syncs on coherent targets are elided
    double bookkeeping_ns = 0;         ///< what a stamp costs beyond a reading of the clock
    bool bounces = true;               ///< a sync that is left out gives stale data on the DMA engine
    std::string wrong_data_point;      ///< transfers of the point with this name give wrong data
};
std::unique_ptr<Session> make_fake_session(const FakeOptions& options = {});

/// "map", "sync_for_device", ... for 0 .. DMABENCH_NR_PHASES - 1.
[[nodiscard]] const char* phase_name(std::uint32_t phase);

}  // namespace dmabench
