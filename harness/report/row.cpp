// SPDX-License-Identifier: GPL-2.0-only
#include "report/row.h"

#include <algorithm>
#include <cmath>

#include "hist.h"
#include "plan/axis.h"
#include "report/metrics.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// A thousandth of a nanosecond is below all that can be measured: more digits would only pretend.
double rounded(double value) { return std::round(value * 1000) / 1000; }

/// Unknown is left out, and so is what rounds to nothing.
void put(json& row, const std::string& key, double value) {
    if (std::isfinite(value) && rounded(value) > 0)
        row[key] = rounded(value);
}

const char* stop_name(StopReason reason) {
    switch (reason) {
        case StopReason::ci:
            return "ci";
        case StopReason::samples:
            return "samples";
        case StopReason::budget:
            return "budget";
    }
    return "?";
}

/// The name of a phase in a row: user space touches by access.
std::string row_phase(const Point& point, std::uint32_t phase) {
    return point.in_user_space() && phase == DMABENCH_PHASE_TOUCH ? "access" : phase_name(phase);
}

const char* data_verdict(const TransferCounts& transfers) {
    if (transfers.stale == 0)
        return "fresh";
    return transfers.fresh == 0 ? "stale" : "mixed";
}

/// What the timing model did with caches when the device moved data: nothing, where it cannot know.
const char* device_side_name(const std::optional<TransferCounts>& transfers) {
    switch (transfers ? transfers->device_side : std::uint32_t{DMABENCH_DEVICE_UNTOLD}) {
        case DMABENCH_DEVICE_SNOOPED:
            return "snooped";
        case DMABENCH_DEVICE_BYPASSED:
            return "bypassed";
        default:
            return "not_modelled";
    }
}

class RowMaker {
  public:
    RowMaker(const Point& point, const Measurement& measured, const ClockCost& clock)
        : point_(point), measured_(measured), clock_(clock) {}

    json make() {
        json row;
        row["name"] = point_.name();
        row["run_name"] = point_.name();
        row["run_type"] = "iteration";
        row["repetitions"] = 1;
        row["repetition_index"] = 0;
        row["threads"] = point_.threads;
        row["iterations"] = measured_.laps_per_sample * measured_.samples.size() * point_.threads;
        // A lap of less than a picosecond does not exist: the clock stood still, and the row says no time at all.
        put(row, "real_time", median(measured_.samples));
        if (!measured_.cpu_samples.empty())
            put(row, "cpu_time", median(measured_.cpu_samples));
        if (!row.contains("cpu_time") && row.contains("real_time"))
            row["cpu_time"] = row["real_time"];
        row["time_unit"] = "ns";
        const auto [low, high] = std::minmax_element(measured_.samples.begin(), measured_.samples.end());
        if (measured_.interval) {
            put(row, "ci_low_ns", measured_.interval->low);
            put(row, "ci_high_ns", measured_.interval->high);
        }
        put(row, "min_ns", *low);
        put(row, "max_sample_ns", *high);
        if (const double lap_ns = median(measured_.samples); point_.threads > 1 && lap_ns > 0)
            put(row, "laps_per_second", static_cast<double>(point_.threads) * 1e9 / lap_ns);
        put(row, "bytes_per_lap", static_cast<double>(measured_.access_bytes));
        if (point_.transfers() && row.contains("real_time")) {
            const auto bytes = static_cast<double>(point_.transferred_bytes());
            put(row, "bytes_per_lap", bytes);
            put(row, "bytes_per_second", bytes * 1e9 / row["real_time"].get<double>());
        }
        lap_quantiles(row);
        json phases = phase_details(row);
        row["dmabench"] = details(std::move(phases));
        add_counts(row, measured_.counts);
        return row;
    }

  private:
    void lap_quantiles(json& row) const {
        const dmabench_hist& lap = measured_.histograms[DMABENCH_PHASE_LAP];
        if (lap.count == 0)
            return;
        put(row, "lap_p50_ns", without_stamps(histogram_quantile(lap, 0.5)));
        put(row, "lap_p90_ns", without_stamps(histogram_quantile(lap, 0.9)));
        // Fewer than ten laps beyond a percentile tell nothing of it.
        if (lap.count >= 1000)
            put(row, "lap_p99_ns", without_stamps(histogram_quantile(lap, 0.99)));
        if (lap.count >= 10'000)
            put(row, "lap_p999_ns", without_stamps(histogram_quantile(lap, 0.999)));
        put(row, "lap_max_ns", without_stamps(static_cast<double>(lap.max_ns)));
    }

    /// A stamped lap holds one stamp per phase that happened in it, and one of its own.
    [[nodiscard]] double without_stamps(double lap_ns) const {
        double stamps = 0;
        for (std::uint32_t phase = 0; phase < DMABENCH_NR_PHASES; ++phase)
            stamps +=
                phase == DMABENCH_PHASE_LAP ? 0 : static_cast<double>(measured_.histograms[phase].count);
        stamps /= static_cast<double>(measured_.stamped_laps);
        return lap_ns - std::max(stamps, 1.0) * measured_.stamp_ns;
    }

    /// Whether the laps call for this phase's sync; what would become of one that they don't is no part of them.
    [[nodiscard]] bool syncs(std::uint32_t phase) const {
        const auto left_out = phase == DMABENCH_PHASE_SYNC_FOR_CPU ? Ownership::no_sync_for_cpu
                                                                   : Ownership::no_sync_for_device;
        return point_.sync_every != 0 && point_.ownership != left_out;
    }

    json phase_details(json& row) const {
        json phases = json::object();
        if (measured_.stamped_laps == 0)
            return phases;
        for (std::uint32_t phase = 0; phase < DMABENCH_NR_PHASES; ++phase) {
            if (phase == DMABENCH_PHASE_LAP)
                continue;
            const dmabench_hist& seen = measured_.histograms[phase];
            const std::string name = row_phase(point_, phase);
            if ((measured_.buffer.elided & (1U << phase)) != 0) {
                if (!syncs(phase))
                    continue;
                phases[name]["elided"] = "this kernel skips the call for a coherent device (dma_skip_sync)";
                continue;
            }
            if (seen.count == 0)
                continue;
            const double per_call =
                static_cast<double>(seen.sum_ns) / static_cast<double>(seen.count) - measured_.stamp_ns;
            const double grain = std::max(static_cast<double>(clock_.resolution_ns), 1.0);
            if (per_call < grain) {
                phases[name]["below_clock"] = grain;
                continue;
            }
            const double per_lap =
                per_call * static_cast<double>(seen.count) / static_cast<double>(measured_.stamped_laps);
            put(row, name + "_ns", per_lap);
            json& entry = phases[name];
            entry["calls"] = seen.count;
            put(entry, "per_call_ns", per_call);
            put(entry, "per_lap_ns", per_lap);
            put(entry, "p50_ns", histogram_quantile(seen, 0.5) - measured_.stamp_ns);
            if (seen.count >= 1000)
                put(entry, "p99_ns", histogram_quantile(seen, 0.99) - measured_.stamp_ns);
            put(entry, "max_ns", static_cast<double>(seen.max_ns) - measured_.stamp_ns);
        }
        return phases;
    }

    [[nodiscard]] json details(json phases) const {
        json out;
        out["params"] = point_.params();
        out["samples_ns"] = json::array();
        for (const double sample : measured_.samples)
            out["samples_ns"].push_back(rounded(sample));
        out["discarded"] = measured_.discarded;
        out["laps_per_sample"] = measured_.laps_per_sample;
        out["stop"]["why"] = stop_name(measured_.stop);
        if (measured_.interval) {
            out["stop"]["ci_relative"] = measured_.ci_relative;
            out["stop"]["confidence"] = rounded(measured_.interval->confidence);
        }
        out["outliers"] = outliers(measured_.samples);
        out["phases"] = std::move(phases);
        if (const dmabench_hist& lap = measured_.histograms[DMABENCH_PHASE_LAP]; lap.count != 0) {
            json& histogram = out["histogram"];
            histogram["relative_error"] = 0.5 / (1U << DMABENCH_HIST_SUB_BITS);
            histogram["laps"] = lap.count;
            histogram["stamp_ns"] = rounded(measured_.stamp_ns);
            for (std::uint32_t i = 0; i < DMABENCH_HIST_BUCKETS; ++i)
                if (lap.bucket[i] != 0)
                    histogram["buckets"].push_back({dmabench_hist_low(i), dmabench_hist_low(i + 1), lap.bucket[i]});
        }
        json& buffer = out["buffer"];
        buffer["relation"] = measured_.buffer.relation;
        if (measured_.buffer.phys_addr != 0)
            buffer["phys_addr"] = fmt::format("{:#x}", measured_.buffer.phys_addr);
        if (measured_.buffer.dma_addr != 0)
            buffer["dma_addr"] = fmt::format("{:#x}", measured_.buffer.dma_addr);
        if (measured_.buffer.dma_mask != 0)
            buffer["dma_mask"] = fmt::format("{:#x}", measured_.buffer.dma_mask);
        if (measured_.buffer.coherent_mask != 0)
            buffer["coherent_mask"] = fmt::format("{:#x}", measured_.buffer.coherent_mask);
        if (measured_.buffer.unmapped_on)
            buffer["unmapped_on_cpu"] = *measured_.buffer.unmapped_on;
        if (!measured_.buffer.source.empty())
            buffer["source"] = measured_.buffer.source;
        if (measured_.kernel != nullptr) {
            out["access"]["instructions"] = measured_.kernel->name;
            out["access"]["bytes"] = measured_.kernel->bytes;
        }
        if (measured_.transfers) {
            json& ownership = out["ownership"];
            ownership["sync"] = to_string(find_axis("ownership")->get(point_));
            ownership["fresh_laps"] = measured_.transfers->fresh;
            ownership["stale_laps"] = measured_.transfers->stale;
            ownership["data"] = data_verdict(*measured_.transfers);
        }
        if (std::any_of(measured_.counts.begin(), measured_.counts.end(),
                        [](const Count& count) { return count.event.starts_with("model:"); }))
            out["device_side"] = device_side_name(measured_.transfers);
        if (measured_.mapping) {
            json& mapping = out["mapping"];
            mapping["requested"] = measured_.mapping->requested;
            mapping["user"] = measured_.mapping->user_type;
            mapping["kernel"] = measured_.mapping->kernel_type;
            mapping["user_attr"] = measured_.mapping->user_attr;
            mapping["kernel_attr"] = measured_.mapping->kernel_attr;
        }
        return out;
    }

    const Point& point_;
    const Measurement& measured_;
    const ClockCost& clock_;
};

}  // namespace

double histogram_quantile(const dmabench_hist& histogram, double q) {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(histogram.count)));
    std::uint64_t seen = 0;
    for (std::uint32_t i = 0; i < DMABENCH_HIST_BUCKETS; ++i) {
        seen += histogram.bucket[i];
        if (seen < std::max<std::uint64_t>(wanted, 1))
            continue;
        const auto low = static_cast<double>(dmabench_hist_low(i));
        const auto high = static_cast<double>(dmabench_hist_low(i + 1) - 1);
        return std::clamp((low + high) / 2, static_cast<double>(histogram.min_ns),
                          static_cast<double>(histogram.max_ns));
    }
    return static_cast<double>(histogram.max_ns);
}

nlohmann::ordered_json make_row(const Point& point, const Measurement& measured, const ClockCost& clock) {
    return RowMaker(point, measured, clock).make();
}

}  // namespace dmabench
