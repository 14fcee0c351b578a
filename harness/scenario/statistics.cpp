// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/statistics.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "scenario/axis_spec.h"
#include "scenario/keys.h"
#include "scenario/values.h"

namespace dmabench {
namespace {

using std::chrono::nanoseconds;

/// "250us", in the largest unit that fits.
std::string to_text(nanoseconds time) {
    const auto ns = time.count();
    if (ns % 1'000'000'000 == 0) {
        return fmt::format("{}s", ns / 1'000'000'000);
    }
    if (ns % 1'000'000 == 0) {
        return fmt::format("{}ms", ns / 1'000'000);
    }
    return ns % 1'000 == 0 ? fmt::format("{}us", ns / 1'000) : fmt::format("{}ns", ns);
}

template <typename T>
T to_text(T value) {
    return value;
}

template <typename T>
Result<T> in_limits(T value, const keys::Limits<T>& limits) {
    if (value < limits.least || value > limits.most) {
        return fail(ErrorKind::usage, "{} is out of range; expected {} .. {}", to_text(value),
                    to_text(limits.least), to_text(limits.most));
    }
    return value;
}

Result<nanoseconds> duration_from(const JsonNode& node) {
    if (node.kind == JsonNode::Kind::string) {
        return parse_duration(node.text);
    }
    return fail(ErrorKind::usage, "expected a string with a unit, such as '250us', '1ms' or '2s'; got {}",
                node.describe());
}

Result<double> fraction_from(const JsonNode& node) {
    double value = 0;
    const char* end = node.text.data() + node.text.size();
    if (node.kind != JsonNode::Kind::number ||
        std::from_chars(node.text.data(), end, value).ec != std::errc{}) {
        return fail(ErrorKind::usage, "expected a number such as 0.02; got {}", node.describe());
    }
    return value;
}

/// Reads members one by one; keeps the first error.
class Reader {
  public:
    Reader(const LocatedJson& json, const JsonNode& object) : json_(json), object_(object) {}

    /// Whether the key was there and its value is stored.
    template <typename Stored, typename Read, typename Limits>
    bool read(std::string_view key, Stored& stored, Read from, const Limits& limits) {
        const JsonMember* member = object_.find(key);
        if (member == nullptr || error_) {
            return false;
        }
        const auto value = from(member->value).and_then([&](auto v) { return in_limits(v, limits); });
        if (!value) {
            complain(*member, value.error().message);
            return false;
        }
        stored = static_cast<Stored>(*value);
        return true;
    }

    void complain(const JsonMember& member, std::string_view message) {
        error_ = json_.fail(member.value.offset, "{}: {}", member.key, message).value();
    }

    [[nodiscard]] const JsonMember* find(std::string_view key) const { return object_.find(key); }
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  private:
    const LocatedJson& json_;
    const JsonNode& object_;
    std::optional<Error> error_;
};

}  // namespace

Result<Statistics> read_statistics(const LocatedJson& json, const JsonNode& object, const Statistics& base) {
    Statistics result = base;
    Reader reader(json, object);
    const bool has_samples = reader.read("samples", result.samples, integer_from, keys::samples);
    const bool has_max = reader.read("max_samples", result.max_samples, integer_from, keys::samples);
    reader.read("discard", result.discard, integer_from, keys::discard);
    reader.read("sample_time", result.sample_time, duration_from, keys::sample_time);
    const bool has_budget = reader.read("budget", result.budget, duration_from, keys::budget);
    reader.read("ci", result.ci, fraction_from, keys::ci);
    reader.read("histogram_laps", result.histogram_laps, integer_from, keys::histogram_laps);

    // What was there before gives way to what is asked for; two values that contradict each other are an
    // error.
    if (result.max_samples < result.samples) {
        if (has_samples && has_max && !reader.error()) {
            reader.complain(*reader.find("max_samples"),
                            fmt::format("{} is less than samples, {}", result.max_samples, result.samples));
        }
        (has_max ? result.samples : result.max_samples) = has_max ? result.max_samples : result.samples;
    }
    if (result.budget < result.sample_time) {
        if (has_budget && !reader.error()) {
            reader.complain(*reader.find("budget"),
                            fmt::format("{} is less than sample_time, {}", to_text(result.budget),
                                        to_text(result.sample_time)));
        }
        result.budget = result.sample_time;
    }
    if (reader.error()) {
        return tl::unexpected(*reader.error());
    }
    return result;
}

}  // namespace dmabench
