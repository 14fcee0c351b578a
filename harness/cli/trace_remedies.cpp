// SPDX-License-Identifier: GPL-2.0-only
#include "cli/trace_remedies.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

#include "analysis/advice_text.h"
#include "analysis/load_facts.h"
#include "analysis/read_report.h"
#include "base/figures.h"
#include "base/text.h"
#include "cli/target_option.h"
#include "plan/plan.h"
#include "scenario/values.h"
#include "trace/show_trace.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// What is in use of a buffer is not known to the kernel. A network frame is the usual part.
constexpr std::uint64_t frame_bytes = 1536;

constexpr std::size_t most_ways_shown = 6;

std::string share_text(double share) {
    const double percent = 100 * share;
    return percent >= 10 ? fmt::format("{:.0f} %", percent)
                         : fmt::format("{:.{}f} %", percent,
                                       percent >= 1     ? 1
                                       : percent >= 0.1 ? 2
                                                        : 3);
}

const char* verb_of(const Exchange& exchange) {
    if (exchange.handover == Handover::mapped)
        return exchange.scattered ? "maps and unmaps lists of" : "maps and unmaps";
    return exchange.scattered ? "syncs lists of" : "syncs";
}

const char* word_of(Handover handover) {
    switch (handover) {
        case Handover::mapped:
            return "mapped";
        case Handover::part_synced:
            return "part_synced";
        default:
            return "synced";
    }
}

std::string way_text(const Remedy& remedy) {
    std::string text = remedy.way.text();
    if (remedy.workload.transfers_per_sync != 1)
        text += fmt::format(", once for {} transfers", remedy.workload.transfers_per_sync);
    return text;
}

/// "64 KiB", "1.4 KiB": of means, which are seldom round.
std::string size_text(std::uint64_t bytes) {
    return bytes_text(static_cast<double>(bytes));
}

/// What is moved, how often and at what cost.
std::string headline(const TracedExchange& traced, const Cost& now) {
    const Exchange& exchange = traced.exchange;
    std::uint64_t given = 0;
    for (const Exchange::Call& call : exchange.calls)
        given = std::max(given, call.bytes);
    std::string text = fmt::format("{} {}: {} {} {} {} times a second, {} of a CPU", printable(traced.driver),
                                   printable(traced.device), verb_of(exchange), size_text(given),
                                   direction_name(static_cast<std::uint32_t>(exchange.direction)),
                                   rate_text(traced.per_second), share_text(traced.share(exchange.ns)));
    if (now)
        text += fmt::format(" (by the report {})", share_text(traced.share(now->ns)));
    return text;
}

/// How far the report and the trace are apart in what is done now, as a factor; 1 where that is not known.
double disagreement(const Exchange& exchange, const Cost& now) {
    if (!now)
        return 1;
    const double least = std::max(std::min(now->ns, exchange.ns), 0.1);
    return std::max(now->ns, exchange.ns) / least;
}

/// A line per way, a column per number of bytes in use.
std::vector<std::string> way_lines(const TracedExchange& traced, const std::vector<std::uint64_t>& used,
                                   const std::vector<Remedies>& by_used) {
    struct Line {
        std::string way;
        std::vector<std::string> shares;
        bool seldom;  ///< takes a protocol that lets several transfers share a change of ownership
        double least;
    };
    std::vector<Line> lines;
    bool calls_only = false;
    for (std::size_t column = 0; column < used.size(); ++column)
        for (const Remedy& remedy : by_used[column].cheaper) {
            const std::string text = way_text(remedy);
            auto line =
                std::find_if(lines.begin(), lines.end(), [&](const Line& one) { return one.way == text; });
            if (line == lines.end())
                line = lines.insert(lines.end(), {text, std::vector<std::string>(used.size(), "-"),
                                                  remedy.workload.transfers_per_sync != 1, remedy.cost.ns});
            line->shares[column] = share_text(traced.share(remedy.cost.ns)) + (remedy.with_access ? "" : "*");
            calls_only = calls_only || !remedy.with_access;
            line->least = std::min(line->least, remedy.cost.ns);
        }
    std::stable_sort(lines.begin(), lines.end(), [](const Line& one, const Line& other) {
        return std::tie(one.seldom, one.least) < std::tie(other.seldom, other.least);
    });
    std::vector<std::string> out;
    if (lines.empty())
        return out;
    std::string header = "   ";
    for (const std::uint64_t bytes : used)
        header += fmt::format(" {:>9}", size_text(bytes));
    out.push_back(header + "  in use of each");
    for (std::size_t i = 0; i < std::min(lines.size(), most_ways_shown); ++i)
        out.push_back(fmt::format("    {:>9}  {}", fmt::join(lines[i].shares, " "), lines[i].way));
    if (lines.size() > most_ways_shown)
        out.push_back(fmt::format("    and {} (--json has all)",
                                  counted(lines.size() - most_ways_shown, "dearer way")));
    if (calls_only)
        out.emplace_back("    *: calls only; the report has no accesses of so many bytes");
    return out;
}

}  // namespace

Result<RemedyBook> RemedyBook::open(const RemedyOptions& options, const RunningPlatform& here) {
    auto facts = load_report(options.report);
    if (!facts)
        return tl::unexpected(facts.error());
    auto report = read_report(options.report);
    if (!report)
        return tl::unexpected(report.error());
    auto model = CostModel::load(*report, options.report);
    if (!model)
        return tl::unexpected(model.error());
    const std::string name = printable(options.report);
    if (facts->clock != here.clock)
        return fail(
            ErrorKind::not_comparable,
            "--advise: {} is by the clock {}, this trace by {}: their times can't be set side by side "
            "(--clock says what drives this machine's)",
            name, in_quotes(facts->clock), in_quotes(here.clock));
    RemedyBook book(std::move(*facts), std::move(*model));
    LoadedReport running;
    load_context(json{{"platform", here.facts}}.dump(), running);
    book.differing_ = differences(book.report_, running);
    // It is the module that tells what targets there are.
    if (here.facts.value("targets", json::array()).empty())
        std::erase_if(book.differing_,
                      [](const FieldDifference& each) { return each.field.starts_with("targets."); });
    if (!book.differing_.empty() && !options.force)
        return fail(ErrorKind::not_comparable,
                    "--advise: {} is of another platform: {}; run one here, or give --force", name,
                    in_words(book.differing_));
    if (!options.touch_bytes.empty()) {
        auto bytes = parse_integer(options.touch_bytes);
        if (!bytes || *bytes == 0)
            return fail(ErrorKind::usage, "--touch-bytes: {}",
                        bytes ? "expected at least 1 byte" : bytes.error().message);
        book.touch_bytes_ = *bytes;
    }
    if (!options.target.empty()) {
        if (auto known = check_target(options.target, book.model_, options.report); !known)
            return tl::unexpected(known.error());
        book.target_ = options.target;
    }
    return book;
}

std::string RemedyBook::warning() const {
    return differing_.empty() ? ""
                              : fmt::format("{} is of another platform, and so are the remedies' figures: {}",
                                            printable(report_.file), in_words(differing_));
}

std::string RemedyBook::fact(const std::string& key) const {
    const auto found = report_.fingerprint.find(key);
    return found == report_.fingerprint.end() ? "" : found->second;
}

/// A device is like a target that snoops and is translated for as it is; rather one on the same bus.
std::string RemedyBook::target_like(const TracedExchange& traced) const {
    if (!target_.empty())
        return target_;
    std::vector<std::string> devices;
    for (const auto& [key, value] : report_.fingerprint)
        if (key.starts_with("targets.") && key.ends_with(".kind"))
            devices.push_back(key.substr(8, key.size() - 8 - 5));
    std::string found;
    for (const std::string& target : model_.targets()) {
        const std::string device = fmt::format("targets.{}.", session_target(target, devices));
        const auto is = [&](const char* key, bool value) {
            return fact(device + key) == (value ? "true" : "false");
        };
        const bool pci = target.starts_with("pci");
        if (is("coherent", traced.coherent) && is("iommu", traced.iommu) && (found.empty() || pci))
            found = target;
    }
    return found;
}

std::vector<std::uint64_t> RemedyBook::used_bytes(const Exchange& exchange) const {
    const std::uint64_t whole = exchange.buffer_bytes;
    if (touch_bytes_ != 0)
        return {std::min(touch_bytes_, whole)};
    if (exchange.handover == Handover::part_synced)
        return {exchange.calls.front().bytes};
    std::vector<std::uint64_t> used;
    for (const std::uint64_t bytes : {frame_bytes, whole / 4, whole})
        if (bytes != 0 && bytes <= whole)
            used.push_back(bytes);
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    return used;
}

std::vector<RemedyBook::Treated> RemedyBook::treat(const Trace& trace) const {
    std::vector<Treated> all;
    for (TracedExchange& traced : exchanges_of(trace)) {
        Treated one{std::move(traced), "", "", {}, {}};
        one.target = target_like(one.traced);
        if (one.target.empty()) {
            one.reason =
                fmt::format("the report has no target that is {}coherent and {} an IOMMU; --target names one",
                            one.traced.coherent ? "" : "not ", one.traced.iommu ? "behind" : "without");
        } else if (one.traced.bounced && fact("swiotlb.forced") != "true") {
            one.reason = "its data bounce, the report's do not";
        } else {
            one.used = used_bytes(one.traced.exchange);
            std::size_t tried = 0;
            for (const std::uint64_t used : one.used) {
                one.by_used.push_back(remedies(model_, one.target, one.traced.exchange, used));
                tried += one.by_used.back().tried;
            }
            if (tried == 0)
                one.reason = "the report's rows do not reach it; scenarios/advise.json has what it takes";
        }
        all.push_back(std::move(one));
    }
    return all;
}

std::vector<std::string> RemedyBook::lines(const Trace& trace, bool colour) const {
    const auto bold = [&](const std::string& text) { return colour ? "\033[1m" + text + "\033[0m" : text; };
    std::vector<std::string> out{
        "", bold(fmt::format("What would cost less, of a CPU, by {}", printable(report_.file)))};
    const auto treated = treat(trace);
    if (treated.empty())
        out.emplace_back("no site maps or syncs");
    for (const Treated& one : treated) {
        const Cost now = one.by_used.empty() ? Cost(tl::unexpected(one.reason)) : one.by_used.front().now;
        out.push_back(headline(one.traced, now));
        if (!one.reason.empty()) {
            out.push_back("    nothing can be said: " + one.reason);
            continue;
        }
        if (const double factor = disagreement(one.traced.exchange, now); factor > 1 + agrees_within)
            out.push_back(
                fmt::format("    the report and the trace differ by a factor of {:.2g} in what is done now: "
                            "take this as a hint",
                            factor));
        const auto ways = way_lines(one.traced, one.used, one.by_used);
        if (ways.empty())
            out.emplace_back("    nothing in the report is cheaper");
        out.insert(out.end(), ways.begin(), ways.end());
    }
    return out;
}

json RemedyBook::document(const Trace& trace) const {
    json out;
    out["report"] = report_.file;
    out["platform"] = report_.platform;
    out["clock"] = report_.clock;
    if (!report_.notice.empty())
        out["notice"] = report_.notice;
    out["differs"] = json::array();
    for (const FieldDifference& field : differing_)
        out["differs"].push_back({{"field", field.field}, {"report", field.base}, {"here", field.candidate}});
    out["exchanges"] = json::array();
    for (const Treated& one : treat(trace)) {
        const TracedExchange& traced = one.traced;
        const Exchange& exchange = traced.exchange;
        json entry{{"driver", traced.driver},
                   {"device", traced.device},
                   {"direction", direction_name(static_cast<std::uint32_t>(exchange.direction))},
                   {"handover", word_of(exchange.handover)},
                   {"scattered", exchange.scattered},
                   {"callers", traced.callers},
                   {"buffer_bytes", exchange.buffer_bytes},
                   {"transfers_per_s", traced.per_second},
                   {"ns", exchange.ns},
                   {"cpu_share", traced.share(exchange.ns)}};
        if (!one.target.empty())
            entry["target"] = one.target;
        if (!one.reason.empty())
            entry["reason"] = one.reason;
        if (!one.by_used.empty() && one.by_used.front().now)
            entry["by_report"] = estimate_json(model_, *one.by_used.front().now);
        entry["ways"] = json::array();
        for (const Remedies& found : one.by_used)
            for (const Remedy& remedy : found.cheaper) {
                json way{{"way", remedy.way.text()},
                         {"touch_bytes", remedy.workload.touch_bytes},
                         {"transfers_per_sync", remedy.workload.transfers_per_sync},
                         {"with_access", remedy.with_access},
                         {"cpu_share", traced.share(remedy.cost.ns)},
                         {"saved_share", traced.share(exchange.ns - remedy.cost.ns)}};
                way.update(estimate_json(model_, remedy.cost));
                way["point"] = remedy.way.point(remedy.workload).name();
                entry["ways"].push_back(std::move(way));
            }
        out["exchanges"].push_back(std::move(entry));
    }
    return out;
}

}  // namespace dmabench
