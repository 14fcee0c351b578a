// SPDX-License-Identifier: GPL-2.0-only
// The trace that BPF programs make.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>

#include "base/lockdown.h"
#include "platform/system_files.h"
#include "shared.h"
#include "trace/bpf_support.h"
#include "trace/trace_session.h"

// The programs, as the compiler left them.
asm(R"(
    .section .rodata
    .balign 8
    .globl dmabench_bpf_object, dmabench_bpf_object_end
dmabench_bpf_object:
    .incbin ")" DMABENCH_BPF_OBJECT R"("
dmabench_bpf_object_end:
    .byte 0
    .previous
)");

extern "C" {
extern const unsigned char dmabench_bpf_object[];
extern const unsigned char dmabench_bpf_object_end[];
}

namespace dmabench {
namespace {

struct Traced {
    const char* symbol;
    const char* other;   ///< in older kernels; or nullptr
    unsigned arguments;  ///< where trace.bpf.c takes the result from
};

constexpr std::array<Traced, DMABENCH_TRACE_NR_FUNCTIONS> functions{{
    {"bpf_fentry_test1", nullptr, 1},
    {"dma_map_page_attrs", nullptr, 6},
    {"dma_unmap_page_attrs", nullptr, 5},
    {"dma_map_sg_attrs", nullptr, 5},
    {"dma_unmap_sg_attrs", nullptr, 5},
    {"__dma_sync_single_for_cpu", "dma_sync_single_for_cpu", 4},
    {"__dma_sync_single_for_device", "dma_sync_single_for_device", 4},
    {"__dma_sync_sg_for_cpu", "dma_sync_sg_for_cpu", 4},
    {"__dma_sync_sg_for_device", "dma_sync_sg_for_device", 4},
    {"dma_alloc_attrs", nullptr, 5},
    {"dma_free_attrs", nullptr, 5},
    {"dma_map_resource", nullptr, 5},
    {"dma_unmap_resource", nullptr, 5},
    {"dma_map_sgtable", nullptr, 4},
    {"dma_map_phys", nullptr, 5},
    {"dma_unmap_phys", nullptr, 5},
    {"dma_alloc_pages", nullptr, 5},
    {"dma_free_pages", nullptr, 5},
    {"dma_alloc_noncoherent", nullptr, 5},
    {"dma_free_noncoherent", nullptr, 5},
    {"dma_alloc_noncontiguous", nullptr, 5},
    {"dma_free_noncontiguous", nullptr, 4},
    {"dma_iova_link", nullptr, 7},
    {"dma_iova_sync", nullptr, 4},
    {"dma_iova_unlink", nullptr, 6},
    {"dma_iova_destroy", nullptr, 5},
}};

/// Newer kernels' functions that do nothing but call another one, which alone is traced then.
struct Inner {
    std::uint32_t function;
    std::array<std::uint32_t, DMABENCH_BPF_OUTERS> outer;
};
constexpr Inner inner_map{DMABENCH_TRACE_MAP_PHYS, {DMABENCH_TRACE_MAP_PAGE, DMABENCH_TRACE_MAP_RESOURCE}};
constexpr Inner inner_unmap{DMABENCH_TRACE_UNMAP_PHYS,
                            {DMABENCH_TRACE_UNMAP_PAGE, DMABENCH_TRACE_UNMAP_RESOURCE}};

constexpr TracedFunctions bit(std::uint32_t function) {
    return TracedFunctions{1} << function;
}

struct ObjectCloser {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};
struct BtfCloser {
    void operator()(btf* types) const { btf__free(types); }
};
struct LinkCloser {
    void operator()(bpf_link* link) const { bpf_link__destroy(link); }
};
using Object = std::unique_ptr<bpf_object, ObjectCloser>;
using Btf = std::unique_ptr<btf, BtfCloser>;
using Link = std::unique_ptr<bpf_link, LinkCloser>;

std::uint64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);  // as bpf_ktime_get_ns()
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

std::string lockdown() {
    return lockdown_mode(SystemFiles().text("/sys/kernel/security/lockdown").value_or(""));
}

Error cannot(int error) {
    if (error == ENOMEM)
        return {ErrorKind::not_possible,
                "tracing by BPF cannot be done: there is no memory for so many --sites"};
    const BpfLack lack = lack_of(error, lockdown());
    if (lack != BpfLack::helpers)
        return bpf_lacks(lack);
    return {ErrorKind::not_possible,
            fmt::format("tracing by BPF cannot be done: this kernel does not take the programs: {}; "
                        "LIBBPF_LOG_LEVEL=warn says more",
                        std::strerror(error))};
}

bool has_function(const btf* types, const char* symbol, unsigned arguments) {
    const int id = btf__find_by_name_kind(types, symbol, BTF_KIND_FUNC);
    if (id < 0)
        return false;
    const btf_type* type = btf__type_by_id(types, btf__type_by_id(types, static_cast<__u32>(id))->type);
    return type != nullptr && btf_is_func_proto(type) && btf_vlen(type) == arguments;
}

bool has_member(const btf* types, const char* name, std::string_view member) {
    const int id = btf__find_by_name_kind(types, name, BTF_KIND_STRUCT);
    if (id < 0)
        return false;
    const btf_type* type = btf__type_by_id(types, static_cast<__u32>(id));
    const btf_member* members = btf_members(type);
    return std::any_of(members, members + btf_vlen(type), [&](const btf_member& each) {
        return member == btf__name_by_offset(types, each.name_off);
    });
}

class BpfTrace : public TraceSession {
  public:
    explicit BpfTrace(Btf types) : types_(std::move(types)) {}

    [[nodiscard]] std::string backend() const override { return "bpf"; }

    Result<TraceStart> start(TracedFunctions asked, std::uint32_t rows) override {
        detach();
        object_.reset();
        TraceStart start;
        start.asked = asked;
        symbols_ = choose(asked, start);
        if (start.traced == 0)
            return tl::unexpected(bpf_lacks(BpfLack::function, asked));
        symbols_[0] = functions[0].symbol;
        if (auto loaded = load(start, rows); !loaded)
            return tl::unexpected(loaded.error());
        if (auto calibrated = calibrate(start); !calibrated)
            return tl::unexpected(calibrated.error());
        for (std::uint32_t i = 1; i < functions.size(); ++i) {
            if (symbols_[i] == nullptr)
                continue;
            if (const int error = attach(i); error == ENOMEM)
                return tl::unexpected(cannot(error));
            else if (error != 0)
                start.traced &= ~bit(i);
        }
        if (start.traced == 0)
            return tl::unexpected(bpf_lacks(BpfLack::function, asked));
        if (!count(true))
            return tl::unexpected(cannot(errno));
        start.started_ns = now_ns();
        return start;
    }

    Result<TraceSnapshot> read() override {
        TraceSnapshot snapshot;
        snapshot.now_ns = stopped_ns_ != 0 ? stopped_ns_ : now_ns();
        for_each_site([&snapshot](const dmabench_bpf_key& key, const dmabench_bpf_site& site) {
            if (site.row.calls != 0)
                snapshot.rows.push_back(row_of(key, site));
        });
        dmabench_bpf_totals totals{};
        const __u32 first = 0;
        if (bpf_map_lookup_elem(totals_, &first, &totals) != 0)
            return fail(ErrorKind::failed, "the trace cannot be read: {}", std::strerror(errno));
        snapshot.nested = totals.nested;
        std::uint64_t entries = 0;
        std::uint64_t exits = 0;
        for (std::uint32_t i = 1; i < functions.size(); ++i)
            if (symbols_[i] != nullptr) {
                entries += missed(program("enter_", i));
                exits += missed(program("leave_", i));
            }
        // A call that was refused misses its end, too, unless it lasted until the other was recorded.
        snapshot.missed = entries + totals.full + std::max<std::uint64_t>(exits, totals.refused);
        if (!bounces_told_ || totals.grows != 0)
            snapshot.untold.emplace_back("bounced");
        return snapshot;
    }

    Result<void> stop() override {
        const bool stopped = count(false);
        stopped_ns_ = now_ns();
        detach();
        if (!stopped)
            return fail(ErrorKind::failed, "the trace cannot be stopped: {}", std::strerror(errno));
        return {};
    }

  private:
    using Symbols = std::array<const char*, DMABENCH_TRACE_NR_FUNCTIONS>;

    Symbols choose(TracedFunctions asked, TraceStart& start) const {
        TracedFunctions wanted = asked;
        for (const Inner& inner : {inner_map, inner_unmap}) {
            TracedFunctions outer = 0;
            for (const std::uint32_t each : inner.outer)
                outer |= bit(each);
            const Traced& traced = functions[inner.function];
            if ((wanted & outer) == 0 || !has_function(types_.get(), traced.symbol, traced.arguments))
                continue;
            start.covered |= wanted & outer;
            wanted = (wanted & ~outer) | bit(inner.function);
        }
        Symbols symbols{};
        for (std::uint32_t i = 1; i < functions.size(); ++i) {
            if ((wanted & bit(i)) == 0)
                continue;
            for (const char* symbol : {functions[i].symbol, functions[i].other})
                if (symbol != nullptr && symbols[i] == nullptr &&
                    has_function(types_.get(), symbol, functions[i].arguments)) {
                    symbols[i] = symbol;
                    start.traced |= bit(i);
                }
        }
        return symbols;
    }

    /// Where the functions are whose callers are asked for.
    Result<dmabench_bpf_settings> settings(const TraceStart& start) const {
        dmabench_bpf_settings settings{};
        const auto fill = [&](const Inner& inner, dmabench_bpf_text* to) {
            if ((start.traced & bit(inner.function)) == 0)
                return true;
            for (std::size_t i = 0; i < inner.outer.size(); ++i) {
                const Traced& outer = functions[inner.outer[i]];
                if (!has_function(types_.get(), outer.symbol, outer.arguments))
                    continue;
                std::ifstream symbols("/proc/kallsyms");
                const TextRange text = find_text(symbols, outer.symbol);
                if (text.size == 0)
                    return false;
                to[i] = {text.start, text.size};
            }
            return true;
        };
        if (!fill(inner_map, settings.map) || !fill(inner_unmap, settings.unmap))
            return tl::unexpected(bpf_lacks(BpfLack::code_addresses));
        return settings;
    }

    [[nodiscard]] bpf_program* program(const char* kind, std::uint32_t function) const {
        return bpf_object__find_program_by_name(object_.get(), (kind + function_name(function)).c_str());
    }

    Result<void> load(const TraceStart& start, std::uint32_t rows) {
        const auto told = settings(start);
        if (!told)
            return tl::unexpected(told.error());
        object_.reset(bpf_object__open_mem(
            dmabench_bpf_object, static_cast<std::size_t>(dmabench_bpf_object_end - dmabench_bpf_object),
            nullptr));
        if (!object_)
            return tl::unexpected(cannot(errno));
        bpf_program* each = nullptr;
        bpf_object__for_each_program(each, object_.get()) bpf_program__set_autoload(each, false);
        for (std::uint32_t i = 0; i < functions.size(); ++i) {
            if (symbols_[i] == nullptr)
                continue;
            for (const char* kind : {"enter_", "leave_"}) {
                bpf_program__set_autoload(program(kind, i), true);
                if (const int error = bpf_program__set_attach_target(program(kind, i), 0, symbols_[i]);
                    error != 0)
                    return tl::unexpected(cannot(-error));
            }
        }
        bpf_map* table = bpf_object__find_map_by_name(object_.get(), "rows");
        bpf_map__set_max_entries(table, rows);
        bpf_map__set_initial_value(bpf_object__find_map_by_name(object_.get(), ".rodata.settings"), &*told,
                                   sizeof *told);
        if (const int error = bpf_object__load(object_.get()); error != 0)
            return tl::unexpected(cannot(-error));
        rows_ = bpf_map__fd(table);
        totals_ = bpf_object__find_map_fd_by_name(object_.get(), "totals");
        counting_ = bpf_object__find_map_fd_by_name(object_.get(), ".data.counting");
        cpus_ = static_cast<std::size_t>(libbpf_num_possible_cpus());
        bounces_told_ = has_member(types_.get(), "device", "dma_io_tlb_mem");
        stopped_ns_ = 0;
        const dmabench_bpf_key other{};
        const std::vector<dmabench_bpf_site> none(cpus_);
        if (bpf_map_update_elem(rows_, &other, none.data(), BPF_ANY) != 0)
            return tl::unexpected(cannot(errno));
        return {};
    }

    /// 0 or an errno. The end comes first, so that no call begins whose end is not seen.
    int attach(std::uint32_t function) {
        Link leave(bpf_program__attach(program("leave_", function)));
        if (!leave)
            return errno;
        Link enter(bpf_program__attach(program("enter_", function)));
        if (!enter)
            return errno;
        leaves_.push_back(std::move(leave));
        enters_.push_back(std::move(enter));
        return 0;
    }

    [[nodiscard]] bool count(bool on) const {
        const __u32 first = 0;
        const __u32 value = on ? 1 : 0;
        return bpf_map_update_elem(counting_, &first, &value, BPF_ANY) == 0;
    }

    void detach() {
        enters_.clear();
        leaves_.clear();
    }

    static std::uint64_t missed(const bpf_program* program) {
        bpf_prog_info info{};
        __u32 size = sizeof info;
        return bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0 ? info.recursion_misses
                                                                                   : 0;
    }

    template <typename Visit>
    void for_each_site(Visit visit) const {
        std::vector<dmabench_bpf_site> sites(cpus_);
        dmabench_bpf_key key{};
        for (const dmabench_bpf_key* last = nullptr; bpf_map_get_next_key(rows_, last, &key) == 0;
             last = &key)
            if (bpf_map_lookup_elem(rows_, &key, sites.data()) == 0)
                for (const dmabench_bpf_site& site : sites)
                    visit(key, site);
    }

    static dmabench_trace_row row_of(const dmabench_bpf_key& key, const dmabench_bpf_site& site) {
        dmabench_trace_row row = site.row;
        if (key.function == DMABENCH_TRACE_OTHER)
            return row;
        const auto tidy = [](auto& field, const char* if_empty) {
            field[sizeof field - 1] = '\0';
            std::string name = tidy_symbol(field);
            if (name.empty())
                name = if_empty;
            std::memset(field, 0, sizeof field);
            std::memcpy(field, name.data(), std::min(name.size(), sizeof field - 1));
        };
        tidy(row.caller, "unknown");
        tidy(row.parent, "");
        return row;
    }

    // As kmod/trace_probe.c calibrates: rounds of calls that do nothing, of which the least counts.
    static constexpr int rounds = 32;
    static constexpr int calls = 64;

    /// bpf_fentry_test1() is called, by whoever asks for a run of such a program.
    [[nodiscard]] bool call_nothing() const {
        LIBBPF_OPTS(bpf_test_run_opts, options);
        const int fd = bpf_program__fd(program("enter_", 0));
        for (int i = 0; i < calls; ++i)
            if (bpf_prog_test_run_opts(fd, &options) != 0)
                return false;
        return true;
    }

    /// Of one call with all around it, ns.
    double time_rounds() const {
        double least = 1e18;
        for (int i = 0; i < rounds; ++i) {
            const std::uint64_t begun = now_ns();
            if (!call_nothing())
                return 0;
            least = std::min(least, static_cast<double>(now_ns() - begun) / calls);
        }
        return least;
    }

    [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> recorded() const {
        std::pair<std::uint64_t, std::uint64_t> sum{0, 0};
        for_each_site([&sum](const dmabench_bpf_key&, const dmabench_bpf_site& site) {
            sum.first += site.row.calls - site.row.switched;
            sum.second += site.row.sum_ns;
        });
        return sum;
    }

    Result<void> calibrate(TraceStart& start) {
        const double plain = time_rounds();
        if (const int error = attach(0); error != 0)
            return tl::unexpected(cannot(error));
        if (!count(true))
            return tl::unexpected(cannot(errno));
        time_rounds();  // the first calls make the row and learn the frames
        start.cost_ns = std::max(0.0, time_rounds() - plain);
        double best = 1e18;
        for (int i = 0; i < rounds; ++i) {
            const auto before = recorded();
            const bool called = call_nothing();
            const auto after = recorded();
            if (called && after.first > before.first)
                best = std::min(best, static_cast<double>(after.second - before.second) /
                                          static_cast<double>(after.first - before.first));
        }
        detach();
        if (!count(false))
            return tl::unexpected(cannot(errno));
        if (best > 1e17)
            return tl::unexpected(bpf_lacks(BpfLack::nothing_traced));
        start.bias_ns = best;
        std::vector<dmabench_bpf_key> made;
        bool known = true;
        for_each_site([&](const dmabench_bpf_key& key, const dmabench_bpf_site& site) {
            known = known && (site.row.calls == 0 || is_test_run(site.row.caller));
            if (key.caller != 0)
                made.push_back(key);
        });
        if (!known)
            return tl::unexpected(bpf_lacks(BpfLack::callers));
        for (const dmabench_bpf_key& key : made)
            bpf_map_delete_elem(rows_, &key);
        const dmabench_bpf_totals zero{};
        const __u32 first = 0;
        bpf_map_update_elem(totals_, &first, &zero, BPF_ANY);
        return {};
    }

    Btf types_;
    Object object_;
    Symbols symbols_{};
    std::vector<Link> enters_;
    std::vector<Link> leaves_;
    int rows_ = -1;
    int totals_ = -1;
    int counting_ = -1;
    std::size_t cpus_ = 0;
    bool bounces_told_ = false;
    std::uint64_t stopped_ns_ = 0;
};

}  // namespace

Result<std::unique_ptr<TraceSession>> open_bpf_trace() {
    if (std::getenv("LIBBPF_LOG_LEVEL") == nullptr)
        libbpf_set_print(nullptr);
    Btf types(btf__load_vmlinux_btf());
    if (!types)
        return tl::unexpected(bpf_lacks(BpfLack::btf));
    // The helpers of tracing programs can't be asked for; this one is of all types of program.
    const int helper = libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE, BPF_FUNC_loop, nullptr);
    if (helper < 0)
        return tl::unexpected(bpf_lacks(lack_of(-helper, lockdown())));
    if (helper == 0)
        return tl::unexpected(bpf_lacks(BpfLack::helpers));
    return std::make_unique<BpfTrace>(std::move(types));
}

}  // namespace dmabench
