// SPDX-License-Identifier: GPL-2.0-only
// Formats for dashboards: BMF, OpenMetrics and CSV.
#include "analysis/export.h"

#include <algorithm>
#include <vector>

#include "analysis/compare.h"
#include "base/escape.h"
#include "base/text.h"

namespace dmabench {
namespace {

using Out = std::back_insert_iterator<std::string>;

/// "streaming_single/size:64" as strategy="streaming_single",size="64".
std::string labels(const LoadedReport& report, const LoadedRow& row) {
    const auto quoted = [](std::string_view value) {
        std::string text = "\"";
        for (const char c : value) {
            if (c == '"' || c == '\\')
                text += '\\';
            if (c == '\n')
                text += "\\n";
            else
                text += c;
        }
        return text + '"';
    };
    std::string text = fmt::format("platform={},clock={},point={}", quoted(report.platform),
                                   quoted(report.clock), quoted(row.name));
    std::string_view rest = row.name;
    for (bool first = true; !rest.empty(); first = false) {
        const std::string_view part = rest.substr(0, rest.find('/'));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        const std::size_t colon = part.find(':');
        if (first)
            text += ",strategy=" + quoted(part);
        else if (colon != std::string_view::npos)
            text += fmt::format(",{}={}", part.substr(0, colon), quoted(part.substr(colon + 1)));
    }
    return text;
}

class MetricFamily {
  public:
    MetricFamily(std::string& text, const char* name, const char* unit, const char* help)
        : text_(text), name_(name) {
        fmt::format_to(Out(text_), "# TYPE {} gauge\n", name);
        if (*unit != '\0')
            fmt::format_to(Out(text_), "# UNIT {} {}\n", name, unit);
        fmt::format_to(Out(text_), "# HELP {} {}\n", name, help);
    }
    void add(const std::string& labels, double value) {
        fmt::format_to(Out(text_), "{}{{{}}} {}\n", name_, labels, value);
    }

  private:
    std::string& text_;
    const char* name_;
};

constexpr double seconds_per_ns = 1e-9;

}  // namespace

std::string export_bmf(const LoadedReport& report) {
    std::string text = "{";
    const char* before = "\n";
    for (const LoadedRow& row : report.rows) {
        if (row.real_time <= 0)
            continue;
        // "latency" is Bencher's own measure of nanoseconds.
        fmt::format_to(Out(text), "{} {}: {{\"latency\": {{\"value\": {}", before, json_quoted(row.name),
                       row.real_time);
        if (row.ci_low > 0)
            fmt::format_to(Out(text), ", \"lower_value\": {}, \"upper_value\": {}", row.ci_low, row.ci_high);
        text += '}';
        for (const RowFigure& metric : row.metrics) {
            std::string phase(phase_of(report.keys.word(metric.key)));
            std::replace(phase.begin(), phase.end(), '_', '-');
            if (!phase.empty())
                fmt::format_to(Out(text), ", \"{}-latency\": {{\"value\": {}}}", phase, metric.value);
        }
        text += '}';
        before = ",\n";
    }
    return text + "\n}\n";
}

std::string export_openmetrics(const LoadedReport& report) {
    std::string text;
    std::vector<std::string> all_labels;
    for (const LoadedRow& row : report.rows)
        all_labels.push_back(labels(report, row));
    const auto each_row = [&](auto add) {
        for (std::size_t i = 0; i < report.rows.size(); ++i)
            add(report.rows[i], all_labels[i]);
    };
    {
        MetricFamily family(text, "dmabench_lap_seconds", "seconds", "Median time of a lap.");
        each_row([&](const LoadedRow& row, const std::string& own) {
            if (row.real_time > 0)
                family.add(own, row.real_time * seconds_per_ns);
        });
    }
    {
        MetricFamily family(text, "dmabench_lap_bound_seconds", "seconds",
                            "Confidence interval of the median.");
        each_row([&](const LoadedRow& row, const std::string& own) {
            if (row.ci_low <= 0)
                return;
            family.add(own + ",bound=\"lower\"", row.ci_low * seconds_per_ns);
            family.add(own + ",bound=\"upper\"", row.ci_high * seconds_per_ns);
        });
    }
    {
        MetricFamily family(text, "dmabench_lap_quantile_seconds", "seconds", "Quantiles of single laps.");
        each_row([&](const LoadedRow& row, const std::string& own) {
            for (const auto& [key, quantile] : {std::pair{"lap_p50_ns", "0.5"},
                                                {"lap_p90_ns", "0.9"},
                                                {"lap_p99_ns", "0.99"},
                                                {"lap_p999_ns", "0.999"},
                                                {"lap_max_ns", "1"}})
                if (const double value = report.metric(row, key); value > 0)
                    family.add(fmt::format("{},quantile=\"{}\"", own, quantile), value * seconds_per_ns);
        });
    }
    {
        MetricFamily family(text, "dmabench_phase_seconds", "seconds", "Mean time of a phase in a lap.");
        each_row([&](const LoadedRow& row, const std::string& own) {
            for (const RowFigure& metric : row.metrics)
                if (const auto phase = phase_of(report.keys.word(metric.key)); !phase.empty())
                    family.add(fmt::format("{},phase=\"{}\"", own, phase), metric.value * seconds_per_ns);
        });
    }
    {
        constexpr std::string_view per_lap = "_per_lap";
        MetricFamily family(text, "dmabench_events_per_lap", "", "Counts of events in a lap.");
        each_row([&](const LoadedRow& row, const std::string& own) {
            for (const RowFigure& metric : row.metrics)
                if (const std::string_view key = report.keys.word(metric.key);
                    key.ends_with(per_lap) && key != "bytes_per_lap")
                    family.add(
                        fmt::format("{},event=\"{}\"", own, key.substr(0, key.size() - per_lap.size())),
                        metric.value);
        });
    }
    const std::string platform = fmt::format("platform=\"{}\",clock=\"{}\"", report.platform, report.clock);
    MetricFamily(text, "dmabench_points_skipped", "", "Points that are not possible on this platform.")
        .add(platform, static_cast<double>(report.skipped.size()));
    MetricFamily(text, "dmabench_points_failed", "", "Points that failed.")
        .add(platform, static_cast<double>(report.errors.size()));
    return text + "# EOF\n";
}

std::string export_csv(const LoadedReport& report) {
    std::vector<std::uint32_t> axes;
    std::vector<std::uint32_t> numbers;
    const auto note = [](std::vector<std::uint32_t>& list, std::uint32_t key) {
        if (std::find(list.begin(), list.end(), key) == list.end())
            list.push_back(key);
    };
    for (const LoadedRow& row : report.rows) {
        for (const Param& param : row.params)
            note(axes, param.axis);
        for (const RowFigure& metric : row.metrics)
            note(numbers, metric.key);
    }
    std::string text = "platform,name";
    for (const auto* list : {&axes, &numbers})
        for (const std::uint32_t key : *list)
            text += ',' + csv_field(report.keys.word(key));
    text += "\r\n";
    for (const LoadedRow& row : report.rows) {
        text += csv_field(report.platform) + ',' + csv_field(row.name);
        for (const std::uint32_t axis : axes)
            text += ',' + csv_field(report.param(row, report.keys.word(axis)));
        for (const std::uint32_t key : numbers) {
            text += ',';
            const auto found = std::find_if(row.metrics.begin(), row.metrics.end(),
                                            [&](const RowFigure& metric) { return metric.key == key; });
            if (found != row.metrics.end())
                fmt::format_to(Out(text), "{}", found->value);
        }
        text += "\r\n";
    }
    return text;
}

}  // namespace dmabench
