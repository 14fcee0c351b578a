// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/advice_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/figures.h"
#include "plan/axis.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

constexpr std::size_t shown_without_all = 6;
constexpr std::size_t rows_shown = 4;

/// "12 KiB": to two digits, where it lies between two measured places.
std::string about(std::uint64_t number, Turns::Of of) {
    if (of == Turns::Of::transfers_per_sync)
        return fmt::format("{}", number);
    return bytes_text(static_cast<double>(number));
}

const char* subject(Turns::Of of) {
    switch (of) {
        case Turns::Of::touch_bytes:
            return "bytes accessed";
        case Turns::Of::transfer_bytes:
            return "transfer size";
        case Turns::Of::transfers_per_sync:
            break;
    }
    return "transfers per change of ownership";
}

const char* key_of(Turns::Of of) {
    switch (of) {
        case Turns::Of::touch_bytes:
            return "touch_bytes";
        case Turns::Of::transfer_bytes:
            return "transfer_bytes";
        case Turns::Of::transfers_per_sync:
            break;
    }
    return "transfers_per_sync";
}

/// "below 12 KiB: write_combine; above it: streaming_single, ..."
std::string turns_text(const Turns& turns) {
    const auto& stretches = turns.stretches;
    if (stretches.size() == 1)
        return fmt::format("{} from {} to {}", stretches.front().way.text(),
                           about(stretches.front().from, turns.of), about(stretches.front().to, turns.of));
    std::string text =
        fmt::format("below {}: {}", about(stretches.front().to, turns.of), stretches.front().way.text());
    for (std::size_t i = 1; i < stretches.size(); ++i) {
        const bool last = i + 1 == stretches.size();
        text +=
            last ? fmt::format("; above {}: {}", i == 1 ? "it" : about(stretches[i].from, turns.of),
                               stretches[i].way.text())
                 : fmt::format("; up to {}: {}", about(stretches[i].to, turns.of), stretches[i].way.text());
    }
    return text;
}

std::string verdict(const Advice& advice) {
    const auto& ranking = advice.ranking;
    const std::size_t equals = advice.equals();
    if (ranking.size() == 1)
        return fmt::format("{} is the only way measured", ranking.front().way.text());
    if (equals == 1)
        return fmt::format("{}: {:.2g} times cheaper than the next", ranking.front().way.text(),
                           ranking[1].cost.ns / std::max(ranking.front().cost.ns, 0.001));
    return fmt::format("{}; {} cost{} the same within {:.0f} % or what is known", ranking.front().way.text(),
                       equals == 2 ? "the next one" : fmt::format("{} others", equals - 1),
                       equals == 2 ? "s" : "", 100 * equal_within);
}

/// How surely the cost is known.
std::string certainty(const Ranked& one) {
    const double half = one.cost.ns > 0 ? (one.cost.high - one.cost.low) / 2 / one.cost.ns : 0;
    const char* how = one.measured ? "measured" : one.cost.interpolated ? "interpolated" : "put together";
    return half < 5e-4 ? how : fmt::format("{}, +- {:.1f} %", how, 100 * half);
}

std::string rows_text(const CostModel& model, const Advice& advice) {
    std::set<std::size_t> rows;
    for (std::size_t i = 0; i < std::min<std::size_t>(advice.ranking.size(), 2); ++i)
        rows.insert(advice.ranking[i].cost.rows.begin(), advice.ranking[i].cost.rows.end());
    std::string text;
    std::size_t shown = 0;
    for (const std::size_t row : rows) {
        if (shown++ == rows_shown && rows.size() > rows_shown + 1)
            return text + fmt::format("    and {} more (--json names all)\n", rows.size() - rows_shown);
        text += fmt::format("    {}\n", model.row_name(row));
    }
    return text;
}

std::string unknown_text(const Advice& advice) {
    std::map<std::string, std::vector<std::string>> by_reason;
    for (const Unknown& one : advice.unknown)
        by_reason[one.reason].push_back(one.way.text());
    std::string text;
    for (const auto& [reason, ways] : by_reason)
        text += fmt::format("    {}: {}\n", reason, fmt::join(ways, "; "));
    return text;
}

}  // namespace

std::string advice_text(const CostModel& model, const Advice& advice, const AdviceStyle& style) {
    const char* bold = style.colour ? "\033[1m" : "";
    const char* green = style.colour ? "\033[1;32m" : "";
    const char* dim = style.colour ? "\033[2m" : "";
    const char* plain = style.colour ? "\033[0m" : "";
    std::string text = fmt::format("{}{}{}: {}\n", bold, advice.target, plain, advice.workload.text());
    if (advice.ranking.empty())
        return text + "  nothing can be said of it:\n" + unknown_text(advice);
    text += fmt::format("  {}{}{}\n\n", green, verdict(advice), plain);
    const std::size_t shown =
        style.all ? advice.ranking.size()
                  : std::min(advice.ranking.size(), std::max(shown_without_all, advice.equals()));
    std::size_t width = 0;
    for (std::size_t i = 0; i < shown; ++i)
        width = std::max(width, advice.ranking[i].way.text().size());
    const double best = std::max(advice.ranking.front().cost.ns, 0.001);
    for (std::size_t i = 0; i < shown; ++i) {
        const Ranked& one = advice.ranking[i];
        text += fmt::format("  {:>2}  {:<{}}  {:>10}  {:>8}  {}{}{}\n", i + 1, one.way.text(), width,
                            time_text(one.cost.ns), i == 0 ? "" : fmt::format("x {:.2f}", one.cost.ns / best),
                            dim, certainty(one), plain);
    }
    if (shown < advice.ranking.size())
        text +=
            fmt::format("      {}and {} dearer ones (--all){}\n", dim, advice.ranking.size() - shown, plain);
    if (!advice.turns.empty())
        text += "\n  where it turns\n";
    for (const Turns& turns : advice.turns)
        text += fmt::format("    by {}: {}\n", subject(turns.of), turns_text(turns));
    text += fmt::format("\n  the first two rest on\n{}", rows_text(model, advice));
    if (!advice.unknown.empty() && style.all)
        text += fmt::format("\n  not ranked\n{}", unknown_text(advice));
    else if (!advice.unknown.empty())
        text += fmt::format("  {}{} way{} not ranked, for want of rows (--all says which){}\n", dim,
                            advice.unknown.size(), advice.unknown.size() == 1 ? " is" : "s are", plain);
    return text;
}

json estimate_json(const CostModel& model, const Estimate& cost) {
    json out{
        {"ns", cost.ns}, {"low_ns", cost.low}, {"high_ns", cost.high}, {"interpolated", cost.interpolated}};
    out["rows"] = json::array();
    for (const std::size_t row : cost.rows)
        out["rows"].push_back(model.row_name(row));
    return out;
}

json advice_json(const CostModel& model, const Advice& advice) {
    const Workload& workload = advice.workload;
    json out;
    out["target"] = advice.target;
    // The words of the axes say it best.
    const Axis& direction = *find_axis("direction");
    Point words;
    words.direction = workload.direction;
    words.touch = workload.touch_bytes == 0 ? Touch::none : workload.touch;
    words.pattern = workload.pattern;
    out["workload"] = {{"transfer_bytes", workload.transfer_bytes},
                       {"touch_bytes", workload.touch_bytes},
                       {"touch", to_string(find_axis("touch")->get(words))},
                       {"transfers_per_sync", workload.transfers_per_sync},
                       {"direction", to_string(direction.get(words))},
                       {"in", workload.user_space ? "user" : "kernel"},
                       {"pattern", to_string(find_axis("pattern")->get(words))}};
    out["ranking"] = json::array();
    const std::size_t equals = advice.equals();
    for (std::size_t i = 0; i < advice.ranking.size(); ++i) {
        const Ranked& one = advice.ranking[i];
        const Point point = one.way.point(workload);
        json entry{{"way", one.way.text()}, {"equal_to_best", i < equals}, {"measured", one.measured}};
        entry.update(estimate_json(model, one.cost));
        entry["point"] = point.name();
        entry["params"] = point.params();
        out["ranking"].push_back(std::move(entry));
    }
    out["unknown"] = json::array();
    for (const Unknown& one : advice.unknown)
        out["unknown"].push_back({{"way", one.way.text()}, {"reason", one.reason}});
    out["turns"] = json::array();
    for (const Turns& turns : advice.turns) {
        json stretches = json::array();
        for (const Turns::Stretch& stretch : turns.stretches)
            stretches.push_back({{"from", stretch.from}, {"to", stretch.to}, {"way", stretch.way.text()}});
        out["turns"].push_back(
            {{"of", key_of(turns.of)}, {"stretches", std::move(stretches)}, {"text", turns_text(turns)}});
    }
    return out;
}

}  // namespace dmabench
