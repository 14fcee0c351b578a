// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/compare.h"

#include <algorithm>
#include <cmath>
#include <regex>

#include "analysis/welch_test.h"
#include "base/text.h"

namespace dmabench {
namespace {

constexpr std::string_view too_few_samples = "so few samples cannot tell any change";
constexpr std::string_view too_noisy = "the samples spread too far";
constexpr std::string_view machine_moved = "the machine moved";
constexpr std::string_view alone =
    "an emulator's real-time clock on a shared machine: one point is no evidence, and its family did not "
    "change";
constexpr std::size_t least_samples = 3;
constexpr std::string_view no_samples = "a report without samples";

std::vector<double> sorted(std::span<const double> values) {
    std::vector<double> copy(values.begin(), values.end());
    std::sort(copy.begin(), copy.end());
    return copy;
}

double middle(const std::vector<double>& sorted_values) {
    const std::size_t half = sorted_values.size() / 2;
    return sorted_values.size() % 2 == 1 ? sorted_values[half]
                                         : (sorted_values[half - 1] + sorted_values[half]) / 2;
}

/// P(X >= successes) of so many tosses of a fair coin.
double sign_test(std::size_t successes, std::size_t tosses) {
    const auto n = static_cast<double>(tosses);
    double p = 0;
    for (std::size_t i = successes; i <= tosses; ++i) {
        const auto k = static_cast<double>(i);
        p += std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) - n * std::log(2.0));
    }
    return std::min(p, 1.0);
}

std::string_view family_of(std::string_view name) {
    return name.substr(0, name.find('/'));
}

/// The rules of the candidate's scenarios, or else the base's.
class Thresholds {
  public:
    Thresholds(const LoadedReport& base, const LoadedReport& candidate, std::optional<double> given)
        : given_(given) {
        for (const ThresholdRule& rule : candidate.thresholds.empty() ? base.thresholds : candidate.thresholds) {
            add(scenarios_[rule.scenario], rule);
            add(any_, rule);
        }
        for (const std::string& scenario : candidate.scenarios)
            scenarios_.try_emplace(scenario);
    }

    [[nodiscard]] double of(const LoadedRow& row) const {
        const auto own = scenarios_.find(row.scenario);
        return of(row.name, own == scenarios_.end() ? any_ : own->second);
    }

    /// Of a point that is nobody's, as canaries are.
    [[nodiscard]] double of(std::string_view name) const { return of(name, any_); }

  private:
    struct Rules {
        std::vector<std::pair<std::regex, double>> overrides;
        std::optional<double> otherwise;
    };

    static void add(Rules& rules, const ThresholdRule& rule) {
        if (!rule.match.empty())
            rules.overrides.emplace_back(std::regex(rule.match), rule.threshold);
        else
            rules.otherwise = std::min(rules.otherwise.value_or(rule.threshold), rule.threshold);
    }

    [[nodiscard]] double of(std::string_view name, const Rules& rules) const {
        if (given_)
            return *given_;
        for (const auto& [match, threshold] : rules.overrides)
            if (std::regex_search(name.begin(), name.end(), match))
                return threshold;
        return rules.otherwise.value_or(default_threshold);
    }

    std::optional<double> given_;
    std::map<std::string, Rules, std::less<>> scenarios_;
    Rules any_;  ///< for points of which the report does not tell whose they are: the strictest default
};

/// Gives the missing points the reasons that a report has for them.
std::vector<MissingPoint> missing(const std::vector<std::string_view>& names, const LoadedReport& other) {
    std::unordered_map<std::string_view, std::string> why;
    for (const NamedReason& entry : other.skipped)
        why.emplace(entry.name, "skipped: " + entry.reason);
    for (const NamedReason& entry : other.errors)
        why.emplace(entry.name, "failed: " + entry.reason);
    std::vector<MissingPoint> out;
    for (const std::string_view name : names) {
        const auto found = why.find(name);
        out.push_back({name, found == why.end() ? "" : found->second});
    }
    return out;
}

class Comparer {
  public:
    Comparer(const LoadedReport& base, const LoadedReport& candidate, const CompareOptions& options)
        : thresholds_(base, candidate, options.threshold) {
        out_.base = &base;
        out_.candidate = &candidate;
        out_.exact = base.exact();
    }

    Comparison run() {
        pair_up();
        canaries();
        if (out_.exact)
            for (PointChange& change : out_.points)
                judge_exactly(change);
        else
            judge_samples();
        for (const PointChange& change : out_.points)
            ++out_.counts[static_cast<std::size_t>(change.verdict)];
        std::stable_sort(
            out_.points.begin(), out_.points.end(), [](const PointChange& a, const PointChange& b) {
                if (a.verdict != b.verdict)
                    return a.verdict < b.verdict;
                const double size_a = std::abs(std::log(a.ratio.ratio));
                const double size_b = std::abs(std::log(b.ratio.ratio));
                return a.verdict == Verdict::inconclusive ? a.ratio.ratio > b.ratio.ratio : size_a > size_b;
            });
        return std::move(out_);
    }

  private:
    void pair_up() {
        std::unordered_map<std::string_view, const LoadedRow*> base;
        base.reserve(out_.base->rows.size());
        for (const LoadedRow& row : out_.base->rows)
            base.emplace(row.name, &row);
        std::vector<std::string_view> only_candidate;
        out_.points.reserve(out_.candidate->rows.size());
        std::unordered_map<std::string_view, const LoadedRow*>::iterator found;
        for (const LoadedRow& row : out_.candidate->rows) {
            found = base.find(row.name);
            if (found == base.end()) {
                only_candidate.push_back(row.name);
                continue;
            }
            if (found->second == nullptr)
                continue;  // a name twice: the first counts
            PointChange change;
            change.base = found->second;
            change.candidate = &row;
            change.threshold = thresholds_.of(row);
            out_.points.push_back(change);
            found->second = nullptr;
        }
        std::vector<std::string_view> only_base;
        for (const LoadedRow& row : out_.base->rows)
            if (base.at(row.name) == &row)
                only_base.push_back(row.name);
        out_.only_base = missing(only_base, *out_.candidate);
        out_.only_candidate = missing(only_candidate, *out_.base);
    }

    /// A canary is measured in every block, so that what moves them all is the machine: one of them, `null`,
    /// calls nothing of the DMA API. A change of the API alone leaves that one where it was.
    void canaries() {
        std::map<std::string, std::array<std::vector<double>, 2>> seen;
        for (const Canary& canary : out_.base->canaries)
            seen[canary.name][0].push_back(canary.real_time);
        for (const Canary& canary : out_.candidate->canaries)
            seen[canary.name][1].push_back(canary.real_time);
        bool up = true;
        bool down = true;
        for (auto& [name, times] : seen) {
            auto& [base, candidate] = times;
            if (base.empty() || candidate.empty())
                continue;
            std::sort(base.begin(), base.end());
            std::sort(candidate.begin(), candidate.end());
            CanaryMove move{name, std::min(base.size(), candidate.size()), middle(base), middle(candidate),
                            false};
            const double threshold = thresholds_.of(name);
            // Few blocks cannot be significant; then the distance alone has to do.
            const bool enough = tests_.least_p(base.size(), candidate.size()) <= alpha;
            const bool rose = move.ratio() > 1 + threshold &&
                              (!enough || tests_.greater(base, candidate, 1 + threshold) <= alpha);
            const bool fell = move.ratio() < 1 / (1 + threshold) &&
                              (!enough || tests_.greater(candidate, base, 1 + threshold) <= alpha);
            move.moved = rose || fell;
            up = up && rose;
            down = down && fell;
            out_.canaries.push_back(std::move(move));
        }
        out_.machine_moved = !out_.exact && !out_.canaries.empty() && (up || down);
    }

    static void judge_exactly(PointChange& change) {
        change.ratio.ratio = change.base->real_time > 0 && change.candidate->real_time > 0
                                 ? change.candidate->real_time / change.base->real_time
                                 : 1;
        change.ratio.low = change.ratio.high = change.ratio.ratio;
        if (change.ratio.ratio > 1 + change.threshold)
            change.verdict = Verdict::regression;
        else if (change.ratio.ratio < 1 / (1 + change.threshold))
            change.verdict = Verdict::improvement;
    }

    void judge_samples() {
        std::vector<double> worse(out_.points.size(), 1);
        std::vector<double> better(out_.points.size(), 1);
        const double strictest = alpha / static_cast<double>(std::max<std::size_t>(out_.points.size(), 1));
        for (std::size_t i = 0; i < out_.points.size(); ++i) {
            PointChange& change = out_.points[i];
            const std::vector<double> base = sorted(change.base->samples);
            const std::vector<double> candidate = sorted(change.candidate->samples);
            if (base.empty() || candidate.empty() || base.front() <= 0 || candidate.front() <= 0) {
                change.verdict = Verdict::inconclusive;
                change.why = no_samples;
                continue;
            }
            const double scale = 1 + change.threshold;
            change.ratio = tests_.ratio(base, candidate, alpha);
            // What the middle contradicts no test can confirm.
            if (change.ratio.ratio > scale)
                worse[i] = greater(base, candidate, scale, strictest);
            else if (change.ratio.ratio < 1 / scale)
                better[i] = greater(candidate, base, scale, strictest);
            if (change.ratio.low >= 1 / scale && change.ratio.high <= scale && change.ratio.low > 0)
                continue;
            // Regression or improvement takes this back once the p values are corrected.
            change.verdict = Verdict::inconclusive;
            change.visible = scale * change.ratio.ratio / least_ratio(base, candidate, strictest);
            change.why = too_noisy;
            if (std::min(base.size(), candidate.size()) < least_samples) {
                change.visible = 0;
                change.why = too_few_samples;
            }
        }
        settle(holm(worse), Verdict::regression);
        settle(holm(better), Verdict::improvement);
        if (out_.base->clock == "realtime") {
            believe_families(Verdict::regression);
            believe_families(Verdict::improvement);
        }
    }

    /// A point's samples are taken within milliseconds. Where an emulator shares its CPU with whatever else
    /// runs, a neighbour that comes or goes moves all of them at once, by 20 % or threefold, and no test on
    /// them can tell. It does not move most points of a strategy, though: only where the median of their
    /// changes is beyond the threshold (a sign test, corrected for the number of strategies) are its points
    /// believed.
    void believe_families(Verdict verdict) {
        std::map<std::string_view, std::pair<std::size_t, std::size_t>> moved;  // of how many
        for (const PointChange& change : out_.points) {
            auto& [count, all] = moved[family_of(change.candidate->name)];
            const double ratio = verdict == Verdict::regression ? change.ratio.ratio : 1 / change.ratio.ratio;
            count += ratio > 1 + change.threshold ? 1 : 0;
            ++all;
        }
        std::vector<double> p;
        for (const auto& [family, counts] : moved)
            p.push_back(sign_test(counts.first, counts.second));
        const std::vector<double> adjusted = holm(p);
        std::map<std::string_view, bool> believed;
        for (const auto& [family, counts] : moved)
            believed[family] = adjusted[believed.size()] <= alpha;
        for (PointChange& change : out_.points) {
            if (change.verdict != verdict || believed[family_of(change.candidate->name)])
                continue;
            change.verdict = Verdict::inconclusive;
            change.why = alone;
        }
    }

    /// The rank test's p value. Ranks of few samples cannot reach the p that many points ask for: then the
    /// two sets have to lie wholly apart, and Welch's test tells how far.
    double greater(const std::vector<double>& a, const std::vector<double>& b, double scale,
                   double strictest) {
        const double least = tests_.least_p(a.size(), b.size());
        const double p = tests_.greater(a, b, scale);
        const bool apart = b.front() > a.back() * scale;
        if (least <= strictest || !apart || std::min(a.size(), b.size()) < least_samples)
            return p;
        return std::min(p, welch_greater(a, b, scale));
    }

    /// Below which the ratio is not, with the confidence that the strictest step of the correction asks for.
    double least_ratio(const std::vector<double>& base, const std::vector<double>& candidate,
                       double strictest) {
        const RatioInterval strict = tests_.ratio(base, candidate, 2 * strictest);
        return strict.low > 0 ? strict.low : candidate.front() / base.back();
    }

    void settle(const std::vector<double>& p, Verdict verdict) {
        for (std::size_t i = 0; i < p.size(); ++i) {
            PointChange& change = out_.points[i];
            change.p = std::min(change.p, p[i]);
            if (p[i] > alpha)
                continue;
            change.verdict = out_.machine_moved ? Verdict::inconclusive : verdict;
            change.why = out_.machine_moved ? machine_moved : std::string_view{};
            change.visible = 0;
        }
    }

    Thresholds thresholds_;
    RankTest tests_;
    Comparison out_;
};

}  // namespace

const char* verdict_name(Verdict verdict) {
    static constexpr std::array<const char*, verdicts> names{"regression", "inconclusive", "improvement",
                                                             "unchanged"};
    return names[static_cast<std::size_t>(verdict)];
}

std::size_t Comparison::changed_within() const {
    if (!exact)
        return 0;
    return static_cast<std::size_t>(
        std::count_if(points.begin(), points.end(), [](const PointChange& change) {
            return change.verdict == Verdict::unchanged && change.ratio.ratio != 1;
        }));
}

bool Comparison::failed(bool strict) const {
    return count(Verdict::regression) != 0 ||
           (strict && (count(Verdict::inconclusive) != 0 || !only_base.empty() || !only_candidate.empty()));
}

Result<Comparison> compare(const LoadedReport& base, const LoadedReport& candidate,
                           const CompareOptions& options) {
    const auto refuse = [&](const std::vector<FieldDifference>& fields, std::string_view advice) {
        return fail(ErrorKind::not_comparable, "{} and {} cannot be compared, they differ in: {}{}",
                    printable(base.file), printable(candidate.file), in_words(fields), advice);
    };
    if (const auto never = never_comparable(base, candidate); !never.empty())
        return refuse(never, "");
    auto different = differences(base, candidate);
    if (!different.empty() && !options.force)
        return refuse(
            different,
            "; --across FIELD,... sets platforms side by side, --force judges them as if they were the same");
    Comparison out = Comparer(base, candidate, options).run();
    out.forced = std::move(different);
    out.versions = other_versions(base, candidate);
    return out;
}

std::string_view phase_of(std::string_view key) {
    constexpr std::string_view unit = "_ns";
    if (!key.ends_with(unit) || key.starts_with("lap_"))
        return "";
    for (const std::string_view other : {"ci_low_ns", "ci_high_ns", "min_ns", "max_sample_ns"})
        if (key == other)
            return "";
    return key.substr(0, key.size() - unit.size());
}

std::vector<Cause> causes(const Comparison& comparison, const PointChange& change) {
    const double whole = change.candidate->real_time - change.base->real_time;
    std::vector<Cause> found;
    for (const RowFigure& metric : change.candidate->metrics) {
        const std::string_view key = comparison.candidate->keys.word(metric.key);
        const std::string_view phase = phase_of(key);
        if (phase.empty())
            continue;
        const double before = comparison.base->metric(*change.base, key);
        const double part = metric.value - before;
        // A fifth of the change, and the same way.
        if (before > 0 && part * whole > 0 && std::abs(part) >= std::abs(whole) / 5)
            found.push_back({phase, before, metric.value});
    }
    std::stable_sort(found.begin(), found.end(), [](const Cause& a, const Cause& b) {
        return std::abs(a.candidate - a.base) > std::abs(b.candidate - b.base);
    });
    if (found.size() > 2)
        found.resize(2);
    return found;
}

}  // namespace dmabench
