// SPDX-License-Identifier: GPL-2.0-only
// Points, their names, and the table of axes.
#include "plan/point.h"

#include <gtest/gtest.h>

#include <set>

#include "include/uapi/dmabench.h"
#include "plan/axis.h"
#include "plan/strategy.h"

using namespace dmabench;

namespace {

Point streaming_point() {
    Point point;
    point.strategy = "streaming_single";
    point.size = 4096;
    return point;
}

std::string message(const Result<Point>& result) {
    return result ? "no error" : result.error().message;
}

}  // namespace

TEST(Point, NameOfTheDesignDocument) {
    Point point = streaming_point();
    point.direction = Direction::to_device;
    point.sync_every = 4;
    point.target = "platform-noncoherent";
    EXPECT_EQ(point.name(),
              "streaming_single/direction:to_device/map_every:0/size:4096/sync_every:4/"
              "target:platform-noncoherent");
}

TEST(Point, NameHasOnlyWhatAppliesAndIsNotAtItsDefault) {
    Point null;
    null.strategy = "null";
    null.size = 1;
    EXPECT_EQ(null.name(), "null/size:1/target:auto");

    Point coherent;
    coherent.strategy = "coherent";
    coherent.size = 64;
    coherent.direction = Direction::to_device;  // does not apply
    EXPECT_EQ(coherent.name(), "coherent/size:64/target:auto");
    coherent.map_every = 1;
    coherent.touch = Touch::read;
    coherent.touch_bytes = 8;
    EXPECT_EQ(coherent.name(), "coherent/map_every:1/size:64/target:auto/touch:read/touch_bytes:8");

    Point pool;
    pool.strategy = "pool";
    pool.size = 64;
    EXPECT_EQ(pool.name(), "pool/map_every:0/size:64/target:auto");

    Point user = streaming_point();
    user.cache_mode = CacheMode::uncached;
    user.access = Access::copy;
    user.pattern = Pattern::random;
    user.source = Source::pages;
    EXPECT_EQ(user.name(),
              "streaming_single/access:copy/cache_mode:uncached/direction:bidirectional/map_every:0/"
              "pattern:random/size:4096/source:pages/sync_every:0/target:auto");
    user.width = Width::vector;
    EXPECT_TRUE(user.name().ends_with("/target:auto/width:vector")) << user.name();
}

TEST(Point, NamesOfStrategiesThatKeepTheirMemory) {
    const auto name = [](const char* strategy) {
        return Point::from_params({{"strategy", strategy}, {"size", 64}})->name();
    };
    EXPECT_EQ(name("noncoherent"), "noncoherent/direction:bidirectional/size:64/sync_every:1/target:auto");
    EXPECT_EQ(name("noncontiguous"), "noncontiguous/direction:bidirectional/size:64/sync_every:1/target:auto");
    EXPECT_EQ(name("copy"), "copy/direction:bidirectional/size:64/sync_every:1/target:auto");
    EXPECT_EQ(name("streaming_recycle"),
              "streaming_recycle/direction:bidirectional/map_every:0/size:64/sync_every:1/target:auto");
}

TEST(Point, RangesOfASyncThatNeverHappensAreNotNamed) {
    Point point = streaming_point();
    point.sync_bytes = 64;
    EXPECT_EQ(point.name(),
              "streaming_single/direction:bidirectional/map_every:0/size:4096/sync_every:0/target:auto");
    point.sync_every = 1;
    EXPECT_EQ(point.name(),
              "streaming_single/direction:bidirectional/map_every:0/size:4096/sync_bytes:64/sync_every:1/"
              "target:auto");
}

TEST(Point, ParamsHaveAllAxes) {
    EXPECT_EQ(
        streaming_point().params().dump(),
        R"({"strategy":"streaming_single","size":4096,"direction":"bidirectional","target":"auto",)"
        R"("source":"default","map_every":0,"sync_every":0,"sync_offset":0,"sync_bytes":0,"touch":"none",)"
        R"("touch_bytes":0,"dirty":0,"cache_state":"as_is","transfer":"none","ownership":"synced","cache_mode":"none",)"
        R"("access":"none","pattern":"sequential","width":"word",)"
        R"("batch":1,"unmap_cpu":"none","offset":0,"mask_bits":0,"node":"any","threads":1})");
}

TEST(Point, FromParamsIsTheInverse) {
    Point point = streaming_point();
    point.direction = Direction::from_device;
    point.target = "pci:0000:03:00.1";
    point.source = Source::kmalloc;
    point.map_every = 1ULL << 32;
    point.sync_every = 3;
    point.sync_offset = 64;
    point.sync_bytes = 128;
    point.touch = Touch::copy;
    point.touch_bytes = 7;
    point.dirty = 50;
    point.cache_state = CacheState::warm;
    point.transfer = Transfer::edu;
    point.ownership = Ownership::no_sync_for_device;
    point.cache_mode = CacheMode::writecombine;
    point.access = Access::write;
    point.pattern = Pattern::strided;
    point.batch = 16;
    point.unmap_cpu = UnmapCpu::other;
    point.offset = 8;
    point.mask_bits = 32;
    point.node = Node{2};
    point.threads = 4;
    EXPECT_EQ(Point::from_params(point.params()), point);
    EXPECT_EQ(Point::from_params(nlohmann::json::parse(point.params().dump())), point);
}

TEST(Point, FromParamsFillsDefaults) {
    const auto point = Point::from_params({{"strategy", "streaming_page"}, {"size", 1}});
    ASSERT_TRUE(point) << point.error().message;
    EXPECT_EQ(point->name(),
              "streaming_page/direction:bidirectional/map_every:1/size:1/sync_every:0/target:auto");
}

TEST(Point, FromParamsSaysWhatIsWrong) {
    EXPECT_EQ(message(Point::from_params(nlohmann::ordered_json::array())), "params: expected an object");
    EXPECT_EQ(message(Point::from_params({{"size", 1}})), "params: no strategy");
    EXPECT_EQ(message(Point::from_params({{"strategy", "null"}})), "params: no size");
    EXPECT_EQ(message(Point::from_params({{"strategy", "null"}, {"size", -1}})),
              "params: size: expected an integer");
    EXPECT_EQ(message(Point::from_params({{"strategy", "null"}, {"size", 1.5}})),
              "params: size: expected an integer");
    EXPECT_EQ(message(Point::from_params({{"strategy", 1}, {"size", 1}})),
              "params: strategy: expected a string");
    EXPECT_EQ(message(Point::from_params({{"strategy", "null"}, {"size", 0}})),
              "params: size: 0 is out of range; expected 1 .. 67108864 (64M) bytes");
    EXPECT_EQ(message(Point::from_params({{"strategy", "null"}, {"size", 1}, {"sizes", 1}})),
              "params: unknown axis 'sizes' (did you mean 'size'?)");
}

TEST(Axis, TableIsComplete) {
    // Each member of Point is an axis: setting all axes to another value changes all members.
    Point point = streaming_point();
    const Point before = point;
    std::set<std::string_view> names;
    for (const Axis& axis : all_axes()) {
        SCOPED_TRACE(axis.name);
        EXPECT_TRUE(names.insert(axis.name).second);
        EXPECT_EQ(find_axis(axis.name), &axis);
        EXPECT_EQ(&all_axes()[axis.index()], &axis);
        EXPECT_FALSE(axis.doc.empty());
        EXPECT_FALSE(axis.applies_text.empty());
        EXPECT_EQ(axis.unit.empty(), axis.kind != AxisKind::integer);
        EXPECT_EQ(axis.words.empty(), axis.kind == AxisKind::integer);
        const AxisValue value =
            axis.kind == AxisKind::integer ? AxisValue(axis.max) : AxisValue(std::string(axis.words.back()));
        axis.set(point, value);
        EXPECT_EQ(axis.get(point), value);
        EXPECT_NE(axis.get(before), value);
    }
    EXPECT_EQ(names.size(), 25U);
    EXPECT_EQ(axis_names().size(), 25U);
    EXPECT_EQ(find_axis("sizes"), nullptr);
}

TEST(Axis, ChecksValues) {
    const Axis& size = *find_axis("size");
    EXPECT_EQ(size.check(std::uint64_t{64}), AxisValue(std::uint64_t{64}));
    EXPECT_EQ(size.check(std::uint64_t{0}).error().message,
              "0 is out of range; expected 1 .. 67108864 (64M) bytes");
    EXPECT_EQ(size.check(std::string("x")).error().message, "'x' is not an integer");
    EXPECT_EQ(find_axis("sync_every")->check((std::uint64_t{1} << 32) + 1).error().message,
              "4294967297 is out of range; expected 0 .. 4294967296 (4096M) laps");
    EXPECT_EQ(find_axis("strategy")->check(std::string("streeming_page")).error().message,
              "unknown value 'streeming_page'; expected one of null, coherent, write_combine, pool, "
              "streaming_single, streaming_page, streaming_sg, noncoherent, noncontiguous, streaming_recycle, "
              "copy (did you mean 'streaming_page'?)");
    EXPECT_EQ(find_axis("touch")->check(std::uint64_t{1}).error().message,
              "unknown value '1'; expected one of none, read, write, copy");
}

TEST(Axis, PciAddressesAreCanonical) {
    const Axis& target = *find_axis("target");
    EXPECT_EQ(target.check(std::string("pci")), AxisValue("pci"));
    EXPECT_EQ(target.check(std::string("pci:0000:03:00.0")), AxisValue("pci:0000:03:00.0"));
    EXPECT_EQ(target.check(std::string("pci:AB:1F.7")), AxisValue("pci:0000:ab:1f.7"));
    for (const char* wrong :
         {"pci:", "pci:0000:03:00.8", "pci:03:00", "pci:x000:03:00.0", "pci:0000:03:00.0\n"}) {
        EXPECT_FALSE(target.check(std::string(wrong))) << wrong;
    }
    EXPECT_EQ(target.check(std::string("pci:1")).error().message,
              "'pci:1' has no PCI address; expected one such as 'pci:0000:03:00.0'");
    EXPECT_EQ(
        target.check(std::string("pcie")).error().message,
        "unknown value 'pcie'; expected one of auto, platform, platform-coherent, platform-noncoherent, "
        "pci, dmaengine, pci:ADDRESS (did you mean 'pci'?)");
}

TEST(Axis, LimitsAndWordsAreThoseOfTheAbi) {
    EXPECT_EQ(find_axis("size")->min, DMABENCH_MIN_SIZE);
    EXPECT_EQ(find_axis("size")->max, DMABENCH_MAX_SIZE);
    EXPECT_EQ(find_axis("sync_bytes")->max, DMABENCH_MAX_SIZE);
    EXPECT_EQ(find_axis("sync_offset")->max, DMABENCH_MAX_SIZE - 1);
    EXPECT_EQ(find_axis("touch_bytes")->max, DMABENCH_MAX_SIZE);
    EXPECT_EQ(find_axis("map_every")->max, DMABENCH_MAX_EVERY);
    EXPECT_EQ(find_axis("sync_every")->max, DMABENCH_MAX_EVERY);
    EXPECT_EQ(find_axis("batch")->max, DMABENCH_MAX_BATCH);
    EXPECT_EQ(find_axis("offset")->max, DMABENCH_MAX_OFFSET);
    EXPECT_EQ(find_axis("mask_bits")->max, DMABENCH_MAX_MASK_BITS);
    const auto word = [](const char* axis, std::size_t value) { return find_axis(axis)->words[value]; };
    EXPECT_EQ(word("direction", DMABENCH_BIDIRECTIONAL), "bidirectional");
    EXPECT_EQ(word("direction", DMABENCH_TO_DEVICE), "to_device");
    EXPECT_EQ(word("direction", DMABENCH_FROM_DEVICE), "from_device");
    EXPECT_EQ(word("source", DMABENCH_SOURCE_KMALLOC), "kmalloc");
    EXPECT_EQ(word("source", DMABENCH_SOURCE_PAGES), "pages");
    EXPECT_EQ(word("source", DMABENCH_SOURCE_SLAB), "slab");
    EXPECT_EQ(word("source", DMABENCH_SOURCE_VMALLOC), "vmalloc");
    EXPECT_EQ(word("source", DMABENCH_SOURCE_USER), "user");
    EXPECT_EQ(word("touch", DMABENCH_TOUCH_READ), "read");
    EXPECT_EQ(word("touch", DMABENCH_TOUCH_WRITE), "write");
    EXPECT_EQ(word("touch", DMABENCH_TOUCH_COPY), "copy");
    EXPECT_EQ(word("cache_mode", DMABENCH_MMAP_CACHED), "cached");
    EXPECT_EQ(word("cache_mode", DMABENCH_MMAP_WRITECOMBINE), "writecombine");
    EXPECT_EQ(word("cache_mode", DMABENCH_MMAP_UNCACHED), "uncached");
    EXPECT_EQ(word("cache_mode", DMABENCH_MMAP_COHERENT), "coherent");
}

TEST(Strategy, TableIsInTheOrderOfTheAbi) {
    const auto strategies = all_strategies();
    ASSERT_EQ(strategies.size(), find_axis("strategy")->words.size());
    for (std::size_t i = 0; i < strategies.size(); ++i) {
        EXPECT_EQ(strategies[i].name, find_axis("strategy")->words[i]);
    }
    EXPECT_EQ(strategies[DMABENCH_NULL].name, "null");
    EXPECT_EQ(strategies[DMABENCH_COHERENT].name, "coherent");
    EXPECT_EQ(strategies[DMABENCH_WRITE_COMBINE].name, "write_combine");
    EXPECT_EQ(strategies[DMABENCH_POOL].name, "pool");
    EXPECT_EQ(strategies[DMABENCH_STREAMING_SINGLE].name, "streaming_single");
    EXPECT_EQ(strategies[DMABENCH_STREAMING_PAGE].name, "streaming_page");
    EXPECT_EQ(strategies[DMABENCH_STREAMING_SG].name, "streaming_sg");
    EXPECT_EQ(strategies[DMABENCH_NONCOHERENT].name, "noncoherent");
    EXPECT_EQ(strategies[DMABENCH_NONCONTIGUOUS].name, "noncontiguous");
    EXPECT_EQ(strategies[DMABENCH_STREAMING_RECYCLE].name, "streaming_recycle");
    EXPECT_EQ(strategies[DMABENCH_COPY].name, "copy");
    EXPECT_EQ(find_strategy("streaming"), nullptr);
}
