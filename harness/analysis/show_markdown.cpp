// SPDX-License-Identifier: GPL-2.0-only
// For a comment on a pull request: the worst at once, the rest behind a click, and no more than such a
// comment may hold (65 536 characters on GitHub).
#include <algorithm>
#include <iterator>

#include "analysis/show.h"
#include "base/escape.h"
#include "base/figures.h"

namespace dmabench {
namespace {

constexpr std::size_t most_open = 10;    ///< regressions that are shown at once
constexpr std::size_t most_folded = 40;  ///< points in each folded list
constexpr std::size_t most_text = 60'000;

class MarkdownShow {
  public:
    explicit MarkdownShow(const ShowOptions& options) : options_(options) {}

    std::string show(const std::vector<Comparison>& comparisons) {
        heading(comparisons);
        for (const Comparison& comparison : comparisons) {
            const std::size_t before = text_.size();
            one(comparison);
            if (text_.size() > most_text) {
                text_.resize(before);
                text_ += fmt::format("\n**{}**: {} (left out, the comment would be too long)\n",
                                     markdown_escaped(comparison.candidate->platform), summary(comparison));
            }
        }
        for (const std::string& platform : options_.unpaired)
            text_ += fmt::format("\n- {}\n", markdown_escaped(platform));
        return std::move(text_);
    }

  private:
    void heading(const std::vector<Comparison>& comparisons) {
        std::size_t regressions = 0;
        bool failed = !options_.unpaired.empty() && options_.strict;
        for (const Comparison& comparison : comparisons) {
            regressions += comparison.count(Verdict::regression);
            failed = failed || comparison.failed(options_.strict);
        }
        text_ = fmt::format("### dmabench: {}\n", regressions != 0 ? counted(regressions, "regression")
                                                  : failed         ? "failed, no regression"
                                                                   : "no regression");
    }

    void one(const Comparison& comparison) {
        text_ += fmt::format("\n**{}**: {}\n", markdown_escaped(comparison.candidate->platform),
                             summary(comparison));
        std::vector<const PointChange*> by_verdict[verdicts];
        std::vector<const PointChange*> within;
        for (const PointChange& change : comparison.points) {
            by_verdict[static_cast<std::size_t>(change.verdict)].push_back(&change);
            if (comparison.exact && change.verdict == Verdict::unchanged && change.ratio.ratio != 1)
                within.push_back(&change);
        }
        auto& worse = by_verdict[static_cast<std::size_t>(Verdict::regression)];
        if (!worse.empty()) {
            const std::size_t open = std::min(worse.size(), most_open);
            text_ += '\n';
            table(comparison, {worse.data(), open});
            folded(comparison, counted(worse.size() - open, "more regression"),
                   {worse.data() + open, worse.size() - open});
        }
        const auto& unsure = by_verdict[static_cast<std::size_t>(Verdict::inconclusive)];
        folded(comparison, fmt::format("{} inconclusive", unsure.size()), unsure);
        const auto& better = by_verdict[static_cast<std::size_t>(Verdict::improvement)];
        folded(comparison, counted(better.size(), "improvement"), better);
        folded(comparison, fmt::format("{} changed within the threshold", within.size()), within);
        missing(comparison.only_base, comparison.base->file);
        missing(comparison.only_candidate, comparison.candidate->file);
        for (const std::string& remark : remarks(comparison))
            text_ += fmt::format("\n<sub>{}</sub>\n", markdown_escaped(remark));
    }

    void table(const Comparison& comparison, std::span<const PointChange* const> changes) {
        text_ += comparison.exact ? "| change | per lap | point |\n|---:|---|---|\n"
                                  : "| change | 95 % interval | per lap | point |\n|---:|---|---|---|\n";
        for (const PointChange* change : changes) {
            std::string detail = change->verdict == Verdict::inconclusive ? why_inconclusive(*change)
                                                                          : because(comparison, *change);
            if (!detail.empty())
                detail = "<br>" + markdown_escaped(detail);
            const std::string interval = comparison.exact ? ""
                                         : change->ratio.low > 0
                                             ? fmt::format(" {} .. {} |", change_text(change->ratio.low),
                                                           change_text(change->ratio.high))
                                             : " |";
            text_ += fmt::format("| {} |{} {} -> {} | {}{} |\n", change_text(change->ratio.ratio), interval,
                                 time_text(change->base->real_time), time_text(change->candidate->real_time),
                                 markdown_escaped(change->candidate->name), detail);
        }
    }

    void open_details(const std::string& title) {
        text_ += fmt::format("\n<details><summary>{}</summary>\n\n", xml_escaped(title));
    }

    void close_details(std::size_t count) {
        if (count > most_folded)
            text_ += fmt::format("\n... and {} more\n", count - most_folded);
        text_ += "\n</details>\n";
    }

    void folded(const Comparison& comparison, const std::string& title,
                std::span<const PointChange* const> changes) {
        if (changes.empty())
            return;
        open_details(title);
        table(comparison, changes.first(std::min(changes.size(), most_folded)));
        close_details(changes.size());
    }

    void missing(const std::vector<MissingPoint>& points, const std::string& file) {
        if (points.empty())
            return;
        open_details(fmt::format("{} only in {}", counted(points.size(), "point"), file));
        for (std::size_t i = 0; i < std::min(points.size(), most_folded); ++i)
            text_ +=
                fmt::format("- {}{}\n", markdown_escaped(points[i].name),
                            points[i].why.empty() ? "" : " (other " + markdown_escaped(points[i].why) + ")");
        close_details(points.size());
    }

    const ShowOptions& options_;
    std::string text_;
};

}  // namespace

std::string show_markdown(const std::vector<Comparison>& comparisons, const ShowOptions& options) {
    return MarkdownShow(options).show(comparisons);
}

}  // namespace dmabench
