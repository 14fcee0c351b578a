// SPDX-License-Identifier: GPL-2.0-only
#include "measure/access.h"

#include <gtest/gtest.h>

#include <cstring>

namespace dmabench {
namespace {

class AccessEveryWord : public ::testing::TestWithParam<Pattern> {};

TEST_P(AccessEveryWord, WriteReachesEveryByteOfTheTouchedPartAndNoOther) {
    alignas(64) std::array<std::byte, 4096> buffer{};
    Point point;
    point.size = buffer.size();
    point.touch_bytes = 1003;  // an odd end
    point.access = Access::write;
    point.pattern = GetParam();
    AccessLoop loop(point, buffer);
    EXPECT_EQ(loop.bytes(), 1003U);
    loop();
    for (std::size_t i = 0; i < buffer.size(); ++i) {
        // words are 1 in their first byte, the odd end is 1 in each
        const bool touched = i < 1000 ? i % 8 == 0 : i < 1003;
        EXPECT_EQ(buffer[i], touched ? std::byte{1} : std::byte{0}) << i;
    }
}

TEST_P(AccessEveryWord, ReadAndCopyLeaveTheBufferAsItWas) {
    alignas(64) std::array<std::byte, 512> buffer{};
    std::memset(buffer.data(), 0x5a, buffer.size());
    const auto before = buffer;
    for (const Access access : {Access::read, Access::copy}) {
        Point point;
        point.size = buffer.size();
        point.access = access;
        point.pattern = GetParam();
        AccessLoop loop(point, buffer);
        loop();
        EXPECT_EQ(loop.bytes(), 512U);
        EXPECT_EQ(buffer, before);
    }
}

INSTANTIATE_TEST_SUITE_P(Patterns, AccessEveryWord,
                         ::testing::Values(Pattern::sequential, Pattern::strided, Pattern::random));

}  // namespace
}  // namespace dmabench
