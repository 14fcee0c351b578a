// SPDX-License-Identifier: GPL-2.0-only
#include "counters/counter_set.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>

#include "base/text.h"
#include "counters/formula.h"
#include "counters/perf_event.h"
#include "counters/sets.h"
#include "scenario/located_json.h"

namespace dmabench {
namespace {

using Kind = JsonNode::Kind;

constexpr std::array<std::string_view, 2> point_names{"bytes", "ns"};
constexpr std::array<std::string_view, 6> set_keys{"name", "title", "question", "text", "events", "metrics"};
constexpr std::array<std::string_view, 2> event_keys{"event", "as"};
constexpr std::array<std::string_view, 3> metric_keys{"name", "formula", "text"};
constexpr std::size_t longest_text = 2000;
constexpr std::size_t longest_name = 64;

bool is_name(std::string_view text) {
    return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 &&
           std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

bool has_unit(std::string_view name) {
    return name.find("_per_") != std::string_view::npos || name.ends_with("_pct") || name.ends_with("_ns") ||
           name.ends_with("_mhz");
}

class SetReader {
  public:
    explicit SetReader(const LocatedJson& json) : json_(json) {}

    Result<CounterSet> read() {
        const JsonNode& root = json_.root();
        if (auto done = check_keys(root, "a counter set", set_keys); !done)
            return tl::unexpected(done.error());
        CounterSet set;
        for (const auto& [key, text] : {std::pair{"name", &set.name}, std::pair{"title", &set.title},
                                        std::pair{"question", &set.question}, std::pair{"text", &set.text}}) {
            const bool needed = key == std::string_view("name") || key == std::string_view("question");
            if (auto done = read_text(root, key, needed, *text); !done)
                return tl::unexpected(done.error());
        }
        if (!is_name(set.name) || set.name.size() > longest_name)
            return json_.fail(root.find("name")->value.offset,
                              "name {} must be of letters, digits and '_', without a digit in front",
                              in_quotes(set.name));
        if (set.title.empty())
            set.title = set.name;
        if (auto done = read_events(set); !done)
            return tl::unexpected(done.error());
        if (auto done = read_metrics(set); !done)
            return tl::unexpected(done.error());
        return set;
    }

  private:
    Result<void> check_keys(const JsonNode& node, std::string_view what,
                            std::span<const std::string_view> allowed) const {
        if (node.kind != Kind::object)
            return json_.fail(node.offset, "{} must be an object; got {}", what, node.describe());
        for (const JsonMember& member : node.members)
            if (std::find(allowed.begin(), allowed.end(), member.key) == allowed.end())
                return json_.fail(member.offset, "unknown key {}; expected one of {}{}", in_quotes(member.key),
                                  join(allowed), did_you_mean(member.key, allowed));
        return {};
    }

    Result<void> read_text(const JsonNode& node, std::string_view key, bool needed, std::string& text) const {
        const JsonMember* member = node.find(key);
        if (member == nullptr)
            return needed ? Result<void>(json_.fail(node.offset, "key '{}' is missing", key)) : Result<void>{};
        if (member->value.kind != Kind::string)
            return json_.fail(member->value.offset, "{} must be a string; got {}", key, member->value.describe());
        text = member->value.text;
        if (trimmed(text).empty())
            return json_.fail(member->value.offset, "{} is empty", key);
        if (printable(text) != text || text.size() > longest_text)
            return json_.fail(member->value.offset, "{} must be one line of at most {} characters", key,
                              longest_text);
        return {};
    }

    /// The items of a list that must not be empty.
    Result<const std::vector<JsonNode>*> items(const JsonMember& member) const {
        const JsonNode& list = member.value;
        if (list.kind != Kind::array || list.items.empty())
            return json_.fail(list.offset, "{} must be a list of at least one item; got {}", member.key,
                              list.describe());
        return &list.items;
    }

    Result<void> read_events(CounterSet& set) const {
        const JsonMember* member = json_.root().find("events");
        if (member == nullptr)
            return json_.fail(json_.root().offset, "key 'events' is missing");
        const auto list = items(*member);
        if (!list)
            return tl::unexpected(list.error());
        for (const JsonNode& node : **list) {
            CounterEvent event;
            const JsonNode* key = nullptr;
            if (node.kind == Kind::string) {
                event.event = node.text;
            } else {
                if (auto done = check_keys(node, "an event", event_keys); !done)
                    return done;
                if (auto done = read_text(node, "event", true, event.event); !done)
                    return done;
                if (auto done = read_text(node, "as", false, event.key); !done)
                    return done;
                if (const JsonMember* as = node.find("as"))
                    key = &as->value;
            }
            const std::size_t place = key != nullptr ? key->offset : node.offset;
            if (trimmed(event.event).empty() || event.event.find_first_of(", \t") != std::string::npos)
                return json_.fail(node.offset, "{} is not the name of an event", in_quotes(event.event));
            if (event.key.empty())
                event.key = default_counter_key(event.event);
            if (!is_name(event.key))
                return json_.fail(place, "{} must be of letters, digits and '_'; \"as\" gives another name",
                                  in_quotes(event.key));
            if (std::find(point_names.begin(), point_names.end(), event.key) != point_names.end())
                return json_.fail(place, "{} is what formulas call the point's own", in_quotes(event.key));
            for (const CounterEvent& other : set.events)
                if (other.key == event.key || other.event == event.event)
                    return json_.fail(place, "{} is there twice", in_quotes(event.event));
            set.events.push_back(std::move(event));
        }
        return {};
    }

    Result<void> read_metrics(CounterSet& set) const {
        const JsonMember* member = json_.root().find("metrics");
        if (member == nullptr)
            return {};
        const auto list = items(*member);
        if (!list)
            return tl::unexpected(list.error());
        for (const JsonNode& node : **list) {
            Metric metric;
            if (auto done = check_keys(node, "a metric", metric_keys); !done)
                return done;
            for (const auto& [key, text] : {std::pair{"name", &metric.name}, std::pair{"formula", &metric.formula},
                                            std::pair{"text", &metric.text}})
                if (auto done = read_text(node, key, key != std::string_view("text"), *text); !done)
                    return done;
            const std::size_t place = node.find("name")->value.offset;
            if (!is_name(metric.name) || !has_unit(metric.name))
                return json_.fail(place,
                                  "{} must tell its unit: expected letters, digits and '_' with _per_ in it, or "
                                  "_pct, _ns or _mhz at the end",
                                  in_quotes(metric.name));
            for (const Metric& other : set.metrics)
                if (other.name == metric.name)
                    return json_.fail(place, "{} is there twice", in_quotes(metric.name));
            if (auto done = check_formula(set, metric, node.find("formula")->value); !done)
                return done;
            set.metrics.push_back(std::move(metric));
        }
        return {};
    }

    Result<void> check_formula(const CounterSet& set, const Metric& metric, const JsonNode& node) const {
        std::vector<std::string_view> known(point_names.begin(), point_names.end());
        for (const CounterEvent& event : set.events)
            known.push_back(event.key);
        const auto value =
            evaluate(metric.formula, [&](std::string_view name) -> tl::expected<std::optional<double>, std::string> {
                if (std::find(known.begin(), known.end(), name) != known.end())
                    return std::optional(1.0);
                return tl::unexpected(fmt::format("unknown name {}; expected one of {}{}", in_quotes(name),
                                                  join(known), did_you_mean(name, known)));
            });
        if (!value)  // the string begins behind its quote
            return json_.fail(node.offset + 1 + value.error().offset, "formula: {}", value.error().message);
        return {};
    }

    const LocatedJson& json_;
};

std::vector<CounterEvent> events_that(const std::vector<CounterEvent>& events, bool traced) {
    std::vector<CounterEvent> some;
    std::copy_if(events.begin(), events.end(), std::back_inserter(some),
                 [&](const CounterEvent& event) { return is_tracepoint(event.event) == traced; });
    return some;
}

void add_event(CounterSelection& selection, const CounterEvent& event) {
    const bool known = std::any_of(selection.events.begin(), selection.events.end(),
                                   [&](const CounterEvent& other) { return other.event == event.event; });
    if (!known)
        selection.events.push_back(event);
}

void add_set(CounterSelection& selection, const CounterSet& set) {
    selection.sets.push_back(set);
    for (const CounterEvent& event : set.events)
        add_event(selection, event);
    for (const Metric& metric : set.metrics) {
        const bool known = std::any_of(selection.metrics.begin(), selection.metrics.end(),
                                       [&](const Metric& other) { return other.name == metric.name; });
        if (!known)
            selection.metrics.push_back(metric);
    }
}

}  // namespace

std::span<const std::string_view> formula_names() { return point_names; }

std::string default_counter_key(const std::string& event) {
    std::string key;
    for (const char c : event)
        key += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
    return key;
}

Result<CounterSet> parse_counter_set(const std::string& text, const std::filesystem::path& file) {
    const auto json = LocatedJson::parse(text, file);
    if (!json)
        return tl::unexpected(json.error());
    return SetReader(*json).read();
}

const std::vector<CounterSet>& counter_sets() {
    static const std::vector<CounterSet> sets = [] {
        std::vector<CounterSet> list;
        for (const BuiltInSet& file : built_in_sets)
            if (auto set = parse_counter_set(file.text, file.file))  // a unit test sees to it that all are good
                list.push_back(std::move(*set));
        std::sort(list.begin(), list.end(),
                  [](const CounterSet& a, const CounterSet& b) { return a.name < b.name; });
        return list;
    }();
    return sets;
}

std::vector<CounterEvent> CounterSelection::timed() const { return events_that(events, false); }
std::vector<CounterEvent> CounterSelection::traced() const { return events_that(events, true); }

Result<CounterSelection> select_counters(const std::string& text, Elsewhere elsewhere) {
    CounterSelection selection;
    std::vector<std::string_view> known{"none"};
    for (const CounterSet& set : counter_sets())
        known.push_back(set.name);
    std::istringstream in(text);
    for (std::string word; std::getline(in, word, ',');) {
        word = trimmed(word);
        if (word.empty() || word == "none")
            continue;
        const auto set = std::find_if(counter_sets().begin(), counter_sets().end(),
                                      [&](const CounterSet& s) { return s.name == word; });
        if (set != counter_sets().end()) {
            add_set(selection, *set);
        } else if (word.ends_with(".json")) {
            const auto file = read_small_file(word);
            if (!file)
                return tl::unexpected(file.error());
            const auto own = parse_counter_set(*file, word);
            if (!own)
                return tl::unexpected(own.error());
            add_set(selection, *own);
        } else if (printable(word) != word || word.find(' ') != std::string::npos) {
            return fail(ErrorKind::usage, "--counters: {} is not the name of an event", in_quotes(word));
        } else if (elsewhere == Elsewhere::no && !nearest(word, known).empty() && !event_is_known(word)) {
            return fail(ErrorKind::usage, "--counters: {} is neither a set nor an event; the sets are {}{}",
                        in_quotes(word), join(known), did_you_mean(word, known));
        } else {
            add_event(selection, {word, default_counter_key(word)});
        }
    }
    return selection;
}

}  // namespace dmabench
