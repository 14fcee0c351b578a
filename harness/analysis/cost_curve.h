// SPDX-License-Identifier: GPL-2.0-only
// What one call costs by the number of bytes it is given, as far as that was measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dmabench {

/// A cost in ns with the interval it lies in, and the rows (by index) that it rests on.
struct Estimate {
    double ns = 0;
    double low = 0;
    double high = 0;
    bool interpolated = false;  ///< no row has just these bytes
    std::vector<std::size_t> rows;

    /// Both costs, one after the other.
    Estimate& operator+=(const Estimate& other);

    /// `times` of it; below 1 where it does not happen in every lap.
    [[nodiscard]] Estimate operator*(double times) const;
};

/// A cost measured for some numbers of bytes. Between two of them it is taken to be a straight line, as calls
/// cost a fixed part and a part per byte; how far that holds is told by leaving each measured place out and
/// predicting it from its neighbours. Nothing is ever said beyond the first and the last.
class CostCurve {
  public:
    /// Of several figures for the same bytes the first stays.
    void add(std::uint64_t bytes, double ns, double low, double high, std::size_t row);

    /// Nothing when the bytes are outside of what was measured.
    [[nodiscard]] std::optional<Estimate> at(std::uint64_t bytes) const;

    [[nodiscard]] bool empty() const { return places_.empty(); }
    [[nodiscard]] std::uint64_t first() const { return places_.front().bytes; }
    [[nodiscard]] std::uint64_t last() const { return places_.back().bytes; }

    /// The measured numbers of bytes, ascending.
    [[nodiscard]] std::vector<std::uint64_t> measured() const;

  private:
    struct Place {
        std::uint64_t bytes;
        double ns;
        double low;
        double high;
        std::size_t row;
    };

    /// How much a straight line between the neighbours of a place misses it, relative to its cost.
    [[nodiscard]] double bend(std::size_t place) const;

    std::vector<Place> places_;  // ascending by bytes
};

}  // namespace dmabench
