// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>

#include "base/text.h"

namespace dmabench {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<Unit, 7> size_units = {{{"", 1},
                                             {"K", 1ULL << 10},
                                             {"KiB", 1ULL << 10},
                                             {"M", 1ULL << 20},
                                             {"MiB", 1ULL << 20},
                                             {"G", 1ULL << 30},
                                             {"GiB", 1ULL << 30}}};
constexpr std::array<Unit, 4> time_units = {
    {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}}};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

/// The digits that the text begins with, and what comes after them.
struct Quantity {
    std::uint64_t number = 0;
    std::string_view unit;
};

/// `examples` ends the sentence "expected ...".
Result<Quantity> split(std::string_view text, std::string_view examples) {
    const std::string_view all = trimmed(text);
    if (all.empty()) {
        return fail(ErrorKind::usage, "empty; expected {}", examples);
    }
    if (all.size() > 1 && all[0] == '-' && is_digit(all[1])) {
        return fail(ErrorKind::usage, "{} is negative; expected {}", in_quotes(all), examples);
    }
    const auto end =
        static_cast<std::size_t>(std::find_if_not(all.begin(), all.end(), is_digit) - all.begin());
    if (end == 0) {
        return fail(ErrorKind::usage, "{} is not a number; expected {}", in_quotes(all), examples);
    }
    if (end < all.size() && (all[end] == '.' || all[end] == ',')) {
        return fail(ErrorKind::usage, "{} is not a whole number; expected {}", in_quotes(all), examples);
    }
    Quantity quantity;
    const auto read = std::from_chars(all.data(), all.data() + end, quantity.number);
    if (read.ec != std::errc{}) {
        return fail(ErrorKind::usage, "{} is too large", in_quotes(all));
    }
    quantity.unit = trimmed(all.substr(end));
    return quantity;
}

}  // namespace

Result<std::uint64_t> parse_integer(std::string_view text) {
    const auto quantity = split(text, "an integer such as 4096 or 4K");
    if (!quantity) {
        return tl::unexpected(quantity.error());
    }
    const auto* unit = std::find_if(size_units.begin(), size_units.end(), [&](const Unit& u) {
        return equal_ignoring_case(u.name, quantity->unit);
    });
    if (unit == size_units.end()) {
        return fail(ErrorKind::usage, "{} has the unknown unit {}; expected K, M, G, KiB, MiB or GiB",
                    in_quotes(trimmed(text)), in_quotes(quantity->unit));
    }
    if (quantity->number > most / unit->factor) {
        return fail(ErrorKind::usage, "{} is too large", in_quotes(trimmed(text)));
    }
    return quantity->number * unit->factor;
}

Result<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    constexpr std::string_view examples = "a whole number with a unit, such as 250us, 1ms or 2s";
    const auto quantity = split(text, examples);
    if (!quantity) {
        return tl::unexpected(quantity.error());
    }
    if (quantity->unit.empty()) {
        return fail(ErrorKind::usage, "{} has no unit; expected {}", in_quotes(trimmed(text)), examples);
    }
    const auto* unit = std::find_if(time_units.begin(), time_units.end(),
                                    [&](const Unit& u) { return u.name == quantity->unit; });
    if (unit == time_units.end()) {
        return fail(ErrorKind::usage, "{} has the unknown unit {}; expected ns, us, ms or s",
                    in_quotes(trimmed(text)), in_quotes(quantity->unit));
    }
    constexpr auto longest = static_cast<std::uint64_t>(std::chrono::nanoseconds::max().count());
    if (quantity->number > longest / unit->factor) {
        return fail(ErrorKind::usage, "{} is too long", in_quotes(trimmed(text)));
    }
    return std::chrono::nanoseconds(quantity->number * unit->factor);
}

Result<double> parse_percent(std::string_view text) {
    const std::string_view all = trimmed(text);
    double value = 0;
    const auto read = std::from_chars(all.data(), all.data() + all.size(), value, std::chars_format::fixed);
    const std::string_view unit = trimmed(all.substr(static_cast<std::size_t>(read.ptr - all.data())));
    if (read.ec != std::errc{} || !is_digit(all[0]) || unit != "%") {
        return fail(ErrorKind::usage,
                    "{} is not a share; expected a number with a percent sign, such as 5% or 0.5%",
                    in_quotes(all));
    }
    return value / 100;
}

std::uint64_t IntegerRange::count() const {
    if (!geometric) {
        const std::uint64_t steps = (last - first) / step;
        return steps == most ? most : steps + 1;
    }
    std::uint64_t count = 1;
    for (std::uint64_t value = first; value <= last / step; value *= step) {
        ++count;
    }
    return count;
}

bool IntegerRange::contains(std::uint64_t value) const {
    if (value < first || value > last) {
        return false;
    }
    if (!geometric) {
        return (value - first) % step == 0;
    }
    std::uint64_t at = first;
    while (at < value && at <= last / step) {
        at *= step;
    }
    return at == value;
}

std::vector<std::uint64_t> IntegerRange::values() const {
    std::vector<std::uint64_t> result;
    std::uint64_t value = first;
    for (std::uint64_t left = count(); left > 0; --left) {
        result.push_back(value);
        value = geometric ? value * step : value + step;  // may wrap after the last one
    }
    return result;
}

Result<IntegerRange> parse_range(std::string_view text) {
    const std::string_view all = trimmed(text);
    const std::size_t dots = all.find("..");
    if (dots == std::string_view::npos) {
        return parse_integer(all).map([](std::uint64_t value) {
            return IntegerRange{value, value, 1, false};
        });
    }
    const auto wrong = [&](std::string_view why) {
        return fail(ErrorKind::usage, "range {} {}", in_quotes(all), why);
    };
    constexpr std::string_view no_step = "has no step; expected one such as '4K..64K x2' or '4K..64K +4K'";
    const std::string_view rest = all.substr(dots + 2);
    const std::size_t step_at = rest.find_first_of("xX+*");
    if (step_at == std::string_view::npos) {
        return wrong(no_step);
    }
    const auto first = parse_integer(all.substr(0, dots));
    const auto last = parse_integer(rest.substr(0, step_at));
    const auto step = parse_integer(rest.substr(step_at + 1));
    for (const auto* part : {&first, &last, &step}) {
        if (!*part) {
            return wrong("is wrong: " + part->error().message);
        }
    }
    if (rest[step_at] == '*') {
        return wrong(no_step);
    }
    const IntegerRange range{*first, *last, *step, rest[step_at] != '+'};
    if (range.first > range.last) {
        return wrong("descends; write the smaller bound first");
    }
    if (range.step == 0 || (range.geometric && range.step == 1)) {
        return wrong(range.geometric ? "never grows; the least factor is x2"
                                     : "never grows; the least step is +1");
    }
    if (range.geometric && range.first == 0) {
        return wrong("cannot multiply from 0; expected a first value of 1 or more, or a step such as +4");
    }
    return range;
}

}  // namespace dmabench
