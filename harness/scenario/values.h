// SPDX-License-Identifier: GPL-2.0-only
// Values as people write them: "64K", "250us", "4K..4M x2". Messages say what was expected; the caller
// says where (a place in a file, or an option).
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace dmabench {

/// "64", "4K", "4KiB", "1M", "1GiB": whole numbers; K, M and G are powers of 1024, in either case.
Result<std::uint64_t> parse_integer(std::string_view text);

/// "100ns", "250us", "1ms", "2s": a whole number and a unit.
Result<std::chrono::nanoseconds> parse_duration(std::string_view text);

/// "5%", "0.5%": a number and a percent sign, as a fraction (0.05).
Result<double> parse_percent(std::string_view text);

/// first, first + step, ... or first, first * step, ...; `last` is in it only when it is hit.
struct IntegerRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t step = 1;  ///< at least 1, and at least 2 when geometric
    bool geometric = false;  ///< `first` is not 0 then

    /// How many values; 2^64 - 1 when more.
    [[nodiscard]] std::uint64_t count() const;

    [[nodiscard]] bool contains(std::uint64_t value) const;

    /// All of them. Look at count() first.
    [[nodiscard]] std::vector<std::uint64_t> values() const;

    friend bool operator==(const IntegerRange&, const IntegerRange&) = default;
};

/// "4K..4M x2", "0..16 +4", or a single integer.
Result<IntegerRange> parse_range(std::string_view text);

}  // namespace dmabench
