// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/scenario.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "plan/axis.h"
#include "plan/name_filter.h"
#include "scenario/axis_spec.h"
#include "scenario/exclusion.h"
#include "scenario/extends.h"
#include "scenario/keys.h"
#include "scenario/located_json.h"
#include "scenario/object.h"
#include "scenario/sha256.h"
#include "scenario/sweep_spec.h"
#include "scenario/thresholds.h"

namespace dmabench {
namespace {

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
    return b > std::numeric_limits<std::uint64_t>::max() - a ? std::numeric_limits<std::uint64_t>::max()
                                                             : a + b;
}

/// Reads one parsed file.
class ScenarioReader {
  public:
    ScenarioReader(const LocatedJson& json, const Overrides& overrides, std::vector<AxisSpec> set)
        : json_(json), overrides_(overrides), set_(std::move(set)) {}

    /// Everything but file and sha256, and without the filter.
    Result<Scenario> read();

  private:
    Result<void> read_head(Scenario& scenario) const;
    Result<void> check_count(const std::vector<SweepSpec>& sweeps) const;
    Result<Expansion> expand_sweep(const SweepSpec& sweep) const;
    void leave_out(const SweepSpec& sweep, Expansion& expansion, Scenario& scenario);
    void note_idle_exclusions(const std::vector<SweepSpec>& sweeps, Scenario& scenario) const;

    const LocatedJson& json_;
    const Overrides& overrides_;
    std::vector<AxisSpec> set_;
    std::set<std::size_t> effective_;  ///< offsets of exclusions that left something out
};

Result<void> ScenarioReader::read_head(Scenario& scenario) const {
    const JsonNode& root = json_.root();
    const JsonMember* name = root.find("name");
    if (name == nullptr) {
        return json_.fail(root.offset, "key 'name' is missing");
    }
    struct Field {
        std::string_view key;
        std::string* text;
        std::size_t longest;
    };
    std::string schema;  // for editors
    for (const Field& field : {Field{"name", &scenario.name, keys::name_length},
                               Field{"title", &scenario.title, keys::text_length},
                               Field{"question", &scenario.question, keys::text_length},
                               Field{"$schema", &schema, keys::text_length}}) {
        const JsonMember* member = root.find(field.key);
        if (member == nullptr) {
            continue;
        }
        auto text = read_text(json_, *member, field.longest);
        if (!text) {
            return tl::unexpected(text.error());
        }
        *field.text = std::move(*text);
    }
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789_";
    if (scenario.name.find_first_not_of(allowed) != std::string::npos) {
        return json_.fail(name->value.offset, "name {} must be of lower-case letters, digits and '_'",
                          in_quotes(scenario.name));
    }
    if (scenario.title.empty()) {
        scenario.title = scenario.name;
    }
    if (const JsonMember* thresholds = root.find("thresholds")) {
        auto read = read_thresholds(json_, thresholds->value);
        if (!read) {
            return tl::unexpected(read.error());
        }
        scenario.thresholds = std::move(*read);
    }
    return {};
}

Result<void> ScenarioReader::check_count(const std::vector<SweepSpec>& sweeps) const {
    std::uint64_t total = 0;
    for (const SweepSpec& sweep : sweeps) {
        total = saturating_sum(total, sweep.count());
        if (total > overrides_.max_points) {
            const bool saturated = total == std::numeric_limits<std::uint64_t>::max();
            return json_.fail(sweep.offset,
                              "{}{} combinations are more than the {} allowed; use fewer values, several "
                              "scenarios, or --max-points",
                              saturated ? "at least " : "", total, overrides_.max_points);
        }
    }
    return {};
}

Result<Expansion> ScenarioReader::expand_sweep(const SweepSpec& sweep) const {
    Expansion expansion = expand(sweep.matrix());
    const bool only_baseline = std::all_of(expansion.points.begin(), expansion.points.end(),
                                           [](const Point& point) { return point.strategy == "null"; });
    if (!expansion.first_conflict || !only_baseline) {
        return expansion;
    }
    // --set may well empty one of several matrices; load_scenario() sees to it that something is left.
    if (!set_.empty()) {
        return expansion;
    }
    const Conflict& conflict = *expansion.first_conflict;
    const AxisSpec* blamed = sweep.find(conflict.axis->name);
    return json_.fail(blamed != nullptr ? blamed->offset : sweep.offset,
                      "no combination of this matrix is possible: {}", conflict.reason);
}

void ScenarioReader::leave_out(const SweepSpec& sweep, Expansion& expansion, Scenario& scenario) {
    std::erase_if(expansion.points, [&](const Point& point) {
        const Exclusion* exclusion = first_match(sweep.exclusions, point);
        if (exclusion == nullptr) {
            return false;
        }
        effective_.insert(exclusion->axes.front().offset);
        scenario.excluded.push_back({point.name(), exclusion->reason});
        return true;
    });
}

/// An item that leaves nothing out is a slip of the pen more often than not; with --set it need not be.
void ScenarioReader::note_idle_exclusions(const std::vector<SweepSpec>& sweeps, Scenario& scenario) const {
    std::set<std::size_t> told = effective_;
    for (const SweepSpec& sweep : sweeps) {
        if (sweep.exclusions == nullptr) {
            continue;
        }
        for (const Exclusion& exclusion : *sweep.exclusions) {
            // Targets may have their names only when a session is open.
            const bool by_target =
                std::any_of(exclusion.axes.begin(), exclusion.axes.end(),
                            [](const AxisSpec& spec) { return spec.axis->name == "target"; });
            const std::size_t offset = exclusion.axes.front().offset;
            if (!by_target && told.insert(offset).second) {
                scenario.notes.push_back(
                    json_.fail(offset, "no point of the scenario is like this item of exclude")
                        .value()
                        .message);
            }
        }
    }
}

Result<Scenario> ScenarioReader::read() {
    if (const auto checked = check_object(json_, json_.root(), "a scenario", keys::scenario); !checked) {
        return tl::unexpected(checked.error());
    }
    Scenario scenario;
    if (const auto read = read_head(scenario); !read) {
        return tl::unexpected(read.error());
    }
    const auto statistics = read_statistics_of(json_, json_.root(), {});
    if (!statistics) {
        return tl::unexpected(statistics.error());
    }
    scenario.statistics = *statistics;
    const auto sweeps = read_sweeps(json_, set_, scenario.title, *statistics);
    if (!sweeps) {
        return tl::unexpected(sweeps.error());
    }
    if (const auto checked = check_count(*sweeps); !checked) {
        return tl::unexpected(checked.error());
    }
    for (const SweepSpec& sweep : *sweeps) {
        auto expansion = expand_sweep(sweep);
        if (!expansion) {
            return tl::unexpected(expansion.error());
        }
        leave_out(sweep, *expansion, scenario);
        scenario.sweeps.push_back(
            {sweep.title, expansion->points.size(), sweep.statistics, sweep.exclusions});
        std::move(expansion->points.begin(), expansion->points.end(), std::back_inserter(scenario.points));
        std::move(expansion->excluded.begin(), expansion->excluded.end(),
                  std::back_inserter(scenario.excluded));
    }
    if (set_.empty()) {
        note_idle_exclusions(*sweeps, scenario);
    }
    return scenario;
}

/// Keep what `keep` says of a name.
template <typename Keep>
void keep_names(Scenario& scenario, Keep keep) {
    std::vector<Point> points;
    std::size_t at = 0;
    for (Sweep& sweep : scenario.sweeps) {
        const std::size_t end = at + sweep.points;
        const std::size_t before = points.size();
        for (; at < end; ++at) {
            if (keep(scenario.points[at].name())) {
                points.push_back(std::move(scenario.points[at]));
            }
        }
        sweep.points = points.size() - before;
    }
    scenario.points = std::move(points);
    std::erase_if(scenario.excluded, [&](const Excluded& excluded) { return !keep(excluded.name); });
}

/// The first of each name stays.
void remove_duplicates(Scenario& scenario) {
    std::unordered_set<std::string> seen;
    keep_names(scenario, [&](std::string name) { return seen.insert(std::move(name)).second; });
}

Result<void> apply_filter(Scenario& scenario, const NameFilter& filter, const std::string& pattern) {
    std::vector<std::string> examples;
    for (std::size_t i = 0; i < std::min<std::size_t>(scenario.points.size(), 3); ++i) {
        examples.push_back(scenario.points[i].name());
    }
    const std::size_t count = scenario.points.size();
    keep_names(scenario, [&](const std::string& name) { return filter.passes(name); });
    if (scenario.points.empty()) {
        return fail(ErrorKind::usage, "{}: none of {} points passes --filter {}; names are like {}",
                    printable(scenario.file.string()), count, in_quotes(pattern), fmt::join(examples, ", "));
    }
    return {};
}

Result<std::vector<AxisSpec>> parse_sets(const std::vector<std::string>& options) {
    std::vector<AxisSpec> result;
    for (const std::string& option : options) {
        auto spec = parse_set(option);
        if (!spec) {
            return tl::unexpected(spec.error());
        }
        if (std::any_of(result.begin(), result.end(),
                        [&](const AxisSpec& s) { return s.axis == spec->axis; })) {
            return fail(ErrorKind::usage, "{}: {} is set twice; give all of its values at once", spec->option,
                        spec->axis->name);
        }
        result.push_back(std::move(*spec));
    }
    return result;
}

}  // namespace

Result<Scenario> parse_scenario(const std::string& text, const std::filesystem::path& file,
                                const Overrides& overrides) {
    auto set = parse_sets(overrides.set);
    if (!set) {
        return tl::unexpected(set.error());
    }
    const auto filter = NameFilter::make(overrides.filter);
    if (!filter) {
        return tl::unexpected(filter.error());
    }
    const auto json = parse_extended(text, file, overrides.presets);
    if (!json) {
        return tl::unexpected(json.error());
    }
    auto scenario = ScenarioReader(*json, overrides, std::move(*set)).read();
    if (!scenario) {
        return scenario;
    }
    scenario->file = file;
    if (json->extended()) {
        scenario->flat = to_text(json->root()) + "\n";
    }
    scenario->sha256 = sha256_hex(scenario->flat.empty() ? text : scenario->flat);

    if (scenario->points.empty()) {  // because of --set, otherwise it was an error before, or of "exclude"
        return fail(ErrorKind::usage, "{}: {}no combination is possible: {}", printable(file.string()),
                    overrides.set.empty() ? "" : "with --set ", scenario->excluded.front().reason);
    }
    remove_duplicates(*scenario);
    if (const auto applied = apply_filter(*scenario, *filter, overrides.filter); !applied) {
        return tl::unexpected(applied.error());
    }
    return scenario;
}

Result<Scenario> load_scenario(const std::filesystem::path& file, const Overrides& overrides) {
    const auto text = read_small_file(file);
    return text ? parse_scenario(*text, file, overrides) : tl::unexpected(text.error());
}

}  // namespace dmabench
