// SPDX-License-Identifier: GPL-2.0-only
#include "plan/matrix.h"

#include <gtest/gtest.h>

using namespace dmabench;

namespace {

MatrixAxis words(const char* axis, const std::vector<std::string>& values) {
    return {find_axis(axis), {values.begin(), values.end()}};
}

MatrixAxis numbers(const char* axis, const std::vector<std::uint64_t>& values) {
    return {find_axis(axis), {values.begin(), values.end()}};
}

std::vector<std::string> names(const Expansion& expansion) {
    std::vector<std::string> result;
    for (const Point& point : expansion.points) {
        result.push_back(point.name());
    }
    return result;
}

/// "name: reason" of each.
std::vector<std::string> exclusions(const Expansion& expansion) {
    std::vector<std::string> result;
    for (const Excluded& excluded : expansion.excluded) {
        result.push_back(excluded.name + ": " + excluded.reason);
    }
    return result;
}

using Names = std::vector<std::string>;

}  // namespace

TEST(Matrix, StrategyIsOutermostTheRestAsWritten) {
    const auto expansion = expand({words("touch", {"none", "read"}), numbers("size", {64, 1}),
                                   words("strategy", {"write_combine", "coherent"})});
    EXPECT_EQ(
        names(expansion),
        (Names{"write_combine/size:64/target:auto", "write_combine/size:1/target:auto",
               "write_combine/size:64/target:auto/touch:read", "write_combine/size:1/target:auto/touch:read",
               "coherent/size:64/target:auto", "coherent/size:1/target:auto",
               "coherent/size:64/target:auto/touch:read", "coherent/size:1/target:auto/touch:read"}));
    EXPECT_TRUE(expansion.excluded.empty());
    EXPECT_FALSE(expansion.first_conflict);
}

TEST(Matrix, AxesThatDoNotApplyMakeNoTwins) {
    const auto expansion = expand({words("strategy", {"null", "coherent", "streaming_sg"}),
                                   numbers("size", {64}), words("direction", {"to_device", "from_device"}),
                                   numbers("sync_every", {0, 1}), words("source", {"kmalloc", "pages"}),
                                   numbers("sync_bytes", {0, 64}), words("touch", {"read"})});
    EXPECT_EQ(
        names(expansion),
        (Names{
            "null/size:64/target:auto", "coherent/size:64/target:auto/touch:read",
            "streaming_sg/direction:to_device/map_every:1/size:64/sync_every:0/target:auto/touch:read",
            "streaming_sg/direction:to_device/map_every:1/size:64/sync_every:1/target:auto/touch:read",
            "streaming_sg/direction:from_device/map_every:1/size:64/sync_every:0/target:auto/touch:read",
            "streaming_sg/direction:from_device/map_every:1/size:64/sync_every:1/target:auto/touch:read"}));
    const Point& coherent = expansion.points[1];
    EXPECT_EQ(coherent.direction, Direction::bidirectional);
    EXPECT_EQ(coherent.source, Source::by_strategy);
    EXPECT_EQ(coherent.sync_every, 0U);
    EXPECT_EQ(coherent.sync_bytes, 0U);
}

TEST(Matrix, SourcesOfAStrategy) {
    const std::vector<std::string> all = {"default", "kmalloc", "pages", "slab", "vmalloc", "user"};
    const auto single = expand(
        {words("strategy", {"streaming_single"}), numbers("size", {64}), words("source", all)});
    const std::string rest = "/direction:bidirectional/map_every:1/size:64/";
    EXPECT_EQ(names(single), (Names{"streaming_single" + rest + "sync_every:0/target:auto",
                                    "streaming_single" + rest + "source:kmalloc/sync_every:0/target:auto",
                                    "streaming_single" + rest + "source:pages/sync_every:0/target:auto",
                                    "streaming_single" + rest + "source:slab/sync_every:0/target:auto"}));
    EXPECT_EQ(exclusions(single),
              (Names{"streaming_single/size:64/source:vmalloc: streaming_single takes no memory of vmalloc, "
                     "only of kmalloc, pages, slab",
                     "streaming_single/size:64/source:user: streaming_single takes no memory of user, only "
                     "of kmalloc, pages, slab"}));
    const auto list =
        expand({words("strategy", {"streaming_sg"}), numbers("size", {64}), words("source", all)});
    EXPECT_EQ(names(list), (Names{"streaming_sg" + rest + "sync_every:0/target:auto",
                                  "streaming_sg" + rest + "source:vmalloc/sync_every:0/target:auto",
                                  "streaming_sg" + rest + "source:user/sync_every:0/target:auto"}));
    EXPECT_EQ(list.excluded.size(), 2U);
    EXPECT_EQ(list.first_conflict->axis->name, "source");
    const auto others = expand({words("strategy", {"streaming_page", "streaming_recycle", "copy"}),
                                numbers("size", {64}), words("source", all)});
    EXPECT_EQ(others.points.size(), 3U);
    EXPECT_TRUE(others.excluded.empty());
}

TEST(Matrix, DirtyNeedsMemoryThatIsThereBeforeTheLap) {
    const auto expansion =
        expand({words("strategy", {"null", "coherent", "pool", "streaming_page", "copy"}),
                numbers("size", {64}), numbers("map_every", {0, 1}), numbers("dirty", {0, 50})});
    const std::string page = "streaming_page/direction:bidirectional/";
    EXPECT_EQ(names(expansion),
              (Names{"null/size:64/target:auto", "coherent/size:64/target:auto",
                     "coherent/dirty:50/size:64/target:auto", "coherent/map_every:1/size:64/target:auto",
                     "pool/map_every:0/size:64/target:auto", "pool/dirty:50/map_every:0/size:64/target:auto",
                     "pool/map_every:1/size:64/target:auto",
                     page + "map_every:0/size:64/sync_every:1/target:auto",
                     "streaming_page/direction:bidirectional/dirty:50/map_every:0/size:64/sync_every:1/"
                     "target:auto",
                     page + "map_every:1/size:64/sync_every:0/target:auto",
                     "streaming_page/direction:bidirectional/dirty:50/map_every:1/size:64/sync_every:0/"
                     "target:auto",
                     "copy/direction:bidirectional/size:64/sync_every:1/target:auto",
                     "copy/direction:bidirectional/dirty:50/size:64/sync_every:1/target:auto",
                     "copy/direction:bidirectional/map_every:1/size:64/sync_every:0/target:auto",
                     "copy/direction:bidirectional/dirty:50/map_every:1/size:64/sync_every:0/target:auto"}));
    const auto accessed = expand({words("strategy", {"streaming_page"}), numbers("size", {64}),
                                  words("cache_mode", {"cached"}), words("access", {"read"}),
                                  numbers("dirty", {50})});
    EXPECT_EQ(accessed.points.front().dirty, 0U);
}

TEST(Matrix, CacheStateIsOfCachedMemoryThatIsThereBeforeTheLap) {
    const std::vector<std::string> all = {"as_is", "cold"};
    const auto kernel = expand({words("strategy", {"null", "coherent", "streaming_page"}),
                                numbers("size", {64}), numbers("map_every", {1}), words("cache_state", all)});
    EXPECT_EQ(
        names(kernel),
        (Names{"null/size:64/target:auto", "coherent/map_every:1/size:64/target:auto",
               "streaming_page/direction:bidirectional/map_every:1/size:64/sync_every:0/target:auto",
               "streaming_page/cache_state:cold/direction:bidirectional/map_every:1/size:64/sync_every:0/"
               "target:auto"}));
    EXPECT_TRUE(kernel.excluded.empty());
    const auto user = expand({words("strategy", {"streaming_page"}), numbers("size", {64}),
                              words("cache_mode", {"cached", "writecombine", "uncached"}),
                              words("access", {"read"}), words("cache_state", all)});
    const std::string head = "streaming_page/access:read/cache_mode:";
    const std::string tail = "direction:bidirectional/map_every:0/size:64/sync_every:1/target:auto";
    EXPECT_EQ(names(user), (Names{head + "cached/" + tail, head + "cached/cache_state:cold/" + tail,
                                  head + "writecombine/" + tail, head + "uncached/" + tail}));
}

TEST(Matrix, LinesThatAreInNoCacheOrAllDirtyHaveNoDirtyShare) {
    const auto expansion =
        expand({words("strategy", {"streaming_page"}), numbers("size", {64}), numbers("dirty", {0, 50}),
                words("cache_state", {"as_is", "cold", "warm", "dirty"})});
    EXPECT_EQ(expansion.points.size(), 6U);
    std::vector<std::string> reasons;
    for (const auto& excluded : expansion.excluded)
        reasons.push_back(excluded.reason);
    EXPECT_EQ(reasons,
              (std::vector<std::string>{
                  "with cache_state cold no line is in a cache, so none can be dirty",
                  "cache_state dirty has all lines dirty; for a share of them take dirty with cache_state "
                  "as_is or warm"}));
    const auto transfers =
        expand({words("strategy", {"streaming_page"}), numbers("size", {64}),
                words("direction", {"from_device"}), words("transfer", {"memcpy"}), numbers("map_every", {0}),
                numbers("dirty", {50}), words("cache_state", {"as_is", "warm"})});
    EXPECT_EQ(transfers.points.size(), 1U);
    ASSERT_EQ(transfers.excluded.size(), 1U);
    EXPECT_EQ(
        transfers.excluded.front().reason,
        "with a transfer the data are written before the lap, so that dirty lines need cache_state as_is or "
        "dirty");
}

TEST(Matrix, BatchesAndOtherCpusAreOfLapsThatMap) {
    const auto expansion = expand({words("strategy", {"null", "streaming_page"}), numbers("size", {64}),
                                   numbers("map_every", {0, 1}), numbers("batch", {1, 16}),
                                   words("unmap_cpu", {"none", "other"})});
    const std::string mapped = "/direction:bidirectional/map_every:1/size:64/sync_every:0/target:auto";
    EXPECT_EQ(names(expansion),
              (Names{"null/size:64/target:auto",
                     "streaming_page/direction:bidirectional/map_every:0/size:64/sync_every:1/target:auto",
                     "streaming_page" + mapped, "streaming_page" + mapped + "/unmap_cpu:other",
                     "streaming_page/batch:16" + mapped, "streaming_page/batch:16" + mapped + "/unmap_cpu:other"}));
    const auto large = expand({words("strategy", {"coherent"}), numbers("size", {1 << 20}), numbers("map_every", {1}),
                               numbers("batch", {64, 65})});
    EXPECT_EQ(large.points.size(), 1U);
    ASSERT_TRUE(large.first_conflict);
    EXPECT_EQ(large.first_conflict->reason, "batch 65 of size 1048576 exceeds 64 MiB");
}

TEST(Matrix, OffsetAndNodeAreOfMemoryThatIsOurs) {
    const auto expansion =
        expand({words("strategy", {"coherent", "copy", "streaming_page", "streaming_sg"}), numbers("size", {64}),
                words("source", {"default", "user"}), numbers("offset", {8}), words("node", {"1"})});
    const std::string rest = "/direction:bidirectional/map_every:1/";
    EXPECT_EQ(names(expansion),
              (Names{"coherent/size:64/target:auto", "copy/direction:bidirectional/size:64/sync_every:1/target:auto",
                     "streaming_page" + rest + "node:1/offset:8/size:64/sync_every:0/target:auto",
                     "streaming_sg" + rest + "node:1/offset:8/size:64/sync_every:0/target:auto",
                     "streaming_sg" + rest + "offset:8/size:64/source:user/sync_every:0/target:auto"}));
}

TEST(Matrix, AMaskIsWideEnoughToMeanSomething) {
    const auto expansion = expand({words("strategy", {"null", "coherent"}), numbers("size", {64}),
                                   numbers("mask_bits", {0, 15, 16, 64}), numbers("threads", {1, 2})});
    EXPECT_EQ(expansion.points.size(), 7U);
    ASSERT_TRUE(expansion.first_conflict);
    EXPECT_EQ(expansion.first_conflict->reason, "mask_bits 15 is too narrow for any device; expected 0, or 16 .. 64");
}

TEST(Matrix, DefaultsDependOnTheOtherAxes) {
    const auto expansion = expand({words("strategy", {"pool", "streaming_page"}), numbers("size", {64})});
    EXPECT_EQ(names(expansion),
              (Names{"pool/map_every:1/size:64/target:auto",
                     "streaming_page/direction:bidirectional/map_every:1/size:64/sync_every:0/target:auto"}));
    const auto mapped_once = expand({words("strategy", {"coherent", "streaming_page"}), numbers("size", {64}),
                                     numbers("map_every", {0})});
    EXPECT_EQ(names(mapped_once),
              (Names{"coherent/size:64/target:auto",
                     "streaming_page/direction:bidirectional/map_every:0/size:64/sync_every:1/target:auto"}));
    const auto accessed = expand({words("strategy", {"streaming_page"}), numbers("size", {64}),
                                  words("cache_mode", {"cached"}), words("access", {"read"})});
    EXPECT_EQ(names(accessed), (Names{"streaming_page/access:read/cache_mode:cached/direction:bidirectional/"
                                      "map_every:0/size:64/sync_every:1/target:auto"}));
}

TEST(Matrix, TouchBytesGoesWithTouchOrAccess) {
    const auto expansion = expand({words("strategy", {"coherent"}), numbers("size", {64}),
                                   words("touch", {"none", "read"}), numbers("touch_bytes", {8})});
    EXPECT_EQ(names(expansion), (Names{"coherent/size:64/target:auto",
                                       "coherent/size:64/target:auto/touch:read/touch_bytes:8"}));
}

TEST(Matrix, NullStaysTheBaselineOfUserSpaceAccess) {
    const auto expansion =
        expand({words("strategy", {"null", "pool", "streaming_sg", "coherent"}), numbers("size", {64}),
                words("cache_mode", {"coherent"}), words("access", {"read"})});
    EXPECT_EQ(names(expansion), (Names{"null/size:64/target:auto",
                                       "coherent/access:read/cache_mode:coherent/size:64/target:auto"}));
    EXPECT_EQ(
        exclusions(expansion),
        (Names{
            "pool/access:read/cache_mode:coherent/size:64: pool memory cannot be mmap()ed",
            "streaming_sg/access:read/cache_mode:coherent/size:64: streaming_sg memory cannot be mmap()ed"}));
}

TEST(Matrix, CacheModesOfAStrategy) {
    const std::vector<std::string> all = {"cached", "writecombine", "uncached", "coherent"};
    const auto modes = [&](const char* strategy) {
        const auto expansion = expand({words("strategy", {strategy}), numbers("size", {64}),
                                       words("cache_mode", all), words("access", {"read"})});
        EXPECT_EQ(expansion.points.size() + expansion.excluded.size(), all.size());
        std::vector<CacheMode> result;
        for (const Point& point : expansion.points) {
            result.push_back(point.cache_mode);
        }
        return result;
    };
    const std::vector<CacheMode> paged = {CacheMode::cached, CacheMode::writecombine, CacheMode::uncached};
    EXPECT_EQ(modes("coherent"), (std::vector{CacheMode::coherent}));
    EXPECT_EQ(modes("write_combine"), (std::vector{CacheMode::writecombine}));
    EXPECT_EQ(modes("streaming_single"), paged);
    EXPECT_EQ(modes("streaming_page"), paged);
    EXPECT_TRUE(modes("pool").empty());
    EXPECT_TRUE(modes("streaming_sg").empty());
    const auto wrong = expand({words("strategy", {"streaming_page"}), numbers("size", {64}),
                               words("cache_mode", {"coherent"}), words("access", {"read"})});
    EXPECT_EQ(wrong.first_conflict->reason,
              "streaming_page cannot be mmap()ed coherent, only cached, writecombine, uncached");
    EXPECT_EQ(wrong.first_conflict->axis->name, "cache_mode");
}

TEST(Matrix, AccessAndCacheModeComeAsAPair) {
    const auto expansion =
        expand({words("strategy", {"streaming_page"}), numbers("size", {64}),
                words("cache_mode", {"none", "cached"}), words("access", {"none", "read"})});
    EXPECT_EQ(
        names(expansion),
        (Names{"streaming_page/direction:bidirectional/map_every:1/size:64/sync_every:0/target:auto",
               "streaming_page/access:read/cache_mode:cached/direction:bidirectional/map_every:0/size:64/"
               "sync_every:1/target:auto"}));
    EXPECT_EQ(
        exclusions(expansion),
        (Names{
            "streaming_page/access:read/cache_mode:none/size:64: access needs a cache_mode, one of cached, "
            "writecombine, uncached, coherent",
            "streaming_page/access:none/cache_mode:cached/size:64: cache_mode needs an access, one of "
            "read, write, copy"}));
}

TEST(Matrix, TouchAndAccessExcludeEachOther) {
    const auto expansion =
        expand({words("strategy", {"coherent"}), numbers("size", {64}), words("cache_mode", {"coherent"}),
                words("access", {"read"}), words("touch", {"none", "write"})});
    EXPECT_EQ(expansion.points.size(), 1U);
    EXPECT_EQ(
        exclusions(expansion),
        (Names{"coherent/access:read/cache_mode:coherent/size:64/touch:write: touch and access exclude each "
               "other: a lap is either in the kernel or in user space"}));
}

TEST(Matrix, AccessNeedsALastingMapping) {
    const auto expansion =
        expand({words("strategy", {"streaming_page"}), numbers("size", {64}), words("cache_mode", {"cached"}),
                words("access", {"read"}), numbers("map_every", {0, 2})});
    EXPECT_EQ(expansion.points.size(), 1U);
    EXPECT_EQ(
        exclusions(expansion),
        (Names{"streaming_page/access:read/cache_mode:cached/map_every:2/size:64: access needs map_every 0, "
               "not 2: user space keeps its mapping"}));
}

TEST(Matrix, RangesMustBeInsideTheBuffer) {
    const auto expansion =
        expand({words("strategy", {"streaming_page"}), numbers("size", {64, 128}), numbers("sync_every", {1}),
                numbers("sync_offset", {0, 64}), numbers("sync_bytes", {0, 64, 128})});
    EXPECT_EQ(
        exclusions(expansion),
        (Names{
            "streaming_page/size:64/sync_bytes:128/sync_every:1/sync_offset:0: sync_offset 0 and "
            "sync_bytes 128 exceed size 64",
            "streaming_page/size:64/sync_bytes:0/sync_every:1/sync_offset:64: sync_offset 64 is outside of "
            "size 64",
            "streaming_page/size:64/sync_bytes:64/sync_every:1/sync_offset:64: sync_offset 64 is outside "
            "of size 64",
            "streaming_page/size:64/sync_bytes:128/sync_every:1/sync_offset:64: sync_offset 64 is outside "
            "of size 64",
            "streaming_page/size:128/sync_bytes:128/sync_every:1/sync_offset:64: sync_offset 64 and "
            "sync_bytes 128 exceed size 128"}));
    EXPECT_EQ(expansion.points.size(), 7U);

    const auto touched = expand({words("strategy", {"null", "coherent"}), numbers("size", {64}),
                                 words("touch", {"read"}), numbers("touch_bytes", {65})});
    EXPECT_EQ(names(touched), (Names{"null/size:64/target:auto"}));
    EXPECT_EQ(exclusions(touched),
              (Names{"coherent/size:64/touch:read/touch_bytes:65: touch_bytes 65 exceeds size 64"}));
    EXPECT_EQ(touched.first_conflict->axis->name, "touch_bytes");
}

TEST(Matrix, SettlingTwiceChangesNothing) {
    const auto expansion =
        expand({words("strategy", {"null", "coherent", "pool", "streaming_single"}), numbers("size", {4096}),
                numbers("map_every", {0, 3}), numbers("sync_every", {0, 5}), numbers("sync_bytes", {0, 64}),
                words("touch", {"none", "copy"}), numbers("touch_bytes", {0, 8})});
    for (const Point& point : expansion.points) {
        Point again = point;
        EXPECT_FALSE(settle(again, GivenAxes().set()));
        EXPECT_EQ(again, point) << point.name();
        EXPECT_EQ(Point::from_params(point.params()), point) << point.name();
    }
}
