// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/exclusion.h"

#include <algorithm>

#include "scenario/keys.h"
#include "scenario/object.h"

namespace dmabench {

bool Exclusion::matches(const Point& point) const {
    return std::all_of(axes.begin(), axes.end(), [&](const AxisSpec& spec) {
        return (spec.axis->required() || spec.axis->applies(point)) && spec.contains(spec.axis->get(point));
    });
}

const Exclusion* first_match(const Exclusions& exclusions, const Point& point) {
    if (exclusions == nullptr) {
        return nullptr;
    }
    const auto found = std::find_if(exclusions->begin(), exclusions->end(),
                                    [&](const Exclusion& exclusion) { return exclusion.matches(point); });
    return found == exclusions->end() ? nullptr : &*found;
}

Result<std::vector<Exclusion>> read_exclusions(const LocatedJson& json, const JsonMember& member) {
    const JsonNode& list = member.value;
    if (list.kind != JsonNode::Kind::array || list.items.empty()) {
        return json.fail(list.offset, "exclude must be a list of at least one object of axes; got {}",
                         list.describe());
    }
    std::vector<Exclusion> result;
    for (const JsonNode& item : list.items) {
        if (item.kind != JsonNode::Kind::object) {
            return json.fail(item.offset, "an item of exclude must be an object of axes; got {}",
                             item.describe());
        }
        Exclusion exclusion{{}, "left out by the scenario"};
        for (const JsonMember& axis : item.members) {
            if (axis.key == keys::reason) {
                auto text = read_text(json, axis, keys::text_length);
                if (!text) {
                    return tl::unexpected(text.error());
                }
                exclusion.reason = std::move(*text);
                continue;
            }
            auto spec = read_axis(json, axis);
            if (!spec) {
                return tl::unexpected(spec.error());
            }
            exclusion.axes.push_back(std::move(*spec));
        }
        if (exclusion.axes.empty()) {
            return json.fail(item.offset, "the item names no axis, and would leave out everything");
        }
        result.push_back(std::move(exclusion));
    }
    return result;
}

}  // namespace dmabench
