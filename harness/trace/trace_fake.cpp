// SPDX-License-Identifier: GPL-2.0-only
// A trace without a kernel: always the same traffic.
#include <cstring>

#include "hist.h"
#include "trace/sites.h"
#include "trace/trace_session.h"

namespace dmabench {
namespace {

constexpr double fake_bias_ns = 250;
constexpr std::uint64_t second_ns = 1'000'000'000;

struct Traffic {
    const char* driver;
    const char* device;
    std::uint32_t function;
    std::uint32_t direction;
    std::uint32_t flags;
    const char* caller;
    const char* parent;
    std::uint64_t calls_per_s;
    std::uint64_t bytes;
    std::uint64_t ns;  ///< of a call; every hundredth takes ten times as long
    bool bounced;
};

constexpr const char* nic = "0000:00:02.0";
constexpr const char* disk = "0000:00:03.0";
constexpr std::uint32_t plain = DMABENCH_TRACE_COHERENT;

constexpr Traffic traffic[] = {
    {"e1000", nic, DMABENCH_TRACE_SYNC_SINGLE_FOR_CPU, DMABENCH_FROM_DEVICE, plain,
     "e1000_clean_rx_irq+0x26d [e1000]", "e1000_clean+0x2c1 [e1000]", 5836, 65536, 60000, true},
    {"e1000", nic, DMABENCH_TRACE_MAP_PAGE, DMABENCH_FROM_DEVICE, plain,
     "e1000_alloc_rx_buffers+0x1b4 [e1000]", "e1000_clean_rx_irq+0x4a8 [e1000]", 5836, 65536, 9000, true},
    {"e1000", nic, DMABENCH_TRACE_MAP_PAGE, DMABENCH_TO_DEVICE, plain, "e1000_xmit_frame+0x5c4 [e1000]",
     "dev_hard_start_xmit+0x8c", 812, 66, 3000, true},
    {"nvme", disk, DMABENCH_TRACE_MAP_SG, DMABENCH_FROM_DEVICE, plain | DMABENCH_TRACE_IOMMU,
     "nvme_map_data+0x9f [nvme]", "nvme_queue_rq+0x7a [nvme]", 400, 131072, 4000, false},
    {"nvme", disk, DMABENCH_TRACE_UNMAP_SG, DMABENCH_FROM_DEVICE, plain | DMABENCH_TRACE_IOMMU,
     "nvme_unmap_data+0x6b [nvme]", "nvme_pci_complete_rq+0x2d [nvme]", 400, 131072, 2600, false},
};

template <std::size_t N>
void put(char (&field)[N], const char* text) {
    std::strncpy(field, text, N - 1);
}

void count(dmabench_trace_row& row, std::uint64_t calls, std::uint64_t ns) {
    if (calls == 0)
        return;
    ns += static_cast<std::uint64_t>(fake_bias_ns);
    row.bucket[dmabench_hist_index(ns) >> trace_bucket_shift] += static_cast<std::uint32_t>(calls);
    row.sum_ns += calls * ns;
    row.min_ns = row.calls == 0 ? ns : std::min<std::uint64_t>(row.min_ns, ns);
    row.max_ns = std::max<std::uint64_t>(row.max_ns, ns);
    row.calls += calls;
}

class FakeTrace : public TraceSession {
  public:
    explicit FakeTrace(FakeTraceOptions options) : options_(std::move(options)) {}

    [[nodiscard]] std::string backend() const override { return "fake"; }

    Result<TraceStart> start(TracedFunctions functions, std::uint32_t) override {
        if (!options_.start_error.message.empty())
            return tl::unexpected(options_.start_error);
        TraceStart start;
        start.asked = functions;
        functions_ = start.traced =
            functions & all_functions() & ~(TracedFunctions{1} << DMABENCH_TRACE_MAP_PHYS);
        start.bias_ns = fake_bias_ns;
        start.cost_ns = 3 * fake_bias_ns;
        running_ = true;
        return start;
    }

    Result<TraceSnapshot> read() override {
        if (running_)
            now_ns_ += options_.step_ns;
        TraceSnapshot snapshot;
        snapshot.now_ns = now_ns_;
        snapshot.nested = now_ns_ / second_ns;
        for (const Traffic& each : traffic)
            if ((functions_ >> each.function & 1U) != 0)
                snapshot.rows.push_back(row_of(each));
        return snapshot;
    }

    Result<void> stop() override {
        running_ = false;
        return {};
    }

  private:
    [[nodiscard]] dmabench_trace_row row_of(const Traffic& each) const {
        dmabench_trace_row row{};
        row.function = each.function;
        row.direction = each.direction;
        row.flags = each.flags;
        put(row.driver, each.driver);
        put(row.device, each.device);
        put(row.caller, each.caller);
        put(row.parent, each.parent);
        const std::uint64_t calls = each.calls_per_s * now_ns_ / second_ns;
        count(row, calls - calls / 100, each.ns);
        count(row, calls / 100, 10 * each.ns);
        row.bytes = calls * each.bytes;
        row.min_bytes = row.max_bytes = each.bytes;
        row.bounced = each.bounced ? calls : 0;
        return row;
    }

    FakeTraceOptions options_;
    TracedFunctions functions_ = 0;
    std::uint64_t now_ns_ = 0;
    bool running_ = false;
};

}  // namespace

std::unique_ptr<TraceSession> make_fake_trace(const FakeTraceOptions& options) {
    return std::make_unique<FakeTrace>(options);
}

}  // namespace dmabench
