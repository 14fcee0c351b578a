// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/axis_spec.h"

#include <algorithm>
#include <limits>

#include "base/text.h"

namespace dmabench {
namespace {

constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();

/// Check the text's value and add it to the spec.
Result<void> add_text(AxisSpec& spec, std::string_view text) {
    if (spec.axis->kind != AxisKind::integer) {
        auto value = spec.axis->check(AxisValue(std::string(text)));
        if (!value) {
            return tl::unexpected(value.error());
        }
        spec.words.push_back(std::move(*value));
        return {};
    }
    const auto range = parse_range(text);
    if (!range) {
        return tl::unexpected(range.error());
    }
    for (const std::uint64_t bound : {range->first, range->last}) {
        if (const auto checked = spec.axis->check(bound); !checked) {
            return tl::unexpected(checked.error());
        }
    }
    spec.ranges.push_back(*range);
    return {};
}

Result<void> add_node(AxisSpec& spec, const JsonNode& node) {
    const bool integers = spec.axis->kind == AxisKind::integer;
    if (node.kind == JsonNode::Kind::string) {
        return add_text(spec, node.text);
    }
    // Words may look like numbers: those of nodes.
    const auto looks_like_number = [](std::string_view word) {
        return word.find_first_not_of("0123456789") == std::string_view::npos;
    };
    if (!integers && node.kind == JsonNode::Kind::number &&
        std::any_of(spec.axis->words.begin(), spec.axis->words.end(), looks_like_number)) {
        return add_text(spec, node.text);
    }
    if (integers && node.kind == JsonNode::Kind::number) {
        const auto value = integer_from(node);
        return value ? add_text(spec, fmt::format("{}", *value)) : tl::unexpected(value.error());
    }
    return fail(ErrorKind::usage, "expected {}; got {}",
                integers ? "an integer, a string such as '4K' or '4K..64K x2', or a list of these"
                         : "a string or a list of strings",
                node.describe());
}

}  // namespace

std::uint64_t AxisSpec::count() const {
    std::uint64_t count = words.size();
    for (const IntegerRange& range : ranges) {
        const std::uint64_t more = range.count();
        count = more > most - count ? most : count + more;
    }
    return count;
}

MatrixAxis AxisSpec::values() const {
    MatrixAxis result{axis, words};
    for (const IntegerRange& range : ranges) {
        for (const std::uint64_t value : range.values()) {
            result.values.emplace_back(value);
        }
    }
    return result;
}

bool AxisSpec::contains(const AxisValue& value) const {
    if (const auto* integer = std::get_if<std::uint64_t>(&value)) {
        return std::any_of(ranges.begin(), ranges.end(),
                           [&](const IntegerRange& range) { return range.contains(*integer); });
    }
    return std::find(words.begin(), words.end(), value) != words.end();
}

bool AxisSpec::asks_for_some() const {
    return std::any_of(words.begin(), words.end(),
                       [](const AxisValue& word) { return to_string(word) != "none"; });
}

Result<AxisSpec> read_axis(const LocatedJson& json, const JsonMember& member) {
    AxisSpec spec;
    spec.axis = find_axis(member.key);
    spec.offset = member.offset;
    if (spec.axis == nullptr) {
        return json.fail(member.offset, "unknown axis {}; expected one of {}{}", in_quotes(member.key),
                         join(axis_names()), did_you_mean(member.key, axis_names()));
    }
    const bool is_list = member.value.kind == JsonNode::Kind::array;
    if (is_list && member.value.items.empty()) {
        return json.fail(member.value.offset, "{}: the list is empty; expected at least one value",
                         member.key);
    }
    const JsonNode* begin = is_list ? member.value.items.data() : &member.value;
    const JsonNode* end = begin + (is_list ? member.value.items.size() : 1);
    for (const JsonNode* node = begin; node != end; ++node) {
        if (const auto added = add_node(spec, *node); !added) {
            return json.fail(node->offset, "{}: {}", member.key, added.error().message);
        }
    }
    return spec;
}

Result<AxisSpec> parse_set(const std::string& option) {
    AxisSpec spec;
    spec.option = "--set " + printable(option);
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos) {
        return fail(ErrorKind::usage, "{}: expected AXIS=VALUES, such as size=4K,64K", spec.option);
    }
    const std::string_view name = trimmed(std::string_view(option).substr(0, equals));
    spec.axis = find_axis(name);
    if (spec.axis == nullptr) {
        return fail(ErrorKind::usage, "{}: unknown axis {}; expected one of {}{}", spec.option,
                    in_quotes(name), join(axis_names()), did_you_mean(name, axis_names()));
    }
    std::string_view rest = std::string_view(option).substr(equals + 1);
    for (bool more = true; more;) {
        const std::size_t comma = rest.find(',');
        const std::string_view value = trimmed(rest.substr(0, comma));
        more = comma != std::string_view::npos;
        rest.remove_prefix(more ? comma + 1 : rest.size());
        if (value.empty()) {
            return fail(ErrorKind::usage, "{}: a value is missing; expected one or more, separated by commas",
                        spec.option);
        }
        if (const auto added = add_text(spec, value); !added) {
            return fail(ErrorKind::usage, "{}: {}", spec.option, added.error().message);
        }
    }
    return spec;
}

Result<std::uint64_t> integer_from(const JsonNode& node) {
    const bool is_number = node.kind == JsonNode::Kind::number;
    if (!is_number && node.kind != JsonNode::Kind::string) {
        return fail(ErrorKind::usage, "expected an integer; got {}", node.describe());
    }
    if (is_number && node.text.find_first_of(".eE") != std::string::npos) {
        return fail(ErrorKind::usage, "{} is not a whole number; expected an integer", node.describe());
    }
    return parse_integer(node.text);
}

}  // namespace dmabench
