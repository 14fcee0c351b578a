// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/crossover.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/files.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

json row(json params, double ns) {
    return {{"name", params.dump()},
            {"real_time", ns},
            {"ci_low_ns", 0.999 * ns},
            {"ci_high_ns", 1.001 * ns},
            {"dmabench", {{"params", params}}}};
}

/// A row of the consumer's loop: one part of 1 MiB touched.
json touched(const std::string& mode, std::uint64_t bytes, double ns) {
    const int synced = mode == "cached" ? 1 : 0;
    return row({{"strategy", "streaming_page"}, {"size", 1 << 20}, {"direction", "from_device"}, {"target", "pci"},
                {"map_every", 0}, {"sync_every", synced}, {"cache_mode", mode}, {"access", "read"},
                {"touch", "none"}, {"touch_bytes", bytes}, {"pattern", "sequential"}, {"width", "word"}},
               ns);
}

/// A row of the kernel reading a whole buffer.
json whole(const std::string& strategy, std::uint64_t size, double ns) {
    return row({{"strategy", strategy}, {"size", size}, {"direction", "from_device"}, {"target", "pci"},
                {"map_every", strategy == "coherent" ? 0 : 1}, {"sync_every", 0}, {"cache_mode", "none"},
                {"access", "none"}, {"touch", "read"}, {"touch_bytes", 0}, {"pattern", "sequential"},
                {"width", "word"}},
               ns);
}

std::vector<Crossover> found_in(const json& rows) {
    const json report{{"context", json::object()},
                      {"benchmarks", rows},
                      {"dmabench", {{"schema", 1}, {"platform", "p"}, {"clock", {{"kind", "hardware"}}}}}};
    const std::string file = fmt::format("{}dmabench-crossover-{}.json", ::testing::TempDir(), ::getpid());
    EXPECT_TRUE(write_file_atomically(file, report.dump()));
    const auto loaded = load_report(file, {.params = true});
    std::remove(file.c_str());
    EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().message);
    return loaded ? crossovers(*loaded) : std::vector<Crossover>{};
}

TEST(Crossover, IsToldInBytesTouched) {
    // Uncached costs by the byte, cached by the buffer: they meet at 16 KiB.
    json rows;
    for (const std::uint64_t bytes : {4096, 8192, 32768, 65536}) {
        rows.push_back(touched("uncached", bytes, static_cast<double>(bytes)));
        rows.push_back(touched("cached", bytes, 16384));
    }
    const auto found = found_in(rows);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].work, "pci, user space reads a part of 1 MiB");
    EXPECT_EQ(found[0].answer, "uncached without sync is cheaper up to 16 KiB touched; above it cached with sync");
    EXPECT_TRUE(found[0].uncached);
}

TEST(Crossover, IsToldInSize) {
    json rows;
    for (const std::uint64_t size : {1024, 4096, 65536}) {
        rows.push_back(whole("coherent", size, static_cast<double>(size)));
        rows.push_back(whole("streaming_single", size, 2048 + static_cast<double>(size) / 2));
    }
    const auto found = found_in(rows);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].work, "pci, the kernel reads");
    EXPECT_EQ(found[0].answer,
              "coherent is cheaper up to 4 KiB; above it streaming_single (from_device, mapped each transfer)");
}

TEST(Crossover, IsNoneWhereOneIsAlwaysCheaperOrAsCheap) {
    json rows;
    for (const std::uint64_t size : {1024, 4096, 65536}) {
        rows.push_back(whole("coherent", size, 1000));
        rows.push_back(whole("streaming_single", size, size < 65536 ? 3000 : 999));
    }
    EXPECT_TRUE(found_in(rows).empty());
    // Other work is not compared.
    rows = json::array();
    for (const std::uint64_t bytes : {4096, 8192, 32768, 65536}) {
        rows.push_back(touched("uncached", bytes, static_cast<double>(bytes)));
        rows.push_back(touched("cached", bytes, 16384));
        rows.back()["dmabench"]["params"]["access"] = "write";
    }
    EXPECT_TRUE(found_in(rows).empty());
}

}  // namespace
}  // namespace dmabench
