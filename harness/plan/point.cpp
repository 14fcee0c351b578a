// SPDX-License-Identifier: GPL-2.0-only
#include "plan/point.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"
#include "plan/axis.h"

namespace dmabench {
namespace {

Result<AxisValue> value_from_json(const Axis& axis, const nlohmann::ordered_json& json) {
    const bool natural =
        json.is_number_unsigned() || (json.is_number_integer() && json.get<std::int64_t>() >= 0);
    if (axis.kind == AxisKind::integer && natural) {
        return axis.check(json.get<std::uint64_t>());
    }
    if (axis.kind != AxisKind::integer && json.is_string()) {
        return axis.check(json.get<std::string>());
    }
    return fail(ErrorKind::usage, "expected {}", axis.kind == AxisKind::integer ? "an integer" : "a string");
}

}  // namespace

std::string Point::name() const {
    std::vector<std::pair<std::string_view, std::string>> parts;
    for (const Axis& axis : all_axes()) {
        const bool named =
            axis.always_named(*this) || (axis.applies(*this) && axis.get(*this) != axis.default_value(*this));
        if (axis.name != "strategy" && named) {
            parts.emplace_back(axis.name, to_string(axis.get(*this)));
        }
    }
    std::sort(parts.begin(), parts.end());
    std::string result = strategy;
    for (const auto& [key, value] : parts) {
        result += fmt::format("/{}:{}", key, value);
    }
    return result;
}

nlohmann::ordered_json Point::params() const {
    auto params = nlohmann::ordered_json::object();
    for (const Axis& axis : all_axes()) {
        std::visit([&](const auto& value) { params[std::string(axis.name)] = value; }, axis.get(*this));
    }
    return params;
}

Result<Point> Point::from_params(const nlohmann::ordered_json& params) {
    if (!params.is_object()) {
        return fail(ErrorKind::usage, "params: expected an object");
    }
    for (const auto& [key, value] : params.items()) {
        if (find_axis(key) == nullptr) {
            return fail(ErrorKind::usage, "params: unknown axis {}{}", in_quotes(key),
                        did_you_mean(key, axis_names()));
        }
    }
    Point point;
    for (const Axis& axis : all_axes()) {
        const auto given = params.find(std::string(axis.name));
        if (given == params.end()) {
            if (axis.required()) {
                return fail(ErrorKind::usage, "params: no {}", axis.name);
            }
            axis.set(point, axis.default_value(point));
            continue;
        }
        const auto value = value_from_json(axis, *given);
        if (!value) {
            return fail(ErrorKind::usage, "params: {}: {}", axis.name, value.error().message);
        }
        axis.set(point, *value);
    }
    return point;
}

}  // namespace dmabench
