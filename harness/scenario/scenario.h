// SPDX-License-Identifier: GPL-2.0-only
// A scenario: what to sweep and how to sample, as read from a JSON file with comments.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/matrix.h"
#include "plan/point.h"

namespace dmabench {

/// How points are sampled. Durations are of the clock that the laps are timed with.
struct Statistics {
    std::uint32_t samples = 10;                       ///< least kept samples; 6 .. 10000
    std::uint32_t max_samples = 100;                  ///< most kept samples when the CI stays wide
    std::uint32_t discard = 3;                        ///< warm-up samples thrown away; 0 .. 1000
    std::chrono::nanoseconds sample_time{1'000'000};  ///< least length of a sample; 10us .. 10s
    std::chrono::nanoseconds budget{500'000'000};     ///< most time per point
    double ci = 0.02;                                 ///< stop at a CI within +-ci of the median; 0.0001 .. 1
    std::uint64_t histogram_laps = 1000;              ///< most laps in the stamped pass; 0: no such pass

    friend bool operator==(const Statistics&, const Statistics&) = default;
};

struct Exclusion;

/// One matrix of a scenario, or one item of "include". Its points follow those of the sweep before it.
struct Sweep {
    std::string title;       ///< the scenario's when it has none
    std::size_t points = 0;  ///< how many of Scenario::points
    Statistics statistics;
    std::shared_ptr<const std::vector<Exclusion>> exclusions;  ///< nullptr: none
};

/// One scenario, expanded: every point is valid, axes that do not apply are at their default, and no
/// point occurs twice. `target` may still be "auto".
struct Scenario {
    std::string name;      ///< [a-z0-9_]+
    std::string title;     ///< one line for people; the name when the file has none
    std::string question;  ///< the question it answers
    std::filesystem::path file;
    std::string sha256;  ///< of the file's bytes, or of `flat`; lower-case hex
    std::string
        flat;  ///< a file that extends others: the text of one that says the same alone; otherwise empty
    Statistics statistics;              ///< of sweeps that have none of their own
    nlohmann::ordered_json thresholds;  ///< {"default": "5%", "overrides": [...]}; null when there are none
    std::vector<Point> points;
    std::vector<Sweep> sweeps;  ///< at least one; their points are all of the points
    std::vector<Excluded>
        excluded;  ///< combinations of a matrix that cannot be, or are left out by "exclude"
    std::vector<std::string> notes;  ///< what a person may want to know, each one line
};

/// What the command line changes in a scenario.
struct Overrides {
    std::vector<std::string> set;  ///< "AXIS=VALUES" as in --set; replaces or adds that axis in every matrix
    std::string filter;  ///< regular expression (ECMAScript) to be found in a point's name; empty: all
    std::uint64_t max_points = 100'000;  ///< more combinations than this in one scenario are an error
    std::vector<std::filesystem::path>
        presets;  ///< folders of the files that "extends" may name without a path
};

/// Read, check and expand one file. Errors are ErrorKind::usage and read
/// "FILE:LINE:COLUMN: what is wrong; what was expected (did you mean 'x'?) (at /json/pointer)".
Result<Scenario> load_scenario(const std::filesystem::path& file, const Overrides& overrides = {});

/// The same from text, for tests; `file` is only named in errors.
Result<Scenario> parse_scenario(const std::string& text, const std::filesystem::path& file,
                                const Overrides& overrides = {});

}  // namespace dmabench
