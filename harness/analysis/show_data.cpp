// SPDX-License-Identifier: GPL-2.0-only
// For programs: JSON, CSV and JUnit.
#include <cmath>

#include "analysis/show.h"
#include "base/escape.h"
#include "base/figures.h"

namespace dmabench {
namespace {

using Out = std::back_insert_iterator<std::string>;

void json_point(std::string& text, const Comparison& comparison, const PointChange& change) {
    Out out(text);
    fmt::format_to(out, R"(    {{"name": {}, "verdict": "{}", "base_ns": {}, "new_ns": {}, "ratio": {:.6g})",
                   json_quoted(change.candidate->name), verdict_name(change.verdict), change.base->real_time,
                   change.candidate->real_time, change.ratio.ratio);
    if (!comparison.exact && change.ratio.low > 0)
        fmt::format_to(out, R"(, "ratio_low": {:.6g}, "ratio_high": {:.6g}, "p": {:.6g})", change.ratio.low,
                       change.ratio.high, change.p);
    fmt::format_to(out, R"(, "threshold": {:g})", change.threshold);
    if (change.verdict == Verdict::inconclusive)
        fmt::format_to(out, R"(, "why": {})", json_quoted(change.why));
    if (change.visible > 0)
        fmt::format_to(out, R"(, "smallest_visible_ratio": {:.6g})", change.visible);
    if (change.ratio.ratio != 1 && (change.verdict != Verdict::unchanged || comparison.exact)) {
        std::string parts;
        for (const Cause& cause : causes(comparison, change))
            parts +=
                fmt::format(R"({}{{"phase": {}, "base_ns": {}, "new_ns": {}}})", parts.empty() ? "" : ", ",
                            json_quoted(cause.name), cause.base, cause.candidate);
        if (!parts.empty())
            fmt::format_to(out, R"(, "causes": [{}])", parts);
    }
    text += '}';
}

template <typename List, typename Write>
void json_list(std::string& text, const char* key, const List& list, Write write) {
    fmt::format_to(Out(text), "   \"{}\": [", key);
    const char* before = "\n";
    for (const auto& element : list) {
        text += before;
        write(element);
        before = ",\n";
    }
    text += list.empty() ? "]" : "\n   ]";
}

void json_fields(std::string& text, const char* key, const std::vector<FieldDifference>& fields) {
    json_list(text, key, fields, [&](const FieldDifference& field) {
        fmt::format_to(Out(text), R"(    {{"field": {}, "base": {}, "new": {}}})", json_quoted(field.field),
                       json_quoted(field.base), json_quoted(field.candidate));
    });
    text += ",\n";
}

void json_missing(std::string& text, const char* key, const std::vector<MissingPoint>& points,
                  const char* after) {
    json_list(text, key, points, [&](const MissingPoint& point) {
        fmt::format_to(Out(text), R"(    {{"name": {})", json_quoted(point.name));
        if (!point.why.empty())
            fmt::format_to(Out(text), R"(, "why": {})", json_quoted(point.why));
        text += '}';
    });
    text += after;
}

void json_one(std::string& text, const Comparison& comparison, bool strict) {
    Out out(text);
    fmt::format_to(
        out, "  {{\n   \"platform\": {}, \"clock\": {}, \"emulated\": {},\n   \"base\": {}, \"new\": {},\n",
        json_quoted(comparison.candidate->platform), json_quoted(comparison.candidate->clock),
        comparison.candidate->emulated, json_quoted(comparison.base->file),
        json_quoted(comparison.candidate->file));
    fmt::format_to(out, "   \"failed\": {}, \"exact\": {}, \"machine_moved\": {},\n   \"counts\": {{",
                   comparison.failed(strict), comparison.exact, comparison.machine_moved);
    for (std::size_t i = 0; i < verdicts; ++i)
        fmt::format_to(out, "{}\"{}\": {}", i == 0 ? "" : ", ", verdict_name(static_cast<Verdict>(i)),
                       comparison.counts[i]);
    text += "},\n";
    json_list(text, "remarks", remarks(comparison),
              [&](const std::string& remark) { text += "    " + json_quoted(remark); });
    text += ",\n";
    json_fields(text, "forced", comparison.forced);
    json_fields(text, "other_versions", comparison.versions);
    json_list(text, "canaries", comparison.canaries, [&](const CanaryMove& canary) {
        fmt::format_to(Out(text),
                       R"(    {{"name": {}, "blocks": {}, "base_ns": {}, "new_ns": {}, "moved": {}}})",
                       json_quoted(canary.name), canary.blocks, canary.base, canary.candidate, canary.moved);
    });
    text += ",\n";
    json_list(text, "points", comparison.points,
              [&](const PointChange& change) { json_point(text, comparison, change); });
    text += ",\n";
    json_missing(text, "only_base", comparison.only_base, ",\n");
    json_missing(text, "only_new", comparison.only_candidate, "\n  }");
}

// JUnit. Inconclusive points are "skipped", which dashboards show apart from passed and failed; --strict
// fails them.
void junit_case(std::string& text, const std::string& suite, std::string_view name, const char* kind,
                const std::string& type, const std::string& message, const std::string& body) {
    fmt::format_to(Out(text), R"(  <testcase classname="{}" name="{}")", suite, xml_escaped(name));
    if (kind == nullptr) {
        text += "/>\n";
        return;
    }
    fmt::format_to(Out(text), ">\n   <{} message=\"{}\"", kind, xml_escaped(message));
    if (std::string_view(kind) == "failure")
        fmt::format_to(Out(text), " type=\"{}\">{}</failure>\n", type, xml_escaped(body));
    else
        text += "/>\n";
    text += "  </testcase>\n";
}

std::string change_message(const Comparison& comparison, const PointChange& change) {
    std::string text = fmt::format("{}: {} -> {}", change_text(change.ratio.ratio),
                                   time_text(change.base->real_time), time_text(change.candidate->real_time));
    if (const std::string why = because(comparison, change); !why.empty())
        text += " (" + why + ")";
    return text;
}

void junit_one(std::string& text, const Comparison& comparison, bool strict) {
    const std::size_t missing = comparison.only_base.size() + comparison.only_candidate.size();
    const std::size_t unsure = comparison.count(Verdict::inconclusive);
    const std::size_t failures = comparison.count(Verdict::regression) + (strict ? unsure + missing : 0);
    const std::string suite = xml_escaped("dmabench." + comparison.candidate->platform);
    fmt::format_to(Out(text),
                   " <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n",
                   suite, comparison.points.size() + missing, failures, strict ? 0 : unsure + missing);
    text += "  <properties>\n";
    for (const std::string& remark : remarks(comparison))
        fmt::format_to(Out(text), "   <property name=\"remark\" value=\"{}\"/>\n", xml_escaped(remark));
    fmt::format_to(Out(text), "   <property name=\"summary\" value=\"{}\"/>\n  </properties>\n",
                   xml_escaped(summary(comparison)));
    const char* weak = strict ? "failure" : "skipped";
    for (const PointChange& change : comparison.points) {
        const char* kind = change.verdict == Verdict::regression     ? "failure"
                           : change.verdict == Verdict::inconclusive ? weak
                                                                     : nullptr;
        const std::string message = kind == nullptr ? "" : change_message(comparison, change);
        const std::string why =
            change.verdict == Verdict::inconclusive ? why_inconclusive(change) + "; " : "";
        junit_case(text, suite, change.candidate->name, kind, verdict_name(change.verdict), why + message,
                   message);
    }
    for (const auto& [points, file] : {std::pair{&comparison.only_base, &comparison.base->file},
                                       std::pair{&comparison.only_candidate, &comparison.candidate->file}})
        for (const MissingPoint& point : *points)
            junit_case(text, suite, point.name, weak, "missing",
                       "only in " + *file + (point.why.empty() ? "" : "; other " + point.why), "");
    text += " </testsuite>\n";
}

void csv_one(std::string& text, const Comparison& comparison) {
    const std::string platform = csv_field(comparison.candidate->platform);
    for (const PointChange& change : comparison.points) {
        Out out(text);
        fmt::format_to(out, "{},{},{},{},{},{:.6g},", platform, csv_field(change.candidate->name),
                       verdict_name(change.verdict), change.base->real_time, change.candidate->real_time,
                       change.ratio.ratio);
        if (!comparison.exact && change.ratio.low > 0)
            fmt::format_to(out, "{:.6g},{:.6g},{:.6g},", change.ratio.low, change.ratio.high, change.p);
        else
            text += ",,,";
        fmt::format_to(out, "{:g},", change.threshold);
        if (change.visible > 0)
            fmt::format_to(out, "{:.6g}", change.visible);
        const bool told =
            change.verdict != Verdict::unchanged || (comparison.exact && change.ratio.ratio != 1);
        fmt::format_to(out, ",{},{}\r\n", csv_field(told ? because(comparison, change) : ""),
                       csv_field(change.why));
    }
    for (const MissingPoint& point : comparison.only_base)
        fmt::format_to(Out(text), "{},{},only_base,,,,,,,,,,{}\r\n", platform, csv_field(point.name),
                       csv_field(point.why));
    for (const MissingPoint& point : comparison.only_candidate)
        fmt::format_to(Out(text), "{},{},only_new,,,,,,,,,,{}\r\n", platform, csv_field(point.name),
                       csv_field(point.why));
}

}  // namespace

std::string show_json(const std::vector<Comparison>& comparisons, const ShowOptions& options) {
    std::string text = "{\n \"dmabench_compare\": 1,\n \"unpaired\": [";
    for (std::size_t i = 0; i < options.unpaired.size(); ++i)
        text += (i == 0 ? "" : ", ") + json_quoted(options.unpaired[i]);
    text += "],\n \"comparisons\": [\n";
    for (std::size_t i = 0; i < comparisons.size(); ++i) {
        text += i == 0 ? "" : ",\n";
        json_one(text, comparisons[i], options.strict);
    }
    return text + "\n ]\n}\n";
}

std::string show_junit(const std::vector<Comparison>& comparisons, const ShowOptions& options) {
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dmabench compare\">\n";
    for (const Comparison& comparison : comparisons)
        junit_one(text, comparison, options.strict);
    if (!options.unpaired.empty()) {
        const std::size_t count = options.unpaired.size();
        fmt::format_to(Out(text),
                       " <testsuite name=\"dmabench.platforms\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
                       "skipped=\"{}\">\n",
                       count, options.strict ? count : 0, options.strict ? 0 : count);
        for (const std::string& platform : options.unpaired)
            junit_case(text, "dmabench.platforms", platform, options.strict ? "failure" : "skipped",
                       "missing", platform, "");
        text += " </testsuite>\n";
    }
    return text + "</testsuites>\n";
}

std::string show_csv(const std::vector<Comparison>& comparisons, const ShowOptions&) {
    std::string text =
        "platform,point,verdict,base_ns,new_ns,ratio,ratio_low,ratio_high,p,threshold,smallest_visible_ratio,"
        "causes,why\r\n";
    for (const Comparison& comparison : comparisons)
        csv_one(text, comparison);
    return text;
}

}  // namespace dmabench
