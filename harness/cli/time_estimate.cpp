// SPDX-License-Identifier: GPL-2.0-only
#include "cli/time_estimate.h"

#include <algorithm>
#include <fstream>
#include <unordered_map>

#include "base/text.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// A name without its target: what is to be measured for several has one name in a plan.
std::string without_target(std::string name) {
    const std::size_t begin = name.find("/target:");
    if (begin != std::string::npos)
        name.erase(begin, std::min(name.find('/', begin + 1), name.size()) - begin);
    return name;
}

/// What the laps of a row took: those that were kept, the warm-up's and the stamped ones.
double seconds_of(const json& row) {
    const json& own = row.at("dmabench");
    double laps = row.at("iterations").get<double>() +
                  own.at("discarded").get<double>() * own.at("laps_per_sample").get<double>();
    if (own.contains("histogram"))
        laps += own["histogram"].at("laps").get<double>();
    return laps * row.at("real_time").get<double>() / 1e9;
}

}  // namespace

TimeLimits time_limits(const Plan& plan) {
    TimeLimits limits;
    for (const PlannedPoint& planned : plan.points) {
        const Statistics& s = planned.statistics;
        const double sample = std::chrono::duration<double>(s.sample_time).count();
        const double budget = std::chrono::duration<double>(s.budget).count();
        // Warm-up, samples, calibration (about two samples' worth) and stamps.
        limits.least += std::min(sample * (s.samples + s.discard + 2), budget);
        limits.most += 1.25 * budget;
    }
    return limits;
}

Result<TimeEstimate> time_as_in(const Plan& plan, const std::filesystem::path& report) {
    const std::string file = printable(report.string());
    std::ifstream in(report, std::ios::binary);
    if (!in)
        return fail(ErrorKind::usage, "--like {}: no such file", file);
    const json document = json::parse(in, nullptr, false);
    std::unordered_map<std::string, double> by_name;
    TimeEstimate estimate;
    try {
        estimate.platform = document.at("dmabench").at("platform");
        for (const json& row : document.at("benchmarks")) {
            const std::string name = row.at("name");
            const double seconds = seconds_of(row);
            by_name.emplace(name, seconds);
            by_name[without_target(name)] += seconds;
        }
    } catch (const json::exception&) {
        return fail(ErrorKind::usage, "--like {}: not a report of dmabench", file);
    }
    for (const PlannedPoint& planned : plan.points) {
        const std::string& target = planned.point.target;
        std::string name = planned.point.name();
        const auto found =
            by_name.find(target == "auto" || target == "pci" ? without_target(std::move(name)) : name);
        if (found != by_name.end()) {
            estimate.seconds += found->second;
            ++estimate.known;
        }
    }
    if (estimate.known == 0)
        return fail(ErrorKind::usage, "--like {}: has none of the {} points", file, plan.points.size());
    estimate.seconds *= static_cast<double>(plan.points.size()) / static_cast<double>(estimate.known);
    return estimate;
}

std::string time_words(double seconds) {
    if (seconds < 1)
        return fmt::format("{:.0f} ms", 1e3 * seconds);
    if (seconds < 120)
        return fmt::format("{:.0f} s", seconds);
    return seconds < 7200 ? fmt::format("{:.0f} min", seconds / 60) : fmt::format("{:.1f} h", seconds / 3600);
}

}  // namespace dmabench
