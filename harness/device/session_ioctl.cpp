// SPDX-License-Identifier: GPL-2.0-only
// The session with the kernel module.
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/lockdown.h"
#include "base/unique_fd.h"
#include "device/names.h"
#include "device/open_device.h"
#include "device/session.h"

// The kernel side asserts the same (kmod/main.c): neither may drift alone.
static_assert(sizeof(dmabench_info) == 64);
static_assert(sizeof(dmabench_clock) == 40);
static_assert(sizeof(dmabench_strategy_info) == 192);
static_assert(sizeof(dmabench_target_info) == 96);
static_assert(sizeof(dmabench_setup) == 176);
static_assert(sizeof(dmabench_hist) == 32 + 8 * DMABENCH_HIST_BUCKETS);
static_assert(sizeof(dmabench_run) == 48);
static_assert(sizeof(dmabench_sync) == 24);
static_assert(sizeof(dmabench_mapping) == 32);
static_assert(sizeof(dmabench_transfers) == 56);
static_assert(sizeof(dmabench_prepare) == 8);

namespace dmabench {
namespace {

std::uint64_t read_clock(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

/// A struct of the ABI with its size filled in.
template <typename T>
T sized() {
    T value;
    std::memset(&value, 0, sizeof value);
    value.size = sizeof value;
    return value;
}

template <std::size_t N>
std::string text_of(const char (&field)[N]) {
    return {field, ::strnlen(field, N)};
}

constexpr const char* lab_remedy = "--on lab:arm64 or --on lab:x86_64-direct";

bool is_loaded(const char* module) {
    std::ifstream modules("/proc/modules");
    for (std::string line; std::getline(modules, line);)
        if (line.starts_with(std::string(module) + " "))
            return true;
    return false;
}

bool loading_is_off() {
    std::ifstream in("/proc/sys/kernel/modules_disabled");
    int off = 0;
    return in >> off && off != 0;
}

std::string lockdown() {
    std::ifstream in("/sys/kernel/security/lockdown");
    std::string modes;
    std::getline(in, modes);
    return lockdown_mode(modes);
}

std::size_t page_size() { return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)); }

std::size_t whole_pages(std::size_t bytes) { return (bytes + page_size() - 1) / page_size() * page_size(); }

/// Why there is no module to talk to, and what to do about it.
Error no_module(int error) {
    std::string why;
    if (error == EACCES || error == EPERM)
        why = fmt::format("{} may not be opened by this user: run dmabench as root", DMABENCH_DEVICE);
    else if (error != ENOENT)
        why = fmt::format("{} cannot be opened: {}; reload the module, or measure in an emulated guest with {}",
                          DMABENCH_DEVICE, std::strerror(error), lab_remedy);
    else if (is_loaded("dmabench"))
        why = fmt::format("the module is loaded, but there is no {}: run dmabench outside of this container, or "
                          "pass the device in",
                          DMABENCH_DEVICE);
    else if (!std::filesystem::exists("/proc/modules"))
        why = fmt::format("this kernel is built without loadable modules, so the dmabench module cannot be here: "
                          "measure in an emulated guest with {}",
                          lab_remedy);
    else if (loading_is_off())
        why = fmt::format("the kernel module is not loaded, and loading modules is off until the next boot "
                          "(kernel.modules_disabled=1): load it after a reboot, or measure in an emulated guest "
                          "with {}",
                          lab_remedy);
    else if (const std::string mode = lockdown(); !mode.empty())
        why = fmt::format(
            "the kernel module is not loaded, and this kernel is locked down ({}), so that it loads signed "
            "modules only: sign dmabench.ko with a key it trusts, boot it without Secure Boot and "
            "lockdown=, or measure in an emulated guest with {}",
            mode, lab_remedy);
    else
        why = fmt::format("the kernel module is not loaded: load it (make -C kmod && sudo insmod kmod/dmabench.ko), "
                          "or measure in an emulated guest with {}",
                          lab_remedy);
    return {ErrorKind::not_possible, why};
}

Refusal refusal(const char* what, int error, std::uint32_t reason) {
    Refusal::Kind kind = Refusal::Kind::failed;
    switch (error) {
        case EOPNOTSUPP:
        case ERANGE:
        case ENOMEM:
            kind = Refusal::Kind::skipped;
            break;
        case EINTR:
            kind = Refusal::Kind::interrupted;
            break;
        case ENODEV:
            kind = Refusal::Kind::gone;
            break;
        default:
            break;
    }
    // A mapping that this device cannot have is a fact about the platform, not a failure of the run.
    if (reason == DMABENCH_REASON_MAP_FAILED || reason == DMABENCH_REASON_DMA_MASK ||
        reason == DMABENCH_REASON_COHERENT_MASK || reason == DMABENCH_REASON_BEYOND_MASK)
        kind = Refusal::Kind::skipped;
    const std::string text = reason_text(reason);
    return {kind, text.empty() ? fmt::format("{}: {}", what, std::strerror(error)) : text, reason};
}

Refusal no_target(const std::string& name) {
    return {Refusal::Kind::skipped, name == "dmaengine" ? "no DMA engine here has lent a memcpy channel"
                                                        : fmt::format("there is no target '{}' here", name)};
}

class IoctlSession final : public Session {
  public:
    IoctlSession(UniqueFd fd, DeviceInfo info, std::vector<int> cpus)
        : fd_(std::move(fd)), info_(std::move(info)), cpus_(std::move(cpus)) {}
    ~IoctlSession() override {
        unmap();
        free_user_memory();
    }

    const DeviceInfo& info() const override { return info_; }

    Result<ClockCost> clock() override {
        auto clock = sized<dmabench_clock>();
        clock.reads = 10'000;
        if (::ioctl(fd_.get(), DMABENCH_IOC_CLOCK, &clock) != 0)
            return fail(ErrorKind::failed, "reading the module's clock: {}", std::strerror(errno));
        return ClockCost{static_cast<double>(clock.total_ns) / static_cast<double>(clock.reads - 1),
                         clock.min_step_ns};
    }

    Outcome<BufferInfo> setup(const Point& point) override {
        unmap();
        const StrategyInfo* strategy = find(info_.strategies, point.strategy);
        if (strategy == nullptr)
            return tl::unexpected(Refusal{Refusal::Kind::skipped, "the module has no such strategy"});
        const TargetInfo* target = find_target(point.target);
        if (target == nullptr)
            return tl::unexpected(no_target(point.target));
        auto setup = sized<dmabench_setup>();
        setup.strategy = strategy->id;
        setup.target = target->id;
        setup.buf_size = point.size;
        setup.map_every = point.map_every;
        setup.sync_every = point.sync_every;
        setup.sync_offset = point.sync_offset;
        setup.sync_bytes = point.sync_bytes;
        setup.touch_bytes = point.touch != Touch::none ? point.touch_bytes : 0;
        setup.direction = static_cast<std::uint32_t>(point.direction);
        setup.source = static_cast<std::uint32_t>(point.source);
        setup.touch = static_cast<std::uint32_t>(point.touch);
        setup.mmap_mode = static_cast<std::uint32_t>(point.cache_mode);
        setup.dirty = static_cast<std::uint32_t>(point.dirty);
        setup.cache_state = static_cast<std::uint32_t>(point.cache_state);
        setup.transfer = static_cast<std::uint32_t>(point.transfer);
        setup.ownership = static_cast<std::uint32_t>(point.ownership);
        setup.batch = static_cast<std::uint32_t>(point.batch);
        setup.mask_bits = static_cast<std::uint32_t>(point.mask_bits);
        setup.offset = static_cast<std::uint32_t>(point.offset);
        setup.unmap_cpu = static_cast<std::uint32_t>(point.unmap_cpu);
        setup.node = static_cast<std::uint32_t>(point.node);
        setup.flags = point.threads > 1 ? DMABENCH_SETUP_SHARED : 0;
        if (point.source == Source::user) {
            void* memory = allocate_user_memory(point.batch * whole_pages(point.offset + point.size));
            if (memory == nullptr)
                return tl::unexpected(refusal("allocating user memory", errno, DMABENCH_REASON_NO_MEMORY));
            setup.user_addr = reinterpret_cast<std::uintptr_t>(memory);
        }
        if (::ioctl(fd_.get(), DMABENCH_IOC_SETUP, &setup) != 0)
            return tl::unexpected(refusal("setup", errno, setup.reason));
        size_ = point.size;
        BufferInfo buffer{relation_name(setup.relation),
                          setup.phys_addr,
                          setup.dma_addr,
                          setup.dma_mask,
                          setup.elided,
                          source_name(setup.source_used),
                          setup.coherent_mask,
                          std::nullopt};
        if (point.unmap_cpu == UnmapCpu::other)
            buffer.unmapped_on = setup.unmapped_on;
        return buffer;
    }

    Outcome<Batch> run(std::uint64_t laps) override { return run(laps, nullptr); }

    Outcome<Batch> run_stamped(std::uint64_t laps, PhaseHistograms& histograms) override {
        return run(laps, &histograms);
    }

    Outcome<UserMapping> map_user() override {
        unmap();
        const std::size_t page = page_size();
        const std::size_t length = whole_pages(size_);
        void* address = ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
        if (address == MAP_FAILED)
            return tl::unexpected(refusal("mmap", errno, DMABENCH_REASON_NONE));
        mapped_ = {static_cast<std::byte*>(address), length};
        // First touch belongs to no lap.
        for (std::size_t at = 0; at < length; at += page)
            (void)*reinterpret_cast<volatile unsigned char*>(mapped_.data() + at);
        auto mapping = sized<dmabench_mapping>();
        mapping.user_addr = reinterpret_cast<std::uintptr_t>(address);
        if (::ioctl(fd_.get(), DMABENCH_IOC_MAPPING, &mapping) != 0)
            return tl::unexpected(refusal("reading the mapping back", errno, DMABENCH_REASON_NONE));
        return UserMapping{mapped_.first(size_),
                           mmap_mode_name(mapping.requested),
                           memtype_name(mapping.user_type),
                           memtype_name(mapping.kernel_type),
                           mapping.user_attr,
                           mapping.kernel_attr};
    }

    Outcome<void> sync(SyncOp op, std::uint64_t offset, std::uint64_t bytes) override {
        dmabench_sync sync{sizeof sync, static_cast<std::uint32_t>(op), offset, bytes};
        if (::ioctl(fd_.get(), DMABENCH_IOC_SYNC, &sync) != 0)
            return tl::unexpected(refusal("sync", errno, DMABENCH_REASON_NONE));
        return {};
    }

    Outcome<void> prepare() override {
        auto prepare = sized<dmabench_prepare>();
        if (::ioctl(fd_.get(), DMABENCH_IOC_PREPARE, &prepare) != 0)
            return tl::unexpected(refusal("preparing caches", errno, DMABENCH_REASON_NONE));
        return {};
    }

    Outcome<TransferCounts> transfers() override {
        auto transfers = sized<dmabench_transfers>();
        if (::ioctl(fd_.get(), DMABENCH_IOC_TRANSFERS, &transfers) != 0)
            return tl::unexpected(refusal("asking for the transfers", errno, DMABENCH_REASON_NONE));
        return TransferCounts{transfers.fresh, transfers.stale, transfers.device_side};
    }

    void teardown() override {
        unmap();
        (void)::ioctl(fd_.get(), DMABENCH_IOC_TEARDOWN);
        free_user_memory();
    }

    Result<std::vector<MemoryInfo>> memory(const TargetInfo& target) override {
        return ask_memory(fd_.get(), target.id);
    }

    Result<std::unique_ptr<Session>> another() override { return open(cpus_); }

    std::vector<int> cpus() const override { return cpus_; }

    void stay_on(int cpu) override {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(static_cast<unsigned>(cpu), &set);
        (void)::sched_setaffinity(0, sizeof set, &set);
    }

    static Result<std::unique_ptr<Session>> open(std::vector<int> cpus);

    std::uint64_t now_ns() const override { return read_clock(CLOCK_MONOTONIC_RAW); }
    std::uint64_t cpu_time_ns() const override { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

  private:
    template <typename T>
    static const T* find(const std::vector<T>& list, const std::string& name) {
        for (const T& entry : list)
            if (entry.name == name)
                return &entry;
        return nullptr;
    }

    const TargetInfo* find_target(const std::string& name) const {
        if (name != "pci" && name != "dmaengine")
            return find(info_.targets, name);
        const TargetInfo* only = nullptr;
        for (const TargetInfo& target : info_.targets) {
            if (target.kind != name)
                continue;
            if (only != nullptr)
                return nullptr;
            only = &target;
        }
        return only;
    }

    Outcome<Batch> run(std::uint64_t laps, PhaseHistograms* histograms) {
        auto run = sized<dmabench_run>();
        run.laps = laps;
        if (histograms != nullptr) {
            run.flags = DMABENCH_RUN_STAMPED;
            run.hist_ptr = reinterpret_cast<std::uintptr_t>(histograms->data());
            run.hist_len = DMABENCH_NR_PHASES;
        }
        if (::ioctl(fd_.get(), DMABENCH_IOC_RUN, &run) != 0)
            return tl::unexpected(run.reason == DMABENCH_REASON_DATA ? wrong_data()
                                                                     : refusal("laps", errno, run.reason));
        return Batch{run.laps_done, run.total_ns};
    }

    /// Where and how the data of a transfer were not as sent.
    Refusal wrong_data() const {
        auto found = sized<dmabench_transfers>();
        const std::string what = reason_text(DMABENCH_REASON_DATA);
        if (::ioctl(fd_.get(), DMABENCH_IOC_TRANSFERS, &found) != 0)
            return {Refusal::Kind::failed, what};
        return {Refusal::Kind::failed, fmt::format("{}: {} at byte {}, expected {:#018x}, found {:#018x}",
                                                   what, found.wrong != 0 ? "something else" : "stale",
                                                   found.offset, found.expected, found.found)};
    }

    void unmap() {
        if (!mapped_.empty())
            ::munmap(mapped_.data(), mapped_.size());
        mapped_ = {};
    }

    /// The memory of source user: pages, as the module pins them. It replaces what was there before.
    void* allocate_user_memory(std::size_t bytes) {
        free_user_memory();
        void* memory = ::mmap(nullptr, whole_pages(bytes), PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return nullptr;
        user_memory_ = {static_cast<std::byte*>(memory), whole_pages(bytes)};
        return memory;
    }

    void free_user_memory() {
        if (!user_memory_.empty())
            ::munmap(user_memory_.data(), user_memory_.size());
        user_memory_ = {};
    }

    UniqueFd fd_;
    DeviceInfo info_;
    std::vector<int> cpus_;
    std::size_t size_ = 0;
    std::span<std::byte> user_memory_;
    std::span<std::byte> mapped_;
};

Result<DeviceInfo> query(int fd) {
    auto head = sized<dmabench_info>();
    if (::ioctl(fd, DMABENCH_IOC_INFO, &head) != 0)
        return fail(ErrorKind::not_possible, "{} does not answer as dmabench does: {}", DMABENCH_DEVICE,
                    std::strerror(errno));
    if (head.abi_version != DMABENCH_ABI_VERSION || head.hist_buckets != DMABENCH_HIST_BUCKETS ||
        head.nr_phases != DMABENCH_NR_PHASES)
        return fail(ErrorKind::not_possible,
                    "the loaded module is of another build (ABI {}, {} phases) than this dmabench (ABI {}, {} phases): "
                    "rebuild both, and reload kmod/",
                    head.abi_version, head.nr_phases, DMABENCH_ABI_VERSION, int{DMABENCH_NR_PHASES});
    DeviceInfo info;
    info.version = text_of(head.version);
    info.abi_version = head.abi_version;
    info.max_size = head.max_size;
    // Only root may read it, and only root gets here.
    std::ifstream("/sys/module/dmabench/parameters/inject_slowdown_pct") >> info.injected_slowdown_pct;
    for (std::uint32_t index = 0; index < head.nr_strategies; ++index) {
        auto entry = sized<dmabench_strategy_info>();
        entry.index = index;
        if (::ioctl(fd, DMABENCH_IOC_STRATEGY, &entry) != 0)
            return fail(ErrorKind::failed, "asking for strategy {}: {}", index, std::strerror(errno));
        info.strategies.push_back({entry.id, text_of(entry.name), text_of(entry.text), entry.flags,
                                   entry.phases, entry.sources, entry.mmap_modes});
    }
    for (std::uint32_t index = 0; index < head.nr_targets; ++index) {
        auto entry = sized<dmabench_target_info>();
        entry.index = index;
        if (::ioctl(fd, DMABENCH_IOC_TARGET, &entry) != 0)
            break;  // it was unbound just now
        TargetInfo target;
        target.id = entry.id;
        target.name = text_of(entry.name);
        target.kind = entry.kind == DMABENCH_TARGET_PCI         ? "pci"
                      : entry.kind == DMABENCH_TARGET_DMAENGINE ? "dmaengine"
                                                                : "platform";
        if ((entry.flags & DMABENCH_TARGET_COHERENT_KNOWN) != 0)
            target.coherent = (entry.flags & DMABENCH_TARGET_COHERENT) != 0;
        target.iommu = (entry.flags & DMABENCH_TARGET_IOMMU) != 0;
        target.node = entry.node;
        target.dma_mask = entry.dma_mask;
        target.coherent_mask = entry.coherent_mask;
        target.max_mapping = entry.max_mapping;
        target.engine = engine_name(entry.engine);
        target.engine_mask_bits = entry.engine_mask_bits;
        target.max_transfer = entry.max_transfer;
        info.targets.push_back(std::move(target));
    }
    return info;
}

/// Those that this process may run on; they are online.
std::vector<int> usable_cpus() {
    std::vector<int> cpus;
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0)
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
            if (CPU_ISSET(static_cast<unsigned>(cpu), &set))
                cpus.push_back(cpu);
    return cpus;
}

}  // namespace

Result<UniqueFd> open_device() {
    UniqueFd fd(::open(DMABENCH_DEVICE, O_RDWR | O_CLOEXEC));
    if (!fd)
        return tl::unexpected(no_module(errno));
    return fd;
}

Result<std::unique_ptr<Session>> IoctlSession::open(std::vector<int> cpus) {
    auto fd = open_device();
    if (!fd)
        return tl::unexpected(fd.error());
    auto info = query(fd->get());
    if (!info)
        return tl::unexpected(info.error());
    return std::make_unique<IoctlSession>(std::move(*fd), std::move(*info), std::move(cpus));
}

Result<std::unique_ptr<Session>> open_ioctl_session() { return IoctlSession::open(usable_cpus()); }

}  // namespace dmabench
