// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/sweep_spec.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "base/text.h"
#include "plan/axis.h"
#include "scenario/keys.h"
#include "scenario/object.h"
#include "scenario/statistics.h"

namespace dmabench {
namespace {

using Kind = JsonNode::Kind;

std::uint64_t saturating_product(std::uint64_t a, std::uint64_t b) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    return a != 0 && b > most / a ? most : a * b;
}

bool gives(const std::vector<AxisSpec>& axes, const Axis* axis) {
    return std::any_of(axes.begin(), axes.end(), [&](const AxisSpec& spec) { return spec.axis == axis; });
}

class SweepReader {
  public:
    SweepReader(const LocatedJson& json, const std::vector<AxisSpec>& set) : json_(json), set_(set) {}

    Result<std::vector<SweepSpec>> read(const std::string& title, const Statistics& statistics);

  private:
    /// Appends what an object with matrix, zip, include and exclude comes to.
    Result<void> add(const JsonNode& object, SweepSpec sweep);
    Result<void> add_sweep(const JsonNode& object, const SweepSpec& outer);
    Result<void> add_include(const JsonMember& include, SweepSpec sweep);
    Result<void> read_axes(const JsonNode& node, std::string_view what, std::vector<AxisSpec>& axes) const;
    Result<void> finish(SweepSpec sweep);
    Result<void> check_zip(const SweepSpec& sweep, const JsonNode& zip) const;
    Result<void> check_user_space(const SweepSpec& sweep) const;

    /// At the axis' place in the file, or named as the option that it comes from.
    [[nodiscard]] tl::unexpected<Error> fail_at(const AxisSpec& axis, std::string_view message) const {
        return axis.option.empty() ? json_.fail(axis.offset, "{}", message)
                                   : fail(ErrorKind::usage, "{}: {}", axis.option, message);
    }

    const LocatedJson& json_;
    const std::vector<AxisSpec>& set_;
    std::vector<SweepSpec> result_;
};

Result<std::vector<SweepSpec>> SweepReader::read(const std::string& title, const Statistics& statistics) {
    const JsonNode& root = json_.root();
    const JsonMember* sweeps = root.find("sweeps");
    const JsonMember* matrix = root.find("matrix");
    const JsonMember* zip = root.find("zip");
    const JsonMember* include = root.find("include");
    SweepSpec outer{title, root.offset, {}, {}, statistics, nullptr};
    if (sweeps == nullptr) {
        if (matrix == nullptr && zip == nullptr && include == nullptr) {
            return json_.fail(root.offset,
                              "there is nothing to sweep; expected the key 'matrix' or 'sweeps'");
        }
        const auto added = add(root, std::move(outer));
        return added ? Result<std::vector<SweepSpec>>(std::move(result_)) : tl::unexpected(added.error());
    }
    for (const JsonMember* other : {matrix, zip}) {
        if (other != nullptr) {
            return json_.fail(std::max(other->offset, sweeps->offset), "'{}' and 'sweeps' exclude each other",
                              other->key);
        }
    }
    const JsonNode& list = sweeps->value;
    if (list.kind != Kind::array || list.items.empty()) {
        return json_.fail(list.offset, "sweeps must be a list of at least one object; got {}",
                          list.describe());
    }
    if (const JsonMember* exclude = root.find("exclude")) {
        auto exclusions = read_exclusions(json_, *exclude);
        if (!exclusions) {
            return tl::unexpected(exclusions.error());
        }
        outer.exclusions = std::make_shared<const std::vector<Exclusion>>(std::move(*exclusions));
    }
    for (const JsonNode& item : list.items) {
        if (const auto added = add_sweep(item, outer); !added) {
            return tl::unexpected(added.error());
        }
    }
    if (include != nullptr) {
        if (const auto added = add_include(*include, std::move(outer)); !added) {
            return tl::unexpected(added.error());
        }
    }
    return std::move(result_);
}

Result<void> SweepReader::add_sweep(const JsonNode& object, const SweepSpec& outer) {
    if (const auto checked = check_object(json_, object, "a sweep", keys::sweep); !checked) {
        return checked;
    }
    if (object.find("matrix") == nullptr && object.find("zip") == nullptr &&
        object.find("include") == nullptr) {
        return json_.fail(object.offset, "the sweep has no 'matrix'");
    }
    SweepSpec sweep = outer;
    if (const JsonMember* title = object.find("title")) {
        const auto text = read_text(json_, *title, keys::text_length);
        if (!text) {
            return tl::unexpected(text.error());
        }
        sweep.title = *text;
    }
    const auto statistics = read_statistics_of(json_, object, outer.statistics);
    if (!statistics) {
        return tl::unexpected(statistics.error());
    }
    sweep.statistics = *statistics;
    return add(object, std::move(sweep));
}

Result<void> SweepReader::add(const JsonNode& object, SweepSpec sweep) {
    const JsonMember* matrix = object.find("matrix");
    const JsonMember* zip = object.find("zip");
    const JsonMember* include = object.find("include");
    const JsonMember* exclude = object.find("exclude");
    SweepSpec plain = sweep;
    plain.exclusions = nullptr;
    if (exclude != nullptr) {
        auto exclusions = read_exclusions(json_, *exclude);
        if (!exclusions) {
            return tl::unexpected(exclusions.error());
        }
        if (sweep.exclusions != nullptr) {
            exclusions->insert(exclusions->end(), sweep.exclusions->begin(), sweep.exclusions->end());
        }
        sweep.exclusions = std::make_shared<const std::vector<Exclusion>>(std::move(*exclusions));
    }
    if (matrix != nullptr) {
        sweep.offset = matrix->value.offset;
        if (const auto read = read_axes(matrix->value, "matrix", sweep.axes); !read) {
            return read;
        }
    }
    if (zip != nullptr) {
        sweep.offset = matrix != nullptr ? sweep.offset : zip->value.offset;
        if (const auto read = read_axes(zip->value, "zip", sweep.zip); !read) {
            return read;
        }
        if (const auto checked = check_zip(sweep, zip->value); !checked) {
            return checked;
        }
    }
    if (matrix != nullptr || zip != nullptr) {
        if (const auto finished = finish(std::move(sweep)); !finished) {
            return finished;
        }
    } else if (exclude != nullptr) {
        return json_.fail(exclude->offset, "there is no 'matrix' or 'zip' to leave anything out of");
    }
    return include != nullptr ? add_include(*include, std::move(plain)) : Result<void>{};
}

Result<void> SweepReader::add_include(const JsonMember& include, SweepSpec sweep) {
    sweep.exclusions = nullptr;
    const JsonNode& list = include.value;
    if (list.kind != Kind::array || list.items.empty()) {
        return json_.fail(list.offset, "include must be a list of at least one object of axes; got {}",
                          list.describe());
    }
    for (const JsonNode& item : list.items) {
        SweepSpec extra = sweep;
        extra.offset = item.offset;
        if (const auto read = read_axes(item, "an item of include", extra.axes); !read) {
            return read;
        }
        if (const auto finished = finish(std::move(extra)); !finished) {
            return finished;
        }
    }
    return {};
}

Result<void> SweepReader::read_axes(const JsonNode& node, std::string_view what,
                                    std::vector<AxisSpec>& axes) const {
    if (node.kind != Kind::object) {
        return json_.fail(node.offset, "{} must be an object of axes; got {}", what, node.describe());
    }
    if (node.members.empty()) {
        return json_.fail(node.offset, "{} is empty; expected at least strategy and size", what);
    }
    for (const JsonMember& member : node.members) {
        auto axis = read_axis(json_, member);
        if (!axis) {
            return tl::unexpected(axis.error());
        }
        axes.push_back(std::move(*axis));
    }
    return {};
}

Result<void> SweepReader::check_zip(const SweepSpec& sweep, const JsonNode& zip) const {
    const AxisSpec& first = sweep.zip.front();
    if (sweep.zip.size() == 1) {
        return json_.fail(zip.offset, "zip has one axis only; expected two or more that advance together");
    }
    for (const AxisSpec& spec : sweep.zip) {
        if (gives(sweep.axes, spec.axis)) {
            return json_.fail(spec.offset, "'{}' is in 'matrix' already", spec.axis->name);
        }
        if (spec.count() != first.count()) {
            return json_.fail(spec.offset,
                              "{} has {} values, but {} has {}; axes that advance together need equally many",
                              spec.axis->name, spec.count(), first.axis->name, first.count());
        }
    }
    return {};
}

/// access and cache_mode come as a pair. Without this check a null strategy in the matrix would hide that
/// all of its other points are impossible.
Result<void> SweepReader::check_user_space(const SweepSpec& sweep) const {
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

/// With --set, and checked as a whole.
Result<void> SweepReader::finish(SweepSpec sweep) {
    for (const AxisSpec& override : set_) {
        std::erase_if(sweep.zip, [&](const AxisSpec& spec) { return spec.axis == override.axis; });
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
            return json_.fail(sweep.offset, "matrix has no '{}'", axis.name);
        }
    }
    if (const auto checked = check_user_space(sweep); !checked) {
        return checked;
    }
    result_.push_back(std::move(sweep));
    return {};
}

}  // namespace

const AxisSpec* SweepSpec::find(std::string_view axis) const {
    for (const auto* list : {&axes, &zip}) {
        const auto found = std::find_if(list->begin(), list->end(),
                                        [&](const AxisSpec& spec) { return spec.axis->name == axis; });
        if (found != list->end()) {
            return &*found;
        }
    }
    return nullptr;
}

std::uint64_t SweepSpec::count() const {
    std::uint64_t count = zip.empty() ? 1 : zip.front().count();
    for (const AxisSpec& axis : axes) {
        count = saturating_product(count, axis.count());
    }
    return count;
}

std::vector<MatrixAxis> SweepSpec::matrix() const {
    std::vector<MatrixAxis> result;
    for (const AxisSpec& axis : axes) {
        result.push_back(axis.values());
    }
    if (!zip.empty()) {
        MatrixAxis first = zip.front().values();
        std::transform(zip.begin() + 1, zip.end(), std::back_inserter(first.together),
                       [](const AxisSpec& axis) { return axis.values(); });
        result.push_back(std::move(first));
    }
    return result;
}

Result<std::vector<SweepSpec>> read_sweeps(const LocatedJson& json, const std::vector<AxisSpec>& set,
                                           const std::string& title, const Statistics& statistics) {
    return SweepReader(json, set).read(title, statistics);
}

Result<Statistics> read_statistics_of(const LocatedJson& json, const JsonNode& object,
                                      const Statistics& base) {
    const JsonMember* member = object.find("statistics");
    if (member == nullptr) {
        return base;
    }
    const auto checked = check_object(json, member->value, "statistics", keys::statistics);
    return checked ? read_statistics(json, member->value, base) : tl::unexpected(checked.error());
}

}  // namespace dmabench
