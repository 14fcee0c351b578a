// SPDX-License-Identifier: GPL-2.0-only
#include "analysis/load_facts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <regex>

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

std::string scalar(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

/// Puts a value's parts into the fingerprint, objects by key and lists by their elements' names or places.
void flatten(const json& value, const std::string& at, std::map<std::string, std::string>& out) {
    const auto below = [&](const std::string& part) { return at.empty() ? part : at + "." + part; };
    if (value.is_object()) {
        for (const auto& [key, part] : value.items())
            flatten(part, below(key), out);
    } else if (value.is_array()) {
        std::string words;
        for (std::size_t place = 0; place < value.size(); ++place) {
            const json& element = value[place];
            if (!element.is_object()) {
                words += (words.empty() ? "" : ", ") + scalar(element);
                continue;
            }
            flatten(element, below(element.contains("name") ? scalar(element["name"]) : std::to_string(place)), out);
        }
        if (!words.empty())
            out[at] = words;
    } else {
        out[at] = scalar(value);
    }
}

/// One member after another; the first that is not of its kind stays as the mistake.
class Reader {
  public:
    explicit Reader(LoadedReport& out) : out_(out) {}

    std::string read(const json& own) {
        if (const int schema = own.contains("schema") && own["schema"].is_number() ? own["schema"].get<int>() : 0;
            schema != 1)
            return fmt::format("/schema: expected 1, not {}: another version of dmabench made this", schema);
        get(own, "platform", out_.platform);
        get(own, "emulated", out_.emulated);
        get(own, "interrupted", out_.interrupted);
        get(own, "notice", out_.notice);
        get(own, "injected_slowdown_pct", out_.injected_slowdown_pct);
        in(own, "clock", [&](const json& clock) { get(clock, "kind", out_.clock); });
        in(own, "drift", [&](const json& drift) {
            std::string verdict;
            get(drift, "verdict", verdict);
            out_.drift.moved = verdict == "moved";
            get(drift, "name", out_.drift.name);
            get(drift, "low_ns", out_.drift.low);
            get(drift, "high_ns", out_.drift.high);
        });
        each(own, "scenarios", [&](const json& scenario) { read_scenario(scenario); });
        each(own, "canaries", [&](const json& entry) {
            Canary canary;
            get(entry, "name", canary.name);
            get(entry, "real_time", canary.real_time);
            if (canary.real_time > 0)
                out_.canaries.push_back(std::move(canary));
        });
        each(own, "skipped", [&](const json& entry) { out_.skipped.push_back(reason(entry)); });
        each(own, "errors", [&](const json& entry) { out_.errors.push_back(reason(entry)); });
        return mistake_;
    }

  private:
    void refuse(const std::string& expected) {
        if (mistake_.empty())
            mistake_ = fmt::format("{}: expected {}", at_, expected);
    }

    /// Goes to a member, if it is there, and comes back.
    template <typename Read>
    void in(const json& object, const std::string& key, Read read) {
        if (!object.contains(key))
            return;
        const std::size_t length = at_.size();
        at_ += "/" + key;
        read(object[key]);
        at_.resize(length);
    }

    template <typename Read>
    void each(const json& object, const std::string& key, Read read) {
        in(object, key, [&](const json& list) {
            if (!list.is_array())
                return refuse("a list");
            const std::size_t length = at_.size();
            for (std::size_t i = 0; i < list.size(); ++i) {
                at_ += fmt::format("/{}", i);
                if (list[i].is_object())
                    read(list[i]);
                else
                    refuse("an object");
                at_.resize(length);
            }
        });
    }

    void get(const json& object, const std::string& key, std::string& out) {
        in(object, key, [&](const json& value) {
            value.is_string() ? void(out = value.get<std::string>()) : refuse("a text");
        });
    }
    void get(const json& object, const std::string& key, double& out) {
        in(object, key, [&](const json& value) { value.is_number() ? void(out = value) : refuse("a number"); });
    }
    void get(const json& object, const std::string& key, bool& out) {
        in(object, key, [&](const json& value) { value.is_boolean() ? void(out = value) : refuse("true or false"); });
    }

    NamedReason reason(const json& entry) {
        NamedReason out;
        get(entry, "name", out.name);
        get(entry, "reason", out.reason);
        return out;
    }

    void read_scenario(const json& scenario) {
        std::string name;
        get(scenario, "name", name);
        in(scenario, "thresholds", [&](const json& thresholds) {
            each(thresholds, "overrides", [&](const json& entry) {
                ThresholdRule rule{name, "", threshold(entry, "threshold").value_or(0)};
                get(entry, "match", rule.match);
                in(entry, "match", [&](const json&) { check_regex(rule.match); });
                out_.thresholds.push_back(std::move(rule));
            });
            if (const auto otherwise = threshold(thresholds, "default"))
                out_.thresholds.push_back({name, "", *otherwise});
        });
        out_.scenarios.push_back(std::move(name));
    }

    std::optional<double> threshold(const json& object, const std::string& key) {
        std::optional<double> found;
        in(object, key, [&](const json& value) {
            if (const auto parsed = parse_threshold(value.is_string() ? value.get<std::string>() : ""); parsed)
                found = *parsed;
            else
                refuse("a threshold such as \"5%\"");
        });
        return found;
    }

    void check_regex(const std::string& text) {
        try {
            const std::regex checked(text);
        } catch (const std::regex_error&) {
            refuse("a regular expression");
        }
    }

    LoadedReport& out_;
    std::string at_;
    std::string mistake_;
};

/// The text is JSON: whoever cut it out has parsed it already.
json document(std::string_view text) { return json::parse(text, nullptr, false); }

}  // namespace

std::string load_context(std::string_view text, LoadedReport& out) {
    const json context = document(text);
    if (!context.is_object())
        return ": expected an object";
    if (context.contains("date") && context["date"].is_string())
        out.date = context["date"];
    if (context.contains("platform"))
        flatten(context["platform"], "", out.fingerprint);
    return "";
}

std::string load_own(std::string_view text, LoadedReport& out) {
    const json own = document(text);
    return own.is_object() ? Reader(out).read(own) : ": expected an object";
}

}  // namespace dmabench
