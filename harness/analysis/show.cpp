// SPDX-License-Identifier: GPL-2.0-only
// The sentences that all formats share.
#include "analysis/show.h"

#include "base/figures.h"
#include "base/text.h"

namespace dmabench {

std::string summary(const Comparison& comparison) {
    const std::size_t worse = comparison.count(Verdict::regression);
    const std::size_t better = comparison.count(Verdict::improvement);
    std::string text;
    const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
    if (worse != 0)
        add(counted(worse, "regression"));
    if (const std::size_t unsure = comparison.count(Verdict::inconclusive); unsure != 0)
        add(fmt::format("{} inconclusive", unsure));
    if (better != 0)
        add(counted(better, "improvement"));
    if (comparison.exact) {
        const std::size_t within = comparison.changed_within();
        if (within != 0)
            add(fmt::format("{} changed within the threshold", within));
        add(fmt::format("{} equal", comparison.count(Verdict::unchanged) - within));
    } else {
        add(fmt::format("{} unchanged", comparison.count(Verdict::unchanged)));
    }
    return fmt::format("{} of {}", text, counted(comparison.points.size(), "point"));
}

std::vector<std::string> remarks(const Comparison& comparison) {
    std::vector<std::string> out;
    if (!comparison.forced.empty())
        out.push_back("FORCED: these are not the same platform, they differ in " +
                      in_words(comparison.forced) +
                      "; the verdicts say nothing about which of these, or what else, is the cause");
    if (comparison.machine_moved) {
        std::string moves;
        for (const CanaryMove& canary : comparison.canaries)
            moves += fmt::format("{}{} {}", moves.empty() ? "" : ", ", printable(canary.name),
                                 change_text(canary.ratio()));
        out.push_back("THE MACHINE MOVED: all canary points did (" + moves +
                      "), so no change is put down to what was measured; measure again");
    } else if (!comparison.exact) {
        for (const CanaryMove& canary : comparison.canaries)
            if (canary.moved)
                out.push_back(fmt::format("the canary point {} moved by {}, others did not",
                                          printable(canary.name), change_text(canary.ratio())));
        if (comparison.canaries.empty())
            out.emplace_back(
                "no canary points in these reports: whether the machine itself moved cannot be told");
    }
    for (const LoadedReport* report : {comparison.base, comparison.candidate}) {
        if (report->injected_slowdown_pct > 0)
            out.push_back(fmt::format(
                "{}: a slowdown of {:g} % was injected by the module's parameter inject_slowdown_pct",
                printable(report->file), report->injected_slowdown_pct));
        if (report->interrupted)
            out.push_back(fmt::format("{}: the run was interrupted", printable(report->file)));
    }
    if (!comparison.versions.empty())
        out.push_back("other versions: " + in_words(comparison.versions));
    if (!comparison.candidate->notice.empty())
        out.push_back(printable(comparison.candidate->notice));
    return out;
}

std::string because(const Comparison& comparison, const PointChange& change) {
    std::string text;
    for (const Cause& cause : causes(comparison, change))
        text += fmt::format("{}{} {:+.0f} %", text.empty() ? "" : ", ", cause.name,
                            100 * (cause.candidate / cause.base - 1));
    return text;
}

std::string why_inconclusive(const PointChange& change) {
    if (change.visible > 1)
        return fmt::format("{}: a change below {} could not be seen", change.why,
                           change_text(change.visible));
    return std::string(change.why);
}

}  // namespace dmabench
