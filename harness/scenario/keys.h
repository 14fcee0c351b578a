// SPDX-License-Identifier: GPL-2.0-only
// The keys of a scenario file; those of a matrix are the axes (plan/axis.h). scenarios/scenario.schema.json
// has the same for editors, and a unit test keeps the two in step.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace dmabench::keys {

inline constexpr std::array<std::string_view, 12> scenario = {
    "extends", "name",    "title",   "question", "statistics", "matrix",
    "zip",     "include", "exclude", "sweeps",   "thresholds", "$schema"};
inline constexpr std::array<std::string_view, 6> sweep = {"title", "statistics", "matrix",
                                                          "zip",   "include",    "exclude"};
inline constexpr std::array<std::string_view, 2> thresholds = {"default", "overrides"};
inline constexpr std::array<std::string_view, 2> threshold_override = {"match", "threshold"};
/// Of an item of "exclude", beside the axes.
inline constexpr std::string_view reason = "reason";
inline constexpr std::array<std::string_view, 7> statistics = {
    "samples", "max_samples", "discard", "sample_time", "budget", "ci", "histogram_laps"};

template <typename T>
struct Limits {
    T least;
    T most;
};

// An interval of the median at 95 % needs 6 samples: 1 - 2 / 2^6 = 96.9 %, while 5 give 93.8 % at best.
inline constexpr Limits<std::uint64_t> samples{6, 10'000};
inline constexpr Limits<std::uint64_t> discard{0, 1'000};
inline constexpr Limits<std::uint64_t> histogram_laps{0, 1'000'000'000};
inline constexpr Limits<double> ci{0.0001, 1.0};
inline constexpr Limits<std::chrono::nanoseconds> sample_time{std::chrono::microseconds{10},
                                                              std::chrono::seconds{10}};
inline constexpr Limits<std::chrono::nanoseconds> budget{std::chrono::microseconds{10},
                                                         std::chrono::hours{1}};

/// Of a threshold, in percent.
inline constexpr Limits<double> threshold{0.01, 1000.0};

inline constexpr std::size_t name_length = 64;
inline constexpr std::size_t text_length = 500;

}  // namespace dmabench::keys
