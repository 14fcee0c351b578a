// SPDX-License-Identifier: GPL-2.0-only
// Reads a report front to back from a mapped file, without a tree of its rows, so that 100 000 of them take tens of MB.
#include <fmt/format.h>
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>

#include "analysis/load_facts.h"
#include "analysis/loaded_report.h"
#include "base/mapped_file.h"
#include "base/text.h"

namespace dmabench {
namespace {

/// After so many bytes the memory of the text that was read is given back.
constexpr std::size_t forget_every = 8U << 20U;
constexpr std::size_t deepest = 64;  ///< the parser calls itself for each level, and a stack ends

/// "3:17" of the byte at which something is wrong.
std::string place_of(std::string_view text, std::size_t byte) {
    const std::string_view before = text.substr(0, byte);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t begin = before.rfind('\n');
    return fmt::format("{}:{}", line, byte - (begin == std::string_view::npos ? 0 : begin + 1) + 1);
}

/// Takes what the parser tells: rows into arrays, and where the rest lies in the file.
class Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Handler> {
  public:
    Handler(const MappedFile& file, const rapidjson::MemoryStream& stream, const LoadOptions& options, LoadedReport& out)
        : file_(file), stream_(stream), options_(options), out_(out) {}

    std::string_view context;  ///< the object's text; empty: there is none
    std::string_view own;
    bool has_rows = false;
    const char* expected = nullptr;  ///< what was not there, when the handler ended the parsing

    // NOLINTBEGIN(readability-identifier-naming): the parser's names
    bool Key(const char* text, rapidjson::SizeType length, bool) {
        key_.assign(text, length);
        return true;
    }
    bool StartObject() { return open('{'); }
    bool StartArray() { return open('['); }
    bool EndObject(rapidjson::SizeType) { return close(); }
    bool EndArray(rapidjson::SizeType) { return close(); }
    bool Int(int number) { return take(number); }
    bool Uint(unsigned number) { return take(number); }
    bool Int64(std::int64_t number) { return take(number); }
    bool Uint64(std::uint64_t number) { return take(number); }
    bool Double(double number) { return take(number); }
    bool String(const char* text, rapidjson::SizeType length, bool) {
        const std::string_view word(text, length);
        if (in_.back() == In::row && key_ == "name")
            out_.rows.back().name = out_.names.emplace_back(word);
        else if (in_.back() == In::row_own && key_ == "scenario")
            out_.rows.back().scenario = kept(word);
        else if (in_.back() == In::ownership && key_ == "data")
            out_.rows.back().data = kept(word);
        else if (in_.back() == In::ownership && key_ == "sync")
            out_.rows.back().ownership = kept(word);
        else if (in_.back() == In::params)
            param(word);
        else
            return Default();
        return true;
    }
    /// Any value that is not taken.
    bool Default() {
        switch (in_.back()) {
            case In::file:
                return key_ == "benchmarks" ? refuse("a list") : key_ == "dmabench" || key_ == "context" ? refuse("an object") : true;
            case In::rows:
                return refuse("a row");
            case In::row_own:
                return key_ != "samples_ns" || refuse("a list");
            case In::samples:
                return refuse("a number");
            case In::nothing:
                return refuse("a report of dmabench run");
            default:
                return true;
        }
    }
    // NOLINTEND(readability-identifier-naming)

    /// Spans and names in the rows, once the arrays have stopped growing.
    void point_into_arrays() {
        const Place end = place();
        for (std::size_t i = 0; i < out_.rows.size(); ++i) {
            const Place& from = places_[i];
            const Place& to = i + 1 < places_.size() ? places_[i + 1] : end;
            out_.rows[i].samples = {out_.all_samples.data() + from.samples, to.samples - from.samples};
            out_.rows[i].metrics = {out_.all_metrics.data() + from.metrics, to.metrics - from.metrics};
            out_.rows[i].params = {out_.all_params.data() + from.params, to.params - from.params};
        }
    }

  private:
    /// What the parser is in; `other` is what nobody asks for.
    enum class In { nothing, file, facts, rows, row, row_own, samples, params, ownership, other };
    struct Place {
        std::size_t samples;
        std::size_t metrics;
        std::size_t params;
    };

    [[nodiscard]] Place place() const {
        return {out_.all_samples.size(), out_.all_metrics.size(), out_.all_params.size()};
    }

    /// The same word, for as long as the report lives.
    std::string_view kept(std::string_view word) { return out_.values.word(out_.values.number(word)); }

    bool refuse(const char* what) {
        expected = what;
        return false;
    }

    template <typename Number>
    bool take(Number number) {
        switch (in_.back()) {
            case In::samples:
                out_.all_samples.push_back(static_cast<double>(number));
                return true;
            case In::row:
                figure(static_cast<double>(number));
                return true;
            case In::params:
                param(fmt::format("{}", number));
                return true;
            default:
                return Default();
        }
    }

    bool open(char bracket) {
        if (in_.size() > deepest)
            return refuse("a report of dmabench run, which is not nested so deeply");
        const bool object = bracket == '{';
        In next = In::other;
        switch (in_.back()) {
            case In::nothing:
                if (!object)
                    return refuse("a report of dmabench run");
                next = In::file;
                break;
            case In::file:
                if (key_ == "benchmarks" ? object : !object && (key_ == "dmabench" || key_ == "context"))
                    return Default();
                next = key_ == "benchmarks" ? In::rows : key_ == "dmabench" || key_ == "context" ? In::facts : In::other;
                has_rows = has_rows || next == In::rows;
                facts_are_own_ = key_ == "dmabench";
                facts_begin_ = stream_.Tell() - 1;
                break;
            case In::rows:
                if (!object)
                    return refuse("a row");
                next = In::row;
                places_.push_back(place());
                out_.rows.emplace_back();
                break;
            case In::row:
                next = object && key_ == "dmabench" ? In::row_own : In::other;
                break;
            case In::row_own:
                if (key_ == "samples_ns" && object)
                    return refuse("a list");
                next = key_ == "samples_ns"                                 ? In::samples
                       : options_.params && object && key_ == "params" ? In::params
                       : object && key_ == "ownership"                 ? In::ownership
                                                                       : In::other;
                break;
            case In::samples:
                return refuse("a number");
            default:
                break;
        }
        in_.push_back(next);
        return true;
    }

    bool close() {
        const In was = in_.back();
        in_.pop_back();
        if (was == In::facts)
            (facts_are_own_ ? own : context) = file_.text().substr(facts_begin_, stream_.Tell() - facts_begin_);
        if (was == In::row && out_.rows.back().name.empty())
            return refuse("a row with a name");
        if (was == In::row && stream_.Tell() - forgotten_ > forget_every)
            file_.forget(forgotten_ = stream_.Tell());
        return true;
    }

    void figure(double value) {
        LoadedRow& row = out_.rows.back();
        if (key_ == "real_time")
            row.real_time = value;
        else if (key_ == "ci_low_ns")
            row.ci_low = value;
        else if (key_ == "ci_high_ns")
            row.ci_high = value;
        out_.all_metrics.push_back({key_number(), value});
    }

    void param(std::string_view value) { out_.all_params.push_back({out_.keys.number(key_), out_.values.number(value)}); }

    /// Rows have the same keys in the same order, mostly: a look at the last row's spares the search.
    std::uint32_t key_number() {
        const std::size_t place = out_.all_metrics.size() - places_.back().metrics;
        if (place < recent_.size() && out_.keys.word(recent_[place]) == key_)
            return recent_[place];
        const std::uint32_t number = out_.keys.number(key_);
        if (place >= recent_.size())
            recent_.resize(place + 1);
        recent_[place] = number;
        return number;
    }

    const MappedFile& file_;
    const rapidjson::MemoryStream& stream_;
    LoadOptions options_;
    LoadedReport& out_;
    std::vector<In> in_{In::nothing};
    std::string key_;  ///< the latest
    std::vector<Place> places_;
    std::vector<std::uint32_t> recent_;
    std::size_t facts_begin_ = 0;
    bool facts_are_own_ = false;
    std::size_t forgotten_ = 0;
};

/// Empty, or the mistake with its line and column.
std::string load(const MappedFile& file, const LoadOptions& options, LoadedReport& out) {
    const std::string_view text = file.text();
    rapidjson::MemoryStream stream(text.data(), text.size());
    Handler handler(file, stream, options, out);
    rapidjson::Reader reader;
    if (const auto parsed = reader.Parse<rapidjson::kParseFullPrecisionFlag>(stream, handler); parsed.IsError()) {
        // What the handler refuses has been read already.
        if (parsed.Code() == rapidjson::kParseErrorTermination)
            return fmt::format("{}: expected {}", place_of(text, parsed.Offset() - 1), handler.expected);
        const std::string at = place_of(text, parsed.Offset());
        std::string_view why = rapidjson::GetParseError_En(parsed.Code());
        while (why.ends_with('.'))
            why.remove_suffix(1);
        return fmt::format("{}: expected JSON: {}", at, why);
    }
    if (!handler.has_rows || handler.own.empty())
        return fmt::format("1:1: expected a report of dmabench run, but there is no \"{}\"",
                           handler.has_rows ? "dmabench" : "benchmarks");
    const auto at = [&](std::string_view facts, const char* key, const std::string& mistake) {
        const auto byte = static_cast<std::size_t>(facts.data() - text.data());
        return mistake.empty() ? "" : fmt::format("{}: /{}{}", place_of(text, byte), key, mistake);
    };
    if (auto wrong = at(handler.own, "dmabench", load_own(handler.own, out)); !wrong.empty())
        return wrong;
    if (!handler.context.empty())
        if (auto wrong = at(handler.context, "context", load_context(handler.context, out)); !wrong.empty())
            return wrong;
    handler.point_into_arrays();
    return "";
}

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
    if (const std::string wrong = load(*mapped, options, report); !wrong.empty())
        return fail(ErrorKind::usage, "{}:{}", printable(file), wrong);
    return report;
}

}  // namespace dmabench
