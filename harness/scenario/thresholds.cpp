// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/thresholds.h"

#include "base/text.h"
#include "plan/name_filter.h"
#include "scenario/keys.h"
#include "scenario/object.h"
#include "scenario/values.h"

namespace dmabench {
namespace {

using json_t = nlohmann::ordered_json;

Result<std::string> read_share(const LocatedJson& json, const JsonMember& member) {
    if (member.value.kind != JsonNode::Kind::string) {
        return json.fail(member.value.offset, "{}: expected a string such as '5%'; got {}", member.key,
                         member.value.describe());
    }
    const auto share = parse_percent(member.value.text);
    if (!share) {
        return json.fail(member.value.offset, "{}: {}", member.key, share.error().message);
    }
    if (*share < keys::threshold.least / 100 || *share > keys::threshold.most / 100) {
        return json.fail(member.value.offset, "{}: {} is out of range; expected {}% .. {}%", member.key,
                         in_quotes(member.value.text), keys::threshold.least, keys::threshold.most);
    }
    return std::string(trimmed(member.value.text));
}

Result<json_t> read_override(const LocatedJson& json, const JsonNode& node) {
    if (const auto checked = check_object(json, node, "an override", keys::threshold_override); !checked) {
        return tl::unexpected(checked.error());
    }
    const JsonMember* match = node.find("match");
    const JsonMember* threshold = node.find("threshold");
    if (match == nullptr || threshold == nullptr) {
        return json.fail(node.offset, "the override has no '{}'", match == nullptr ? "match" : "threshold");
    }
    const auto pattern = read_text(json, *match, keys::text_length);
    if (!pattern) {
        return tl::unexpected(pattern.error());
    }
    if (const auto wrong = NameFilter::check(*pattern); !wrong.empty()) {
        return json.fail(match->value.offset, "match: {}", wrong);
    }
    const auto share = read_share(json, *threshold);
    if (!share) {
        return tl::unexpected(share.error());
    }
    return json_t{{"match", *pattern}, {"threshold", *share}};
}

}  // namespace

Result<json_t> read_thresholds(const LocatedJson& json, const JsonNode& node) {
    if (const auto checked = check_object(json, node, "thresholds", keys::thresholds); !checked) {
        return tl::unexpected(checked.error());
    }
    json_t result = json_t::object();
    if (const JsonMember* by_default = node.find("default")) {
        const auto share = read_share(json, *by_default);
        if (!share) {
            return tl::unexpected(share.error());
        }
        result["default"] = *share;
    }
    if (const JsonMember* overrides = node.find("overrides")) {
        const JsonNode& list = overrides->value;
        if (list.kind != JsonNode::Kind::array) {
            return json.fail(list.offset, "overrides must be a list of objects; got {}", list.describe());
        }
        result["overrides"] = json_t::array();
        for (const JsonNode& item : list.items) {
            auto entry = read_override(json, item);
            if (!entry) {
                return tl::unexpected(entry.error());
            }
            result["overrides"].push_back(std::move(*entry));
        }
    }
    if (result.empty()) {
        return json.fail(node.offset, "thresholds is empty; expected 'default' or 'overrides'");
    }
    return result;
}

}  // namespace dmabench
