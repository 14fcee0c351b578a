// SPDX-License-Identifier: GPL-2.0-only
// Call sites: the rows of all CPUs put together, with the cost of tracing taken off, and what they tell.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "trace/trace_session.h"

namespace dmabench {

/// A row's histogram has one bucket for 2^trace_bucket_shift of struct dmabench_hist's.
inline constexpr std::uint32_t trace_bucket_shift = 2;

/// A place in a driver that calls one function of the DMA API for one device.
struct Site {
    std::string driver;
    std::string device;
    std::uint32_t function = 0;   ///< enum dmabench_trace_function
    std::uint32_t direction = 0;  ///< enum dmabench_direction; 3: none
    std::string caller;           ///< "symbol+0x12 [module]"
    std::string parent;           ///< the caller's caller, or ""
    std::uint32_t flags = 0;      ///< DMABENCH_TRACE_*
    std::uint64_t calls = 0;
    std::uint64_t failed = 0;
    std::uint64_t bounced = 0;
    std::uint64_t unsynced = 0;
    std::uint64_t bytes = 0;
    std::uint64_t min_bytes = 0;
    std::uint64_t max_bytes = 0;
    std::uint64_t switched = 0;  ///< lost the CPU meanwhile: how long they took is not known
    double total_ns = 0;         ///< CPU time of all calls; as the following, without the bias of tracing
    double min_ns = 0;
    double max_ns = 0;
    std::array<std::uint64_t, DMABENCH_TRACE_BUCKETS> buckets{};  ///< with it
    std::vector<std::string> notes;  ///< "bounced", "IOMMU", "whole buffer", ...: see mark()

    [[nodiscard]] double bytes_per_call() const;

    /// The duration that a share of the calls stays below, ns; within 12.5 %.
    [[nodiscard]] double percentile(double share, double bias_ns) const;

    [[nodiscard]] bool is_sync() const;
    [[nodiscard]] bool is_map() const;
};

/// What was traced within a time.
struct Trace {
    double seconds = 0;
    double bias_ns = 0;
    double cost_ns = 0;
    std::uint64_t missed = 0;
    std::uint64_t nested = 0;
    std::uint64_t homeless = 0;
    std::uint64_t unplaced = 0;  ///< calls of sites that found no row
    std::vector<std::string> untold;  ///< as TraceSnapshot has it
    std::vector<Site> sites;     ///< dearest first

    [[nodiscard]] std::uint64_t calls() const;
    [[nodiscard]] double total_ns() const;
};

/// All since the beginning, or since a snapshot `since`, of which then only the largest duration is older.
Trace gather(const TraceStart& start, const TraceSnapshot& now, const TraceSnapshot* since = nullptr);

/// Which sites are to be seen; what is empty lets all pass.
struct SiteFilter {
    std::vector<std::string> drivers;
    std::vector<std::string> devices;
    double min_ns = 0;  ///< of all calls of a site
};

/// Leaves only those.
void keep(Trace& trace, const SiteFilter& filter);

/// "from_device", "to_device", "bidirectional", "none"
[[nodiscard]] const char* direction_name(std::uint32_t direction);

}  // namespace dmabench
