// SPDX-License-Identifier: GPL-2.0-only
#include "base/text.h"

#include <gtest/gtest.h>

#include <array>

using namespace dmabench;
using namespace std::string_view_literals;

TEST(Text, PrintableKeepsWordsAndEscapesTheRest) {
    EXPECT_EQ(printable("size 4K µs 漢 😀"), "size 4K µs 漢 😀");
    EXPECT_EQ(printable("a\nb\tc\x1b[31m\x7f\0"sv), "a\\nb\\tc\\x1b[31m\\x7f\\x00");
    EXPECT_EQ(printable("\xff\xc3("), "\\xff\\xc3(");
    EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");  // U+009B, CSI: a control sequence in one character
}

TEST(Text, InQuotesCutsBetweenCharacters) {
    EXPECT_EQ(in_quotes("size"), "'size'");
    EXPECT_EQ(in_quotes(std::string(61, 'x')), "'" + std::string(60, 'x') + "...'");
    EXPECT_EQ(in_quotes(std::string(59, 'x') + "µs"), "'" + std::string(59, 'x') + "µ...'");
    EXPECT_EQ(in_quotes(std::string(60, 'x')), "'" + std::string(60, 'x') + "'");
}

TEST(Text, JoinSeparates) {
    constexpr std::array words = {"a"sv, "b"sv, "c"sv};
    EXPECT_EQ(join(words), "a, b, c");
    EXPECT_EQ(join(words, "|"), "a|b|c");
    EXPECT_EQ(join({}), "");
}

TEST(Text, NearestFindsMisspellingsAndBeginnings) {
    constexpr std::array words = {"null"sv, "coherent"sv, "write_combine"sv, "streaming_single"sv, "size"sv};
    EXPECT_EQ(nearest("sizes", words), "size");
    EXPECT_EQ(nearest("szie", words), "size");  // two neighbours swapped are one edit
    EXPECT_EQ(nearest("Coherant", words), "coherent");
    EXPECT_EQ(nearest("write-combine", words), "write_combine");
    EXPECT_EQ(nearest("streaming", words), "streaming_single");
    EXPECT_EQ(nearest("banana", words), "");
    EXPECT_EQ(nearest("", words), "");
    EXPECT_EQ(nearest("x", words), "");
    EXPECT_EQ(nearest(std::string(100'000, 's'), words), "");
    EXPECT_EQ(nearest("size", {}), "");
}

TEST(Text, DidYouMeanIsEmptyWithoutAGuess) {
    constexpr std::array words = {"size"sv};
    EXPECT_EQ(did_you_mean("sizes", words), " (did you mean 'size'?)");
    EXPECT_EQ(did_you_mean("banana", words), "");
}

TEST(Text, TrimmedTakesSpacesAndTabsOff) {
    EXPECT_EQ(trimmed(" \t4K "), "4K");
    EXPECT_EQ(trimmed("  "), "");
    EXPECT_EQ(trimmed(""), "");
}

TEST(Text, FirstNotUtf8) {
    EXPECT_EQ(first_not_utf8("plain, µ, 漢, 😀"), std::nullopt);
    EXPECT_EQ(first_not_utf8("ab\xff"), 2U);
    EXPECT_EQ(first_not_utf8("\xc0\xaf"), 0U);          // overlong
    EXPECT_EQ(first_not_utf8("\xe0\x80\xaf"), 0U);      // overlong
    EXPECT_EQ(first_not_utf8("\xed\xa0\x80"), 0U);      // surrogate
    EXPECT_EQ(first_not_utf8("\xf4\x90\x80\x80"), 0U);  // above U+10FFFF
    EXPECT_EQ(first_not_utf8("x\xe6\xbc"), 1U);         // cut
    EXPECT_EQ(first_not_utf8("\x80"), 0U);
}
