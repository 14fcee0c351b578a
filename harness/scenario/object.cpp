// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/object.h"

#include <algorithm>

#include "base/text.h"
#include "plan/axis.h"

namespace dmabench {

Result<void> check_object(const LocatedJson& json, const JsonNode& node, std::string_view what,
                          std::span<const std::string_view> allowed) {
    if (node.kind != JsonNode::Kind::object) {
        return json.fail(node.offset, "{} must be an object; got {}", what, node.describe());
    }
    for (const JsonMember& member : node.members) {
        if (std::find(allowed.begin(), allowed.end(), member.key) != allowed.end()) {
            continue;
        }
        if (find_axis(member.key) != nullptr) {
            return json.fail(member.offset, "'{}' is an axis; it belongs into 'matrix'", member.key);
        }
        return json.fail(member.offset, "unknown key {}; expected one of {}{}", in_quotes(member.key),
                         join(allowed), did_you_mean(member.key, allowed));
    }
    return {};
}

Result<std::string> read_text(const LocatedJson& json, const JsonMember& member, std::size_t longest) {
    const JsonNode& node = member.value;
    if (node.kind != JsonNode::Kind::string) {
        return json.fail(node.offset, "{} must be a string; got {}", member.key, node.describe());
    }
    if (trimmed(node.text).empty()) {
        return json.fail(node.offset, "{} is empty", member.key);
    }
    if (node.text.size() > longest) {
        return json.fail(node.offset, "{} is longer than {} characters", member.key, longest);
    }
    if (printable(node.text) != node.text) {
        return json.fail(node.offset, "{} must be one line without control characters", member.key);
    }
    return node.text;
}

}  // namespace dmabench
