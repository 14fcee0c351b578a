// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/scenario.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>
#include <unordered_set>
#include <utility>

#include "base/text.h"
#include "plan/axis.h"
#include "plan/name_filter.h"
#include "scenario/axis_spec.h"
#include "scenario/keys.h"
#include "scenario/located_json.h"
#include "scenario/sha256.h"
#include "scenario/statistics.h"

namespace dmabench {
namespace {

using Kind = JsonNode::Kind;

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    return a != 0 && b > most / a ? most : a * b;
}

std::uint64_t saturating_sum(std::uint64_t a, std::uint64_t b) {
    return b > std::numeric_limits<std::uint64_t>::max() - a ? std::numeric_limits<std::uint64_t>::max()
                                                             : a + b;
}

/// One matrix, read but not expanded.
struct SweepSpec {
    std::string title;
    std::size_t offset = 0;  ///< of the matrix
    std::vector<AxisSpec> axes;

    [[nodiscard]] const AxisSpec* find(std::string_view axis) const {
        const auto found = std::find_if(axes.begin(), axes.end(),
                                        [&](const AxisSpec& spec) { return spec.axis->name == axis; });
        return found == axes.end() ? nullptr : &*found;
    }
};

/// Reads one parsed file.
class ScenarioReader {
  public:
    ScenarioReader(const LocatedJson& json, const Overrides& overrides, std::vector<AxisSpec> set)
        : json_(json), overrides_(overrides), set_(std::move(set)) {}

    /// Everything but file and sha256, and without the filter.
    Result<Scenario> read();

  private:
    Result<void> check_object(const JsonNode& node, std::string_view what,
                              std::span<const std::string_view> allowed) const;
    Result<std::string> read_text(const JsonMember& member, std::size_t longest) const;
    Result<void> read_head(Scenario& scenario) const;
    Result<std::vector<SweepSpec>> read_sweeps(const std::string& title) const;
    Result<SweepSpec> read_sweep(const JsonNode& node, const std::string& title) const;
    Result<SweepSpec> read_matrix(const JsonNode& node, const std::string& title) const;
    Result<void> check_user_space(const SweepSpec& sweep) const;
    Result<void> check_count(const std::vector<SweepSpec>& sweeps) const;
    Result<Expansion> expand_sweep(const SweepSpec& sweep) const;

    /// At the axis' place in the file, or named as the option that it comes from.
    [[nodiscard]] tl::unexpected<Error> fail_at(const AxisSpec& axis, std::string_view message) const {
        return axis.option.empty() ? json_.fail(axis.offset, "{}", message)
                                   : fail(ErrorKind::usage, "{}: {}", axis.option, message);
    }

    const LocatedJson& json_;
    const Overrides& overrides_;
    std::vector<AxisSpec> set_;
};

Result<void> ScenarioReader::check_object(const JsonNode& node, std::string_view what,
                                          std::span<const std::string_view> allowed) const {
    if (node.kind != Kind::object) {
        return json_.fail(node.offset, "{} must be an object; got {}", what, node.describe());
    }
    for (const JsonMember& member : node.members) {
        if (std::find(allowed.begin(), allowed.end(), member.key) != allowed.end()) {
            continue;
        }
        if (find_axis(member.key) != nullptr) {
            return json_.fail(member.offset, "'{}' is an axis; it belongs into 'matrix'", member.key);
        }
        return json_.fail(member.offset, "unknown key {}; expected one of {}{}", in_quotes(member.key),
                          join(allowed), did_you_mean(member.key, allowed));
    }
    return {};
}

Result<std::string> ScenarioReader::read_text(const JsonMember& member, std::size_t longest) const {
    const JsonNode& node = member.value;
    if (node.kind != Kind::string) {
        return json_.fail(node.offset, "{} must be a string; got {}", member.key, node.describe());
    }
    if (trimmed(node.text).empty()) {
        return json_.fail(node.offset, "{} is empty", member.key);
    }
    if (node.text.size() > longest) {
        return json_.fail(node.offset, "{} is longer than {} characters", member.key, longest);
    }
    if (printable(node.text) != node.text) {
        return json_.fail(node.offset, "{} must be one line without control characters", member.key);
    }
    return node.text;
}

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
    for (const Field& field : {Field{"name", &scenario.name, keys::name_length},
                               Field{"title", &scenario.title, keys::text_length},
                               Field{"question", &scenario.question, keys::text_length}}) {
        const JsonMember* member = root.find(field.key);
        if (member == nullptr) {
            continue;
        }
        auto text = read_text(*member, field.longest);
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
    return {};
}

Result<std::vector<SweepSpec>> ScenarioReader::read_sweeps(const std::string& title) const {
    const JsonNode& root = json_.root();
    const JsonMember* matrix = root.find("matrix");
    const JsonMember* sweeps = root.find("sweeps");
    std::vector<SweepSpec> result;
    if (matrix != nullptr && sweeps != nullptr) {
        return json_.fail(std::max(matrix->offset, sweeps->offset),
                          "'matrix' and 'sweeps' exclude each other");
    }
    if (matrix != nullptr) {
        auto sweep = read_matrix(matrix->value, title);
        if (!sweep) {
            return tl::unexpected(sweep.error());
        }
        result.push_back(std::move(*sweep));
        return result;
    }
    if (sweeps == nullptr) {
        return json_.fail(root.offset, "there is nothing to sweep; expected the key 'matrix' or 'sweeps'");
    }
    const JsonNode& list = sweeps->value;
    if (list.kind != Kind::array || list.items.empty()) {
        return json_.fail(list.offset, "sweeps must be a list of at least one object; got {}",
                          list.describe());
    }
    for (const JsonNode& item : list.items) {
        auto sweep = read_sweep(item, title);
        if (!sweep) {
            return tl::unexpected(sweep.error());
        }
        result.push_back(std::move(*sweep));
    }
    return result;
}

Result<SweepSpec> ScenarioReader::read_sweep(const JsonNode& node, const std::string& title) const {
    if (const auto checked = check_object(node, "a sweep", keys::sweep); !checked) {
        return tl::unexpected(checked.error());
    }
    const JsonMember* matrix = node.find("matrix");
    if (matrix == nullptr) {
        return json_.fail(node.offset, "the sweep has no 'matrix'");
    }
    const JsonMember* own_title = node.find("title");
    if (own_title == nullptr) {
        return read_matrix(matrix->value, title);
    }
    const auto text = read_text(*own_title, keys::text_length);
    return text ? read_matrix(matrix->value, *text) : tl::unexpected(text.error());
}

Result<SweepSpec> ScenarioReader::read_matrix(const JsonNode& node, const std::string& title) const {
    if (node.kind != Kind::object) {
        return json_.fail(node.offset, "matrix must be an object of axes; got {}", node.describe());
    }
    if (node.members.empty()) {
        return json_.fail(node.offset, "matrix is empty; expected at least strategy and size");
    }
    SweepSpec sweep{title, node.offset, {}};
    for (const JsonMember& member : node.members) {
        auto axis = read_axis(json_, member);
        if (!axis) {
            return tl::unexpected(axis.error());
        }
        sweep.axes.push_back(std::move(*axis));
    }
    for (const AxisSpec& override : set_) {
        const auto same = std::find_if(sweep.axes.begin(), sweep.axes.end(),
                                       [&](const AxisSpec& spec) { return spec.axis == override.axis; });
        if (same == sweep.axes.end()) {
            sweep.axes.push_back(override);
        } else {
            *same = override;
        }
    }
    for (const Axis& axis : all_axes()) {
        if (axis.required() && sweep.find(axis.name) == nullptr) {
            return json_.fail(node.offset, "matrix has no '{}'", axis.name);
        }
    }
    if (const auto checked = check_user_space(sweep); !checked) {
        return tl::unexpected(checked.error());
    }
    return sweep;
}

/// access and cache_mode come as a pair. Without this check a null strategy in the matrix would hide that
/// all of its other points are impossible.
Result<void> ScenarioReader::check_user_space(const SweepSpec& sweep) const {
    const auto words_but_none = [](std::string_view axis) { return join(find_axis(axis)->words.subspan(1)); };
    const AxisSpec* access = sweep.find("access");
    const AxisSpec* cache_mode = sweep.find("cache_mode");
    const bool accesses = access != nullptr && access->asks_for_some();
    const bool maps = cache_mode != nullptr && cache_mode->asks_for_some();
    if (accesses && !maps) {
        return fail_at(*access, "access needs a cache_mode, one of " + words_but_none("cache_mode"));
    }
    if (maps && !accesses) {
        return fail_at(*cache_mode, "cache_mode needs an access, one of " + words_but_none("access"));
    }
    return {};
}

Result<void> ScenarioReader::check_count(const std::vector<SweepSpec>& sweeps) const {
    std::uint64_t total = 0;
    for (const SweepSpec& sweep : sweeps) {
        std::uint64_t count = 1;
        for (const AxisSpec& axis : sweep.axes) {
            count = saturating_product(count, axis.count());
        }
        total = saturating_sum(total, count);
        if (total > overrides_.max_points) {
            const bool saturated = total == std::numeric_limits<std::uint64_t>::max();
            return json_.fail(sweep.offset,
                              "{}{} combinations are more than the {} allowed; use fewer values, or several "
                              "scenarios",
                              saturated ? "at least " : "", total, overrides_.max_points);
        }
    }
    return {};
}

Result<Expansion> ScenarioReader::expand_sweep(const SweepSpec& sweep) const {
    std::vector<MatrixAxis> matrix;
    for (const AxisSpec& axis : sweep.axes) {
        matrix.push_back(axis.values());
    }
    Expansion expansion = expand(matrix);
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

Result<Scenario> ScenarioReader::read() {
    if (const auto checked = check_object(json_.root(), "a scenario", keys::scenario); !checked) {
        return tl::unexpected(checked.error());
    }
    Scenario scenario;
    if (const auto read = read_head(scenario); !read) {
        return tl::unexpected(read.error());
    }
    if (const JsonMember* schema = json_.root().find("$schema")) {  // for editors
        if (const auto text = read_text(*schema, keys::text_length); !text) {
            return tl::unexpected(text.error());
        }
    }
    if (const JsonMember* member = json_.root().find("statistics")) {
        if (const auto checked = check_object(member->value, "statistics", keys::statistics); !checked) {
            return tl::unexpected(checked.error());
        }
        const auto statistics = read_statistics(json_, member->value);
        if (!statistics) {
            return tl::unexpected(statistics.error());
        }
        scenario.statistics = *statistics;
    }
    const auto sweeps = read_sweeps(scenario.title);
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
        scenario.sweeps.push_back({sweep.title, expansion->points.size()});
        std::move(expansion->points.begin(), expansion->points.end(), std::back_inserter(scenario.points));
        std::move(expansion->excluded.begin(), expansion->excluded.end(),
                  std::back_inserter(scenario.excluded));
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
    const auto json = LocatedJson::parse(text, file);
    if (!json) {
        return tl::unexpected(json.error());
    }
    auto scenario = ScenarioReader(*json, overrides, std::move(*set)).read();
    if (!scenario) {
        return scenario;
    }
    scenario->file = file;
    scenario->sha256 = sha256_hex(text);

    if (scenario->points.empty()) {  // without --set that was an error before
        return fail(ErrorKind::usage, "{}: with --set no combination is possible: {}",
                    printable(file.string()), scenario->excluded.front().reason);
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
