// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/show.h"
#include "base/figures.h"
#include "base/text.h"

namespace dmabench {
namespace {

constexpr std::size_t most_listed = 40;  ///< per group, without --all

class TextShow {
  public:
    explicit TextShow(const ShowOptions& options) : options_(options) {}

    std::string show(const std::vector<Comparison>& comparisons) {
        for (const Comparison& comparison : comparisons) {
            if (!text_.empty())
                text_ += '\n';
            one(comparison);
        }
        for (const std::string& platform : options_.unpaired)
            line(painted("33", platform));
        return std::move(text_);
    }

  private:
    [[nodiscard]] std::string painted(const char* code, const std::string& text) const {
        return options_.colour ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
    }

    void line(const std::string& text) { text_ += text + '\n'; }

    static const char* paint_of(Verdict verdict) {
        switch (verdict) {
            case Verdict::regression:
                return "1;31";
            case Verdict::inconclusive:
                return "1;33";
            case Verdict::improvement:
                return "1;32";
            case Verdict::unchanged:
                break;
        }
        return "1";
    }

    void one(const Comparison& comparison) {
        line(fmt::format("{}  {} -> {}", painted("1", printable(comparison.candidate->platform)),
                         printable(comparison.base->file), printable(comparison.candidate->file)));
        const bool failed = comparison.failed(options_.strict);
        const bool unsure = comparison.count(Verdict::inconclusive) != 0;
        line(painted(failed ? "1;31" : unsure ? "1;33" : "1;32", summary(comparison)));
        for (const std::string& remark : remarks(comparison))
            wrapped(remark, remark.starts_with("FORCED") || remark.starts_with("THE MACHINE") ? "1;33" : "2");
        for (const Verdict verdict : {Verdict::regression, Verdict::inconclusive, Verdict::improvement})
            group(comparison, verdict_name(verdict), verdict,
                  [&](const PointChange& change) { return change.verdict == verdict; });
        group(comparison, "changed within the threshold", Verdict::unchanged, [&](const PointChange& change) {
            return comparison.exact && change.verdict == Verdict::unchanged && change.ratio.ratio != 1;
        });
        if (options_.all)
            group(comparison, comparison.exact ? "equal" : "unchanged", Verdict::unchanged,
                  [&](const PointChange& change) {
                      return change.verdict == Verdict::unchanged &&
                             !(comparison.exact && change.ratio.ratio != 1);
                  });
        missing(comparison.only_base, comparison.base->file);
        missing(comparison.only_candidate, comparison.candidate->file);
    }

    template <typename Belongs>
    void group(const Comparison& comparison, const std::string& title, Verdict verdict, Belongs belongs) {
        std::size_t count = 0;
        for (const PointChange& change : comparison.points) {
            if (!belongs(change))
                continue;
            if (count++ == 0)
                line("\n" + painted(paint_of(verdict), title));
            if (count <= most_listed || options_.all)
                point(comparison, change);
        }
        more(count);
    }

    void more(std::size_t count) {
        if (count > most_listed && !options_.all)
            line(painted("2", fmt::format("  ... and {} more; --all lists them", count - most_listed)));
    }

    void point(const Comparison& comparison, const PointChange& change) {
        std::string figures = fmt::format("  {:>9}", change_text(change.ratio.ratio));
        if (!comparison.exact)
            figures += fmt::format("  {:<20}", change.ratio.low > 0
                                                   ? fmt::format("{} .. {}", change_text(change.ratio.low),
                                                                 change_text(change.ratio.high))
                                                   : "");
        figures += fmt::format("  {:>9} -> {:>9}", time_text(change.base->real_time),
                               time_text(change.candidate->real_time));
        const std::string name = printable(change.candidate->name);
        if (options_.columns != 0 && figures.size() + 2 + name.size() > options_.columns) {
            line(painted(paint_of(change.verdict), figures));
            wrapped(name, "0", "    ");
        } else {
            line(fmt::format("{}  {}", painted(paint_of(change.verdict), figures), name));
        }
        std::string detail = change.verdict == Verdict::inconclusive ? why_inconclusive(change) : "";
        if (const std::string why = because(comparison, change); !why.empty())
            detail += (detail.empty() ? "" : "; ") + why;
        if (!detail.empty())
            wrapped(detail, "2", "    ");
    }

    /// Over as many lines as it takes, broken at spaces and after '/'.
    void wrapped(std::string text, const char* code, const std::string& indent = "") {
        while (options_.columns != 0 && indent.size() + text.size() > options_.columns) {
            const std::size_t room =
                options_.columns > indent.size() + 10 ? options_.columns - indent.size() : 10;
            std::size_t cut = text.find_last_of(" /", room - 1);
            if (cut == std::string::npos)
                cut = room - 1;
            line(indent + painted(code, text.substr(0, cut + 1)));
            text.erase(0, cut + 1);
        }
        line(indent + painted(code, text));
    }

    void missing(const std::vector<MissingPoint>& points, const std::string& file) {
        if (points.empty())
            return;
        line("\n" +
             painted("1;33", fmt::format("{} only in {}", counted(points.size(), "point"), printable(file))));
        for (std::size_t i = 0; i < points.size() && (i < most_listed || options_.all); ++i)
            line(fmt::format(
                "  {}{}", printable(points[i].name),
                points[i].why.empty() ? "" : painted("2", "  (other " + printable(points[i].why) + ")")));
        more(points.size());
    }

    const ShowOptions& options_;
    std::string text_;
};

}  // namespace

std::string show_text(const std::vector<Comparison>& comparisons, const ShowOptions& options) {
    return TextShow(options).show(comparisons);
}

}  // namespace dmabench
