// SPDX-License-Identifier: GPL-2.0-only
#include "parameters.h"

#include <bit>
#include <charconv>
#include <cmath>

namespace dmabench::model {
namespace {

struct Field {
    std::string_view key;
    double scale;
    std::uint64_t* where;
};

}  // namespace

std::string Parameters::set(std::string_view text) {
    constexpr double ns = 1000;
    Level& l1 = levels[0];
    Level& l2 = levels[1];
    Level& l3 = levels[2];
    const Field fields[] = {
        {"line_bytes", 1, &line_bytes},
        {"bus_bytes", 1, &bus_bytes},
        {"l1_bytes", 1, &l1.bytes},
        {"l1_ways", 1, &l1.ways},
        {"l1_hit_ns", ns, &l1.hit},
        {"l2_bytes", 1, &l2.bytes},
        {"l2_ways", 1, &l2.ways},
        {"l2_hit_ns", ns, &l2.hit},
        {"l3_bytes", 1, &l3.bytes},
        {"l3_ways", 1, &l3.ways},
        {"l3_hit_ns", ns, &l3.hit},
        {"instruction_ns", ns, &instruction},
        {"memory_ns", ns, &memory},
        {"stream_ns", ns, &stream},
        {"prefetch_streams", 1, &prefetch_streams},
        {"writeback_ns", ns, &writeback},
        {"store_share", 1000, &store_share},
        {"combined_write_ns", ns, &combined_write},
        {"combined_burst_ns", ns, &combined_burst},
        {"combined_read_ns", ns, &combined_read},
        {"uncached_read_ns", ns, &uncached_read},
        {"uncached_write_ns", ns, &uncached_write},
        {"maintenance_ns", ns, &maintenance},
        {"maintenance_writeback_ns", ns, &maintenance_writeback},
    };
    const std::size_t equals = text.find('=');
    const std::string_view key = text.substr(0, equals);
    const std::string_view value = equals == text.npos ? "" : text.substr(equals + 1);
    for (const Field& field : fields) {
        if (field.key != key)
            continue;
        double number = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (error != std::errc{} || end != value.data() + value.size() || !(number >= 0 && number <= 1e9))
            return std::string(key) + ": '" + std::string(value) + "' is not a number from 0 to 1e9";
        *field.where = static_cast<std::uint64_t>(std::llround(number * field.scale));
        return "";
    }
    return "unknown parameter '" + std::string(key) + "'";
}

std::string Parameters::problem() const {
    if (!std::has_single_bit(line_bytes) || line_bytes < 16 || line_bytes > 1024)
        return "line_bytes must be a power of two from 16 to 1024";
    if (!std::has_single_bit(bus_bytes) || bus_bytes > line_bytes)
        return "bus_bytes must be a power of two up to line_bytes";
    if (levels[0].bytes == 0)
        return "l1_bytes is missing";
    bool absent = false;
    for (std::size_t i = 0; i < levels.size(); ++i) {
        const Level& level = levels[i];
        const std::string name = "l" + std::to_string(i + 1);
        if (level.bytes == 0) {
            absent = true;
            continue;
        }
        if (absent)
            return name + "_bytes is given, but not that of the level above";
        if (level.ways == 0 || level.bytes % (level.ways * line_bytes) != 0)
            return name + "_bytes must be a multiple of " + name + "_ways lines";
    }
    if (instruction == 0)
        return "instruction_ns must be more than 0";
    if (prefetch_streams < 1 || prefetch_streams > 64)
        return "prefetch_streams must be from 1 to 64";
    if (store_share > 1000)
        return "store_share must be at most 1";
    if (memory == 0)
        return "memory_ns is missing";
    return "";
}

}  // namespace dmabench::model
