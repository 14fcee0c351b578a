// SPDX-License-Identifier: GPL-2.0-only
// trace --advise: what the sites' drivers could do instead, by a report of this platform.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "analysis/fingerprint.h"
#include "trace/exchanges.h"

namespace dmabench {

struct RemedyOptions {
    std::string report;       ///< "": no remedies
    std::string touch_bytes;  ///< "": not known
    std::string target;       ///< "": the one that is like the device
    bool force = false;
};

/// Where the trace runs, as far as a report must be of the same.
struct RunningPlatform {
    nlohmann::ordered_json facts;  ///< context.platform
    std::string clock;             ///< as a report's clock.kind
};

class RemedyBook {
  public:
    /// ErrorKind::not_comparable for a report of another clock or, unless forced, another platform.
    static Result<RemedyBook> open(const RemedyOptions& options, const RunningPlatform& here);

    /// One line for stderr where the report is of another platform; or "".
    [[nodiscard]] std::string warning() const;

    /// What a person reads below the table, without line ends.
    [[nodiscard]] std::vector<std::string> lines(const Trace& trace, bool colour) const;

    /// "remedies" of docs/trace.schema.json.
    [[nodiscard]] nlohmann::ordered_json document(const Trace& trace) const;

  private:
    RemedyBook(LoadedReport report, CostModel model) : report_(std::move(report)), model_(std::move(model)) {}

    /// The exchange with each number of bytes that may be in use.
    struct Treated {
        TracedExchange traced;
        std::string target;
        std::string reason;  ///< why nothing can be said
        std::vector<std::uint64_t> used;
        std::vector<Remedies> by_used;
    };
    [[nodiscard]] std::vector<Treated> treat(const Trace& trace) const;
    [[nodiscard]] std::string target_like(const TracedExchange& traced) const;
    [[nodiscard]] std::vector<std::uint64_t> used_bytes(const Exchange& exchange) const;
    [[nodiscard]] std::string fact(const std::string& key) const;

    LoadedReport report_;
    CostModel model_;
    std::vector<FieldDifference> differing_;
    std::uint64_t touch_bytes_ = 0;
    std::string target_;
};

}  // namespace dmabench
