// SPDX-License-Identifier: GPL-2.0-only
// The costs of a report's rows taken apart into calls and accesses, so that they can be put together again
// for a workload that was not measured itself.
#pragma once

#include <compare>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "analysis/cost_curve.h"
#include "base/result.h"
#include "plan/point.h"

namespace dmabench {

/// What a lap is made of. A cost is of one call, by the bytes it is given.
enum class Part {
    map,
    unmap,
    sync_for_device,        ///< of the whole buffer; a barrier for memory that needs no more
    sync_for_cpu,           ///< likewise
    sync_range_for_device,  ///< of a part of the buffer
    sync_range_for_cpu,     ///< likewise
    touch,                  ///< after a change of ownership, where the memory has such changes
    touch_again,            ///< with no change of ownership since the last time
};

/// A kind of memory and how it is reached.
struct Memory {
    std::string target;
    std::string strategy;
    Source source = Source::by_strategy;
    CacheMode cache_mode = CacheMode::none;  ///< none: the CPU works in the kernel
    auto operator<=>(const Memory&) const = default;
};

/// A cost, or why there is none.
using Cost = tl::expected<Estimate, std::string>;

class CostModel {
  public:
    /// ErrorKind::usage when it is no report of ours, or has no row with phases. `name` is for messages.
    static Result<CostModel> load(const nlohmann::ordered_json& report, const std::string& name);

    struct Question {
        Memory memory;
        Direction direction = Direction::bidirectional;
        Touch touch = Touch::none;  ///< what the CPU does in the laps; in user space, the access
        Pattern pattern = Pattern::sequential;
    };

    /// One call of `part` given so many bytes. Where no row has the same touch, those with another serve for
    /// mapping and syncing.
    [[nodiscard]] Cost of(const Question& question, Part part, std::uint64_t bytes) const;

    /// The row that measured just this point, as a whole.
    [[nodiscard]] std::optional<Estimate> measured(const Point& point) const;

    /// What a lap with nothing in it costs; 0 when that was not measured.
    [[nodiscard]] double empty_lap_ns() const { return empty_lap_ns_; }

    [[nodiscard]] const std::set<Memory>& memories() const { return memories_; }

    /// All numbers of bytes at which anything was measured, ascending.
    [[nodiscard]] std::vector<std::uint64_t> measured_bytes() const;

    [[nodiscard]] const std::string& row_name(std::size_t row) const { return names_.at(row); }

    /// Names of targets, in the order of the rows.
    [[nodiscard]] const std::vector<std::string>& targets() const { return targets_; }

  private:
    struct Key {
        Memory memory;
        Direction direction;
        Touch touch;
        Pattern pattern;
        Part part;
        auto operator<=>(const Key&) const = default;
    };
    struct Whole {
        double ns;
        double low;
        double high;
        std::size_t row;
    };

    void add_row(const nlohmann::ordered_json& row);
    void add_phases(const nlohmann::ordered_json& phases, const Point& point, double spread, std::size_t row);

    std::map<Key, CostCurve> curves_;
    std::map<std::string, Whole> whole_;  // by the point's name
    std::set<Memory> memories_;
    std::vector<std::string> names_;
    std::vector<std::string> targets_;
    double empty_lap_ns_ = 0;
};

}  // namespace dmabench
