// SPDX-License-Identifier: GPL-2.0-only
// Formats of test systems: JUnit, KTAP, KCIDB and LAVA.
#include "analysis/export.h"
#include "base/escape.h"
#include "base/text.h"

namespace dmabench {
namespace {

using Out = std::back_insert_iterator<std::string>;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// On one line, and without '#', which begins KTAP's directives.
std::string ktap_text(std::string_view text) {
    std::string out;
    for (const char c : printable(text))
        out += c == '#' ? '_' : c;
    return out;
}

std::string shell_quoted(std::string_view text) {
    std::string out = "'";
    for (const char c : text)
        out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + '\'';
}

}  // namespace

std::string dotted_path(std::string_view name) {
    std::string path = "dmabench.";
    for (const char c : name)
        path += c == '/' ? '.' : is_plain(c) ? c : '_';
    return path;
}

std::string export_junit(const LoadedReport& report) {
    const std::string suite = xml_escaped("dmabench." + report.platform);
    std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dmabench\">\n";
    fmt::format_to(Out(text),
                   " <testsuite name=\"{}\" tests=\"{}\" failures=\"0\" errors=\"{}\" skipped=\"{}\"", suite,
                   report.rows.size() + report.skipped.size() + report.errors.size(), report.errors.size(),
                   report.skipped.size());
    if (!report.date.empty())
        fmt::format_to(Out(text), " timestamp=\"{}\"", xml_escaped(report.date));
    text += ">\n";
    if (!report.notice.empty())
        fmt::format_to(Out(text),
                       "  <properties>\n   <property name=\"notice\" value=\"{}\"/>\n  </properties>\n",
                       xml_escaped(report.notice));
    // "time" is the time of a lap: what a dashboard plots.
    for (const LoadedRow& row : report.rows)
        fmt::format_to(Out(text), "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.12f}\"/>\n", suite,
                       xml_escaped(row.name), row.real_time * 1e-9);
    for (const NamedReason& entry : report.skipped)
        fmt::format_to(
            Out(text),
            "  <testcase classname=\"{}\" name=\"{}\">\n   <skipped message=\"{}\"/>\n  </testcase>\n", suite,
            xml_escaped(entry.name), xml_escaped(entry.reason));
    for (const NamedReason& entry : report.errors)
        fmt::format_to(
            Out(text),
            "  <testcase classname=\"{}\" name=\"{}\">\n   <error message=\"{}\"/>\n  </testcase>\n", suite,
            xml_escaped(entry.name), xml_escaped(entry.reason));
    return text + " </testsuite>\n</testsuites>\n";
}

std::string export_ktap(const LoadedReport& report) {
    std::size_t number = 0;
    std::string text = fmt::format("KTAP version 1\n1..{}\n",
                                   report.rows.size() + report.skipped.size() + report.errors.size());
    if (!report.notice.empty())
        text += "# " + ktap_text(report.notice) + '\n';
    for (const LoadedRow& row : report.rows) {
        fmt::format_to(Out(text), "ok {} {}\n", ++number, ktap_text(row.name));
        fmt::format_to(Out(text), "# {} ns per lap", row.real_time);
        if (row.ci_low > 0)
            fmt::format_to(Out(text), ", {} .. {}", row.ci_low, row.ci_high);
        text += '\n';
    }
    for (const NamedReason& entry : report.skipped)
        fmt::format_to(Out(text), "ok {} {} # SKIP {}\n", ++number, ktap_text(entry.name),
                       ktap_text(entry.reason));
    for (const NamedReason& entry : report.errors)
        fmt::format_to(Out(text), "not ok {} {}\n# {}\n", ++number, ktap_text(entry.name),
                       ktap_text(entry.reason));
    return text;
}

std::string export_kcidb(const LoadedReport& report, const std::string& build) {
    const std::string origin = build.substr(0, build.find(':'));
    const auto found = report.fingerprint.find("kernel");
    const std::string kernel = found == report.fingerprint.end() ? "" : found->second;
    std::string text = "{\"version\": {\"major\": 5, \"minor\": 3}, \"tests\": [";
    const char* before = "\n";
    const auto add = [&](std::string_view name, const char* status) {
        fmt::format_to(Out(text),
                       R"({} {{"id": {}, "origin": {}, "build_id": {}, "path": "{}", "status": "{}")", before,
                       json_quoted(fmt::format("{}:{}:{}:{}", origin, report.platform, report.date, name)),
                       json_quoted(origin), json_quoted(build), dotted_path(name), status);
        if (!report.date.empty())
            fmt::format_to(Out(text), R"(, "start_time": {})", json_quoted(report.date));
        before = ",\n";
    };
    const auto misc = [&](std::string_view key, std::string_view value) {
        fmt::format_to(Out(text), R"(, "misc": {{"platform": {}, "kernel": {}, "clock": {}, {}: {}}}}})",
                       json_quoted(report.platform), json_quoted(kernel), json_quoted(report.clock),
                       json_quoted(key), json_quoted(value));
    };
    for (const LoadedRow& row : report.rows) {
        add(row.name, "DONE");
        fmt::format_to(Out(text), R"(, "number": {{"value": {}, "unit": "s", "prefix": "metric"}})",
                       row.real_time * 1e-9);
        misc("name", row.name);
    }
    for (const NamedReason& entry : report.skipped) {
        add(entry.name, "SKIP");
        misc("reason", entry.reason);
    }
    for (const NamedReason& entry : report.errors) {
        add(entry.name, "ERROR");
        misc("reason", entry.reason);
    }
    return text + "\n]}\n";
}

std::string export_lava(const LoadedReport& report) {
    std::string text = "#!/bin/sh\n# Results of dmabench on " + printable(report.platform) + ", for LAVA.\n";
    if (!report.notice.empty())
        text += "# " + printable(report.notice) + '\n';
    for (const LoadedRow& row : report.rows)
        fmt::format_to(Out(text), "lava-test-case {} --result pass --measurement {} --units ns\n",
                       shell_quoted(dotted_path(row.name)), row.real_time);
    for (const NamedReason& entry : report.skipped)
        fmt::format_to(Out(text), "lava-test-case {} --result skip  # {}\n",
                       shell_quoted(dotted_path(entry.name)), printable(entry.reason));
    for (const NamedReason& entry : report.errors)
        fmt::format_to(Out(text), "lava-test-case {} --result fail  # {}\n",
                       shell_quoted(dotted_path(entry.name)), printable(entry.reason));
    return text;
}

}  // namespace dmabench
