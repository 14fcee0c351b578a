// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/values.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

using namespace dmabench;
using namespace std::chrono_literals;

namespace {

template <typename T>
std::string message(const Result<T>& result) {
    if (result) {
        return "no error";
    }
    EXPECT_EQ(result.error().kind, ErrorKind::usage);
    return result.error().message;
}

using Values = std::vector<std::uint64_t>;

}  // namespace

TEST(Values, IntegersTakeBinaryUnits) {
    EXPECT_EQ(parse_integer("64"), 64U);
    EXPECT_EQ(parse_integer("0"), 0U);
    EXPECT_EQ(parse_integer("4K"), 4096U);
    EXPECT_EQ(parse_integer("4k"), 4096U);
    EXPECT_EQ(parse_integer("4KiB"), 4096U);
    EXPECT_EQ(parse_integer(" 4 KiB "), 4096U);
    EXPECT_EQ(parse_integer("1M"), 1U << 20);
    EXPECT_EQ(parse_integer("1MiB"), 1U << 20);
    EXPECT_EQ(parse_integer("1G"), 1U << 30);
    EXPECT_EQ(parse_integer("1GiB"), 1U << 30);
    EXPECT_EQ(parse_integer("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
}

TEST(Values, IntegersSayWhatIsWrong) {
    EXPECT_EQ(message(parse_integer("")), "empty; expected an integer such as 4096 or 4K");
    EXPECT_EQ(message(parse_integer("  ")), "empty; expected an integer such as 4096 or 4K");
    EXPECT_EQ(message(parse_integer("many")),
              "'many' is not a number; expected an integer such as 4096 or 4K");
    EXPECT_EQ(message(parse_integer("-4K")), "'-4K' is negative; expected an integer such as 4096 or 4K");
    EXPECT_EQ(message(parse_integer("1.5K")),
              "'1.5K' is not a whole number; expected an integer such as 4096 or 4K");
    EXPECT_EQ(message(parse_integer("4KB")),
              "'4KB' has the unknown unit 'KB'; expected K, M, G, KiB, MiB or GiB");
    EXPECT_EQ(message(parse_integer("4K 4K")),
              "'4K 4K' has the unknown unit 'K 4K'; expected K, M, G, KiB, MiB or GiB");
    EXPECT_EQ(message(parse_integer("18446744073709551616")), "'18446744073709551616' is too large");
    EXPECT_EQ(message(parse_integer("18014398509481984K")), "'18014398509481984K' is too large");
    EXPECT_EQ(message(parse_integer("4\n")),
              "'4\\n' has the unknown unit '\\n'; expected K, M, G, KiB, MiB or GiB");
}

TEST(Values, DurationsNeedAUnit) {
    EXPECT_EQ(parse_duration("100ns"), 100ns);
    EXPECT_EQ(parse_duration("250us"), 250us);
    EXPECT_EQ(parse_duration("1ms"), 1ms);
    EXPECT_EQ(parse_duration(" 2 s "), 2s);
    EXPECT_EQ(parse_duration("0s"), 0ns);
    const std::string expected = "; expected a whole number with a unit, such as 250us, 1ms or 2s";
    EXPECT_EQ(message(parse_duration("5")), "'5' has no unit" + expected);
    EXPECT_EQ(message(parse_duration("")), "empty" + expected);
    EXPECT_EQ(message(parse_duration("soon")), "'soon' is not a number" + expected);
    EXPECT_EQ(message(parse_duration("1.5ms")), "'1.5ms' is not a whole number" + expected);
    EXPECT_EQ(message(parse_duration("-1ms")), "'-1ms' is negative" + expected);
    EXPECT_EQ(message(parse_duration("1min")), "'1min' has the unknown unit 'min'; expected ns, us, ms or s");
    EXPECT_EQ(message(parse_duration("9223372037s")), "'9223372037s' is too long");
    EXPECT_EQ(parse_duration("9223372036s"), 9223372036s);
}

TEST(Values, RangesMultiplyOrAdd) {
    EXPECT_EQ(parse_range("4K..32K x2")->values(), (Values{4096, 8192, 16384, 32768}));
    EXPECT_EQ(parse_range("0..16 +4")->values(), (Values{0, 4, 8, 12, 16}));
    EXPECT_EQ(parse_range("7")->values(), (Values{7}));
    EXPECT_EQ(parse_range("4K..4K x2")->values(), (Values{4096}));
    EXPECT_EQ(parse_range(" 1 .. 100 x 10 ")->values(), (Values{1, 10, 100}));
}

TEST(Values, RangesHaveTheirEndOnlyWhenItIsHit) {
    EXPECT_EQ(parse_range("64..300 x4")->values(), (Values{64, 256}));
    EXPECT_EQ(parse_range("0..10 +4")->values(), (Values{0, 4, 8}));
}

TEST(Values, RangesAreCountedWithoutBeingExpanded) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ((IntegerRange{0, most, 1, false}.count()), most);
    EXPECT_EQ((IntegerRange{1, most, 1, false}.count()), most);
    EXPECT_EQ((IntegerRange{1, most, 2, true}.count()), 64U);
    EXPECT_EQ((IntegerRange{1, most, most, true}.values()), (Values{1, most}));
    EXPECT_EQ((IntegerRange{most - 1, most, 1, false}.values()), (Values{most - 1, most}));
}

TEST(Values, RangesSayWhatIsWrong) {
    EXPECT_EQ(message(parse_range("4M..4K x2")), "range '4M..4K x2' descends; write the smaller bound first");
    EXPECT_EQ(message(parse_range("1..4 +0")), "range '1..4 +0' never grows; the least step is +1");
    EXPECT_EQ(message(parse_range("1..4 x1")), "range '1..4 x1' never grows; the least factor is x2");
    EXPECT_EQ(message(parse_range("1..4 x0")), "range '1..4 x0' never grows; the least factor is x2");
    EXPECT_EQ(
        message(parse_range("0..4 x2")),
        "range '0..4 x2' cannot multiply from 0; expected a first value of 1 or more, or a step such as +4");
    const std::string no_step = " has no step; expected one such as '4K..64K x2' or '4K..64K +4K'";
    EXPECT_EQ(message(parse_range("4K..4M")), "range '4K..4M'" + no_step);
    EXPECT_EQ(message(parse_range("4K..4M *2")), "range '4K..4M *2'" + no_step);
    EXPECT_EQ(message(parse_range("4K..4M -2")), "range '4K..4M -2'" + no_step);
    EXPECT_EQ(message(parse_range("4K..4M x")),
              "range '4K..4M x' is wrong: empty; expected an integer such as 4096 or 4K");
    EXPECT_EQ(message(parse_range("..4M x2")),
              "range '..4M x2' is wrong: empty; expected an integer such as 4096 or 4K");
    EXPECT_EQ(message(parse_range("-1..4 +1")),
              "range '-1..4 +1' is wrong: '-1' is negative; expected an integer such as 4096 or 4K");
    EXPECT_EQ(message(parse_range("1..99999999999999999999 x2")),
              "range '1..99999999999999999999 x2' is wrong: '99999999999999999999' is too large");
    EXPECT_EQ(
        message(parse_range("1..4 x1.5")),
        "range '1..4 x1.5' is wrong: '1.5' is not a whole number; expected an integer such as 4096 or 4K");
    EXPECT_EQ(
        message(parse_range("1..2..3 +1")),
        "range '1..2..3 +1' is wrong: '2..3' is not a whole number; expected an integer such as 4096 or 4K");
}
