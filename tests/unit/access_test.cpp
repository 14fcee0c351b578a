// SPDX-License-Identifier: GPL-2.0-only
#include "measure/access.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace dmabench {
namespace {

using PatternAndKernel = std::tuple<Pattern, AccessKernel>;

class AccessEveryByte : public ::testing::TestWithParam<PatternAndKernel> {
  protected:
    [[nodiscard]] static Point point(Access access, std::uint64_t size) {
        Point result;
        result.size = size;
        result.access = access;
        result.pattern = std::get<Pattern>(GetParam());
        return result;
    }
    [[nodiscard]] static const AccessKernel& kernel() { return std::get<AccessKernel>(GetParam()); }
};

TEST_P(AccessEveryByte, WriteReachesEveryByteOfTheTouchedPartAndNoOther) {
    alignas(64) std::array<std::byte, 4096> buffer{};
    Point odd = point(Access::write, buffer.size());
    odd.touch_bytes = 1003;  // no multiple of any width
    AccessLoop loop(odd, buffer, kernel());
    EXPECT_EQ(loop.bytes(), 1003U);
    loop();
    for (std::size_t i = 0; i < buffer.size(); ++i) {
        // words are 1 in their first byte, the odd end is 1 in each
        const bool touched = i < 1000 ? i % 8 == 0 : i < 1003;
        EXPECT_EQ(buffer[i], touched ? std::byte{1} : std::byte{0}) << i;
    }
}

TEST_P(AccessEveryByte, ReadAndCopyLeaveTheBufferAsItWas) {
    alignas(64) std::array<std::byte, 520> buffer{};
    std::memset(buffer.data(), 0x5a, buffer.size());
    const auto before = buffer;
    for (const Access access : {Access::read, Access::copy}) {
        AccessLoop loop(point(access, buffer.size()), buffer, kernel());
        loop();
        EXPECT_EQ(loop.bytes(), 520U);
        EXPECT_EQ(buffer, before);
    }
}

TEST_P(AccessEveryByte, CopyBringsTheBytesOver) {
    alignas(64) std::array<std::byte, 1024> buffer{};
    alignas(64) std::array<std::byte, 1024> destination{};
    for (std::size_t i = 0; i < buffer.size(); ++i)
        buffer[i] = static_cast<std::byte>(i * 7);
    const std::size_t units = buffer.size() / kernel().bytes;
    std::vector<std::uint32_t> backwards;
    for (std::size_t i = units; i > 0; --i)
        backwards.push_back(static_cast<std::uint32_t>(i - 1));
    kernel().run({Access::copy, std::get<Pattern>(GetParam()), buffer.data(), units, backwards.data(),
                  destination.data(), 0});
    EXPECT_EQ(destination, buffer);
}

std::vector<AccessKernel> here() { return {access_kernels().begin(), access_kernels().end()}; }

std::string name_of(const ::testing::TestParamInfo<PatternAndKernel>& test) {
    constexpr std::array<const char*, 3> patterns = {"sequential", "strided", "random"};
    const auto& [pattern, kernel] = test.param;
    return std::string(patterns.at(static_cast<std::size_t>(pattern))) + "_" + std::string(kernel.name);
}

INSTANTIATE_TEST_SUITE_P(PatternsAndKernels, AccessEveryByte,
                         ::testing::Combine(::testing::Values(Pattern::sequential, Pattern::strided,
                                                              Pattern::random),
                                            ::testing::ValuesIn(here())),
                         name_of);

TEST(AccessKernel, WordIsEightBytesAndVectorTheWidestHere) {
    EXPECT_EQ(access_kernel(Width::word).bytes, 8U);
    EXPECT_EQ(access_kernel(Width::word).name, "word");
    for (const AccessKernel& kernel : access_kernels())
        EXPECT_LE(kernel.bytes, access_kernel(Width::vector).bytes);
    EXPECT_GE(access_kernel(Width::vector).bytes, 16U);  // x86_64 has SSE2, arm64 has NEON
}

}  // namespace
}  // namespace dmabench
