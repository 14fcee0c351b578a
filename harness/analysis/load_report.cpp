// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <charconv>
#include <regex>

#include "analysis/loaded_report.h"
#include "base/json_reader.h"
#include "base/mapped_file.h"
#include "base/text.h"

namespace dmabench {
namespace {

/// After so many bytes the memory of the text that was read is given back.
constexpr std::size_t forget_every = 8U << 20U;

class Loader {
  public:
    Loader(const MappedFile& file, const LoadOptions& options, LoadedReport& out)
        : file_(file), json_(file.text()), options_(options), out_(out) {}

    std::string load() {
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "context")
                context();
            else if (key == "benchmarks")
                rows();
            else if (key == "dmabench")
                own();
            else
                json_.skip();
        }
        json_.finish();
        if (!json_.ok())
            return json_.error();
        if (!has_rows_ || !has_own_)
            return fmt::format("1:1: expected a report of dmabench run, but there is no \"{}\"",
                               has_own_ ? "benchmarks" : "dmabench");
        if (schema_ != 1)
            return fmt::format("1:1: expected schema 1, not {}: another version of dmabench made this",
                               schema_);
        point_into_arrays();
        return "";
    }

  private:
    struct RowPlace {
        std::size_t samples;
        std::size_t metrics;
        std::size_t params;
    };

    void context() {
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "platform")
                flatten("");
            else if (key == "date")
                out_.date = json_.string();
            else
                json_.skip();
        }
    }

    /// Puts a value's parts into the fingerprint, objects by key and lists by the elements' names or places.
    void flatten(const std::string& at) {
        const auto below = [&](std::string_view part) {
            return at.empty() ? std::string(part) : at + "." + std::string(part);
        };
        switch (json_.peek()) {
            case '{':
                json_.enter_object();
                for (std::string_view key; json_.next_key(key);)
                    flatten(below(key));
                break;
            case '[': {
                json_.enter_array();
                std::string words;
                for (std::size_t place = 0; json_.next_item(); ++place) {
                    if (json_.peek() == '{')
                        element(at, place);
                    else
                        words += (words.empty() ? "" : ", ") + scalar();
                }
                if (!words.empty())
                    out_.fingerprint[at] = words;
                break;
            }
            default:
                out_.fingerprint[at] = scalar();
        }
    }

    /// An object in a list, by its name.
    void element(const std::string& at, std::size_t place) {
        std::map<std::string, std::string> before;
        before.swap(out_.fingerprint);
        flatten("");
        std::string name = std::to_string(place);
        if (const auto named = out_.fingerprint.find("name"); named != out_.fingerprint.end())
            name = named->second;
        before.swap(out_.fingerprint);
        for (auto& [key, value] : before)
            out_.fingerprint[fmt::format("{}.{}.{}", at, name, key)] = std::move(value);
    }

    std::string scalar() { return json_.peek() == '"' ? json_.string() : std::string(json_.raw()); }

    void rows() {
        has_rows_ = true;
        json_.enter_array();
        std::size_t forgotten = 0;
        while (json_.next_item()) {
            row();
            if (json_.offset() - forgotten > forget_every)
                file_.forget(forgotten = json_.offset());
        }
    }

    void row() {
        LoadedRow row;
        places_.push_back({out_.all_samples.size(), out_.all_metrics.size(), out_.all_params.size()});
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "name") {
                row.name = out_.names.emplace_back(json_.view());
            } else if (key == "dmabench") {
                nested(row);
            } else if (json_.peek() == '0') {
                const std::uint32_t number = key_number(key);
                const double value = json_.number();
                if (key == "real_time")
                    row.real_time = value;
                else if (key == "ci_low_ns")
                    row.ci_low = value;
                else if (key == "ci_high_ns")
                    row.ci_high = value;
                out_.all_metrics.push_back({number, value});
            } else {
                json_.skip();
            }
        }
        if (json_.ok() && row.name.empty())
            json_.refuse("a row with a name");
        out_.rows.push_back(row);
    }

    /// Rows have the same keys in the same order, mostly: a look at the last row's spares the search.
    std::uint32_t key_number(std::string_view key) {
        const std::size_t place = out_.all_metrics.size() - places_.back().metrics;
        if (place < recent_.size() && out_.keys.word(recent_[place]) == key)
            return recent_[place];
        const std::uint32_t number = out_.keys.number(key);
        if (place >= recent_.size())
            recent_.resize(place + 1);
        recent_[place] = number;
        return number;
    }

    void nested(LoadedRow& row) {
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "samples_ns") {
                json_.enter_array();
                while (json_.next_item())
                    out_.all_samples.push_back(json_.number());
            } else if (key == "params" && options_.params) {
                json_.enter_object();
                for (std::string_view axis; json_.next_key(axis);) {
                    const std::uint32_t number = out_.keys.number(axis);
                    const std::uint32_t value = json_.peek() == '"' ? out_.values.number(json_.view())
                                                                    : out_.values.number(json_.raw());
                    out_.all_params.push_back({number, value});
                }
            } else if (key == "ownership") {
                ownership(row);
            } else {
                json_.skip();
            }
        }
    }

    void ownership(LoadedRow& row) {
        const auto kept = [&] { return out_.values.word(out_.values.number(json_.view())); };
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "data")
                row.data = kept();
            else if (key == "sync")
                row.ownership = kept();
            else
                json_.skip();
        }
    }

    void own() {
        has_own_ = true;
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "schema")
                schema_ = json_.number();
            else if (key == "platform")
                out_.platform = json_.string();
            else if (key == "clock")
                clock();
            else if (key == "emulated")
                out_.emulated = json_.boolean();
            else if (key == "interrupted")
                out_.interrupted = json_.boolean();
            else if (key == "notice")
                out_.notice = json_.string();
            else if (key == "injected_slowdown_pct")
                out_.injected_slowdown_pct = json_.number();
            else if (key == "scenarios")
                scenarios();
            else if (key == "canaries")
                canaries();
            else if (key == "drift")
                drift();
            else if (key == "skipped")
                reasons(out_.skipped);
            else if (key == "errors")
                reasons(out_.errors);
            else
                json_.skip();
        }
    }

    void clock() {
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "kind")
                out_.clock = json_.string();
            else
                json_.skip();
        }
    }

    void scenarios() {
        json_.enter_array();
        while (json_.next_item()) {
            json_.enter_object();
            for (std::string_view key; json_.next_key(key);) {
                if (key == "name")
                    out_.scenarios.push_back(json_.string());
                else if (key == "thresholds")
                    thresholds();
                else
                    json_.skip();
            }
        }
    }

    double threshold() {
        const std::string text = json_.string();
        const auto value = parse_threshold(text);
        if (!value)
            json_.refuse("a threshold such as \"5%\"");
        return value.value_or(0);
    }

    void thresholds() {
        std::vector<ThresholdRule> rest;
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "default") {
                rest.push_back({"", threshold()});
            } else if (key == "overrides") {
                json_.enter_array();
                while (json_.next_item()) {
                    ThresholdRule rule;
                    json_.enter_object();
                    for (std::string_view part; json_.next_key(part);) {
                        if (part == "match")
                            rule.match = regex();
                        else if (part == "threshold")
                            rule.threshold = threshold();
                        else
                            json_.skip();
                    }
                    out_.thresholds.push_back(std::move(rule));
                }
            } else {
                json_.skip();
            }
        }
        defaults_.insert(defaults_.end(), rest.begin(), rest.end());
    }

    std::string regex() {
        std::string text = json_.string();
        try {
            const std::regex checked(text);
        } catch (const std::regex_error&) {
            json_.refuse("a regular expression");
        }
        return text;
    }

    void canaries() {
        json_.enter_array();
        while (json_.next_item()) {
            Canary canary;
            json_.enter_object();
            for (std::string_view key; json_.next_key(key);) {
                if (key == "name")
                    canary.name = json_.string();
                else if (key == "real_time")
                    canary.real_time = json_.number();
                else
                    json_.skip();
            }
            if (canary.real_time > 0)
                out_.canaries.push_back(std::move(canary));
        }
    }

    void drift() {
        json_.enter_object();
        for (std::string_view key; json_.next_key(key);) {
            if (key == "verdict")
                out_.drift.moved = json_.view() == "moved";
            else if (key == "name")
                out_.drift.name = json_.string();
            else if (key == "low_ns")
                out_.drift.low = json_.number();
            else if (key == "high_ns")
                out_.drift.high = json_.number();
            else
                json_.skip();
        }
    }

    void reasons(std::vector<NamedReason>& list) {
        json_.enter_array();
        while (json_.next_item()) {
            NamedReason entry;
            json_.enter_object();
            for (std::string_view key; json_.next_key(key);) {
                if (key == "name")
                    entry.name = json_.string();
                else if (key == "reason")
                    entry.reason = json_.string();
                else
                    json_.skip();
            }
            list.push_back(std::move(entry));
        }
    }

    void point_into_arrays() {
        // Where several scenarios went into one report, nobody knows whose a point is: the strictest default
        // counts.
        const auto strictest =
            std::min_element(defaults_.begin(), defaults_.end(),
                             [](const auto& a, const auto& b) { return a.threshold < b.threshold; });
        if (strictest != defaults_.end())
            out_.thresholds.push_back(*strictest);
        const RowPlace end{out_.all_samples.size(), out_.all_metrics.size(), out_.all_params.size()};
        for (std::size_t i = 0; i < out_.rows.size(); ++i) {
            const RowPlace& from = places_[i];
            const RowPlace& to = i + 1 < places_.size() ? places_[i + 1] : end;
            out_.rows[i].samples = {out_.all_samples.data() + from.samples, to.samples - from.samples};
            out_.rows[i].metrics = {out_.all_metrics.data() + from.metrics, to.metrics - from.metrics};
            out_.rows[i].params = {out_.all_params.data() + from.params, to.params - from.params};
        }
    }

    const MappedFile& file_;
    JsonReader json_;
    LoadOptions options_;
    LoadedReport& out_;
    std::vector<RowPlace> places_;
    std::vector<std::uint32_t> recent_;
    std::vector<ThresholdRule> defaults_;
    double schema_ = 0;
    bool has_rows_ = false;
    bool has_own_ = false;
};

}  // namespace

std::uint32_t Words::number(std::string_view word) {
    const auto found = numbers_.find(word);
    if (found != numbers_.end())
        return found->second;
    const auto number = static_cast<std::uint32_t>(words_.size());
    numbers_.emplace(words_.emplace_back(word), number);
    return number;
}

double LoadedReport::metric(const LoadedRow& row, std::string_view key) const {
    for (const RowFigure& metric : row.metrics)
        if (keys.word(metric.key) == key)
            return metric.value;
    return 0;
}

std::string_view LoadedReport::param(const LoadedRow& row, std::string_view axis) const {
    for (const Param& param : row.params)
        if (keys.word(param.axis) == axis)
            return values.word(param.value);
    return "";
}

Result<double> parse_threshold(std::string_view text) {
    const std::string_view plain = trimmed(text);
    double percent = 0;
    const auto read = std::from_chars(plain.data(), plain.data() + plain.size(), percent);
    const std::string_view unit =
        trimmed({read.ptr, static_cast<std::size_t>(plain.data() + plain.size() - read.ptr)});
    if (read.ec != std::errc{} || unit != "%" || !(percent >= 0 && percent <= 1000))
        return fail(ErrorKind::usage, "{} is no threshold; expected a percentage such as 5%",
                    in_quotes(text));
    return percent / 100;
}

Result<LoadedReport> load_report(const std::string& file, const LoadOptions& options) {
    auto mapped = MappedFile::open(file);
    if (!mapped)
        return tl::unexpected(mapped.error());
    LoadedReport report;
    report.file = file;
    if (const std::string wrong = Loader(*mapped, options, report).load(); !wrong.empty())
        return fail(ErrorKind::usage, "{}:{}", printable(file), wrong);
    return report;
}

}  // namespace dmabench
