// SPDX-License-Identifier: GPL-2.0-only
#include "scenario/located_json.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <system_error>

#include "base/text.h"

namespace dmabench {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

bool is_filler(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':';
}

/// Follows the parser token by token: each SAX event consumes exactly one token that is not ',' or ':'.
class TokenCursor {
  public:
    explicit TokenCursor(std::string_view text)
        : text_(text), at_(text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0) {}

    /// Where the next token begins, past white space, comments, ',' and ':'.
    [[nodiscard]] std::size_t peek() const {
        std::size_t at = at_;
        while (at < text_.size()) {
            const std::string_view rest = text_.substr(at);
            std::size_t end = std::string_view::npos;
            if (is_filler(rest[0])) {
                end = 1;
            } else if (rest.starts_with("//")) {
                end = rest.find('\n');
            } else if (rest.starts_with("/*")) {
                end = rest.find("*/", 2);
                end = end == std::string_view::npos ? end : end + 2;
            } else {
                break;
            }
            if (end == std::string_view::npos) {
                return rest.starts_with("/*") ? at : text_.size();
            }
            at += end;
        }
        return at;
    }

    /// The next token, which must be well-formed.
    std::string_view next() {
        const std::size_t begin = peek();
        std::size_t end = begin + 1;
        if (begin >= text_.size()) {
            return {};
        }
        if (text_[begin] == '"') {
            while (end < text_.size() && text_[end] != '"') {
                end += text_[end] == '\\' ? 2 : 1;
            }
            ++end;
        } else if (std::string_view("[]{}").find(text_[begin]) == std::string_view::npos) {
            while (end < text_.size() && !is_filler(text_[end]) &&
                   std::string_view("[]{}/\"").find(text_[end]) == std::string_view::npos) {
                ++end;
            }
        }
        at_ = std::min(end, text_.size());
        return text_.substr(begin, at_ - begin);
    }

    [[nodiscard]] std::size_t offset_of(std::string_view token) const {
        return token.empty() ? text_.size() : static_cast<std::size_t>(token.data() - text_.data());
    }

    /// The comma, if a comma is all that there is between here and the next token.
    [[nodiscard]] std::optional<std::size_t> comma_before_next() const {
        const std::string_view between = text_.substr(at_, peek() - at_);
        const std::size_t comma = between.find(',');
        return comma == std::string_view::npos ? std::nullopt : std::optional(at_ + comma);
    }

  private:
    std::string_view text_;
    std::size_t at_;
};

struct Problem {
    std::size_t offset = 0;
    std::string message;
};

/// Builds the tree from nlohmann's SAX events.
class TreeBuilder {
  public:
    using number_integer_t = nlohmann::json::number_integer_t;
    using number_unsigned_t = nlohmann::json::number_unsigned_t;
    using number_float_t = nlohmann::json::number_float_t;
    using string_t = nlohmann::json::string_t;
    using binary_t = nlohmann::json::binary_t;

    TreeBuilder(std::string_view text, JsonNode& root) : text_(text), cursor_(text), root_(root) {}

    [[nodiscard]] const std::optional<Problem>& problem() const { return problem_; }
    [[nodiscard]] std::optional<std::size_t> open_offset() const {
        return open_.empty() ? std::nullopt : std::optional(open_.back().node->offset);
    }

    bool null() {
        add(JsonNode::Kind::null);
        return true;
    }
    bool boolean(bool value) {
        add(JsonNode::Kind::boolean)->boolean = value;
        return true;
    }
    bool number_integer(number_integer_t) { return number(); }
    bool number_unsigned(number_unsigned_t) { return number(); }
    bool number_float(number_float_t, const string_t&) { return number(); }
    bool string(string_t& value) {
        add(JsonNode::Kind::string)->text = value;
        return true;
    }
    bool binary(binary_t&) { return false; }  // not in JSON text

    bool start_object(std::size_t) { return open(JsonNode::Kind::object); }
    bool start_array(std::size_t) { return open(JsonNode::Kind::array); }
    bool end_object() { return close(); }
    bool end_array() { return close(); }

    bool key(string_t& value) {
        const std::size_t offset = cursor_.offset_of(cursor_.next());
        Open& object = open_.back();
        if (!object.keys.insert(value).second) {
            problem_ = Problem{offset, fmt::format("key {} is given twice", in_quotes(value))};
            return false;
        }
        object.node->members.push_back({value, offset, {}});
        return true;
    }

    bool parse_error(std::size_t read, const std::string&, const nlohmann::json::exception& error) {
        problem_ = explain(read, error.what());
        return false;
    }

  private:
    struct Open {
        JsonNode* node;
        std::set<std::string> keys;
    };

    JsonNode* add(JsonNode::Kind kind) {
        const std::string_view token = cursor_.next();
        JsonNode* node = &root_;
        if (!open_.empty()) {
            JsonNode& parent = *open_.back().node;
            node = parent.kind == JsonNode::Kind::object ? &parent.members.back().value
                                                         : &parent.items.emplace_back();
        }
        node->kind = kind;
        node->offset = cursor_.offset_of(token);
        last_token_ = token;
        return node;
    }

    bool number() {
        JsonNode* node = add(JsonNode::Kind::number);
        node->text = last_token_;
        return true;
    }

    bool open(JsonNode::Kind kind) {
        JsonNode* node = add(kind);
        if (open_.size() == LocatedJson::max_depth) {
            problem_ = Problem{node->offset, fmt::format("nested more than {} deep", LocatedJson::max_depth)};
            return false;
        }
        open_.push_back({node, {}});
        return true;
    }

    bool close() {
        cursor_.next();
        open_.pop_back();
        return true;
    }

    /// nlohmann's message in plainer words, and the place where the offending token begins.
    [[nodiscard]] Problem explain(std::size_t read, std::string_view what) const;

    std::string_view text_;
    TokenCursor cursor_;
    JsonNode& root_;
    std::vector<Open> open_;
    std::string_view last_token_;
    std::optional<Problem> problem_;
};

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

Problem TreeBuilder::explain(std::size_t read, std::string_view what) const {
    const std::size_t token = cursor_.peek();
    const char first = token < text_.size() ? text_[token] : '\0';

    if (contains(what, "unexpected end of input")) {
        return {text_.size(), open_.empty()
                                  ? "there is nothing but white space and comments; expected an object"
                                  : "the file ends too early"};
    }
    if ((first == ']' || first == '}') && contains(what, fmt::format("unexpected '{}'", first))) {
        if (const auto comma = cursor_.comma_before_next()) {
            return {*comma, fmt::format("trailing comma; remove it, JSON has none before '{}'", first)};
        }
    }
    if (contains(what, "missing closing quote") ||
        (contains(what, "invalid string") && contains(what, "U+000A"))) {
        return {token, "string without its closing quote"};
    }
    if (contains(what, "out_of_range.406")) {
        return {token, "number is out of range"};
    }
    const std::string_view digits = last_token_.substr(last_token_.starts_with('-') ? 1 : 0);
    if (digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9') {
        return {cursor_.offset_of(last_token_), "a number must not begin with 0"};
    }
    if (first == '\'') {
        return {token, "strings and keys are written in double quotes"};
    }
    if (contains(what, "while parsing object key - ") && contains(what, "invalid literal")) {
        return {token, "expected a key in double quotes"};
    }

    const std::size_t dash = what.find(" - ");
    std::string message(dash == std::string_view::npos ? what : what.substr(dash + 3));
    if (const std::size_t last_read = message.find("; last read: '"); last_read != std::string::npos) {
        const std::size_t expected = message.rfind("'; expected ");
        message.erase(last_read, expected == std::string::npos ? expected : expected + 1 - last_read);
    }
    for (const std::string_view end : {"expected '}'", "expected ']'"}) {
        if (message.ends_with("; " + std::string(end))) {  // a comma would have done as well
            message.insert(message.size() - 3, "',' or ");
        }
    }
    const bool structural = contains(message, "unexpected ','") || contains(message, "unexpected ':'");
    if (message.starts_with("invalid literal")) {
        const bool is_first = open_.empty() && last_token_.empty();
        message.replace(0, std::string_view("invalid literal").size(),
                        is_first ? "not JSON; expected an object" : "not a JSON value");
    }
    return {structural && read > 0 ? read - 1 : token, printable(message)};
}

void shift(JsonNode& node, std::size_t by) {
    node.offset += by;
    for (JsonNode& item : node.items) {
        shift(item, by);
    }
    for (JsonMember& member : node.members) {
        member.offset += by;
        shift(member.value, by);
    }
}

/// A key in a JSON pointer.
std::string escaped(std::string_view key) {
    std::string result;
    for (const char c : key) {
        result += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return result;
}

std::optional<std::string> pointer_to(const JsonNode& node, std::size_t offset) {
    if (node.offset == offset) {
        return "";
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        if (const auto found = pointer_to(node.items[i], offset)) {
            return fmt::format("/{}{}", i, *found);
        }
    }
    for (const JsonMember& member : node.members) {
        const auto found =
            member.offset == offset ? std::optional<std::string>("") : pointer_to(member.value, offset);
        if (found) {
            return fmt::format("/{}{}", escaped(member.key), *found);
        }
    }
    return std::nullopt;
}

}  // namespace

const JsonMember* JsonNode::find(std::string_view key) const {
    const auto member =
        std::find_if(members.begin(), members.end(), [&](const auto& m) { return m.key == key; });
    return member == members.end() ? nullptr : &*member;
}

std::string JsonNode::describe() const {
    switch (kind) {
        case Kind::null:
            return "null";
        case Kind::boolean:
            return boolean ? "true" : "false";
        case Kind::number:
            return printable(std::string_view(text).substr(0, 40));
        case Kind::string:
            return in_quotes(text);
        case Kind::array:
            return items.empty() ? "an empty list" : "a list";
        case Kind::object:
            break;
    }
    return "an object";
}

Result<LocatedJson> LocatedJson::parse(std::string text, const std::filesystem::path& file) {
    LocatedJson json;
    json.files_.push_back({std::move(text), printable(file.string()), 0, {}});
    const std::string_view all = json.files_.front().text;
    if (all.empty()) {
        return json.fail(0, "the file is empty; expected an object");
    }
    if (all.size() > max_bytes) {
        return json.fail(0, "larger than {} MiB", max_bytes >> 20);
    }
    if (const std::size_t zero = all.find('\0'); zero != std::string_view::npos) {
        return json.fail(zero, "zero byte; expected text in UTF-8");
    }
    if (const auto bad = first_not_utf8(all)) {
        return json.fail(*bad, "byte 0x{:02x} is not UTF-8", static_cast<unsigned char>(all[*bad]));
    }
    TreeBuilder builder(all, json.root_);
    const bool parsed = nlohmann::json::sax_parse(all.begin(), all.end(), &builder,
                                                  nlohmann::json::input_format_t::json, true, true);
    if (builder.problem()) {
        const Problem& problem = *builder.problem();
        if (problem.offset == all.size() && builder.open_offset()) {
            const Position begin = json.position(*builder.open_offset());
            const bool object = all[*builder.open_offset()] == '{';
            return json.fail(problem.offset, "{}; the {} of {}:{} has no '{}'", problem.message,
                             object ? "object" : "list", begin.line, begin.column, object ? '}' : ']');
        }
        return json.fail_text(problem.offset, problem.message);
    }
    if (!parsed) {
        return json.fail(0, "not JSON");
    }
    json.files_.front().root = json.root_;
    return json;
}

JsonNode LocatedJson::adopt(LocatedJson other) {
    const std::size_t by = end();
    for (File& file : other.files_) {
        shift(file.root, by);
        file.begin += by;
        files_.push_back(std::move(file));
    }
    shift(other.root_, by);
    return std::move(other.root_);
}

const LocatedJson::File& LocatedJson::file_of(std::size_t offset) const {
    const auto after =
        std::find_if(files_.begin() + 1, files_.end(), [&](const File& file) { return file.begin > offset; });
    return *(after - 1);
}

Position LocatedJson::position(std::size_t offset) const {
    const File& file = file_of(offset);
    const std::string_view before =
        std::string_view(file.text).substr(0, std::min(offset - file.begin, file.text.size()));
    const std::size_t newline = before.rfind('\n');
    std::string_view line = newline == std::string_view::npos ? before : before.substr(newline + 1);
    if (newline == std::string_view::npos && line.starts_with(byte_order_mark)) {
        line.remove_prefix(byte_order_mark.size());
    }
    const auto continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; };
    const auto bytes = static_cast<std::size_t>(std::count_if(line.begin(), line.end(), continuation));
    return {1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
            1 + line.size() - bytes};
}

std::string LocatedJson::pointer(std::size_t offset) const {
    return pointer_to(file_of(offset).root, offset).value_or("");
}

tl::unexpected<Error> LocatedJson::fail_text(std::size_t offset, std::string_view message) const {
    const Position at = position(offset);
    const std::string where = pointer(offset);
    return dmabench::fail(ErrorKind::usage, "{}:{}:{}: {}{}", file_of(offset).name, at.line, at.column,
                          message, where.empty() ? "" : fmt::format(" (at {})", printable(where)));
}

std::string to_text(const JsonNode& node, std::size_t indent) {
    const auto quoted = [](const std::string& text) { return nlohmann::json(text).dump(); };
    const std::string inner(indent + 1, ' ');
    std::string text;
    switch (node.kind) {
        case JsonNode::Kind::null:
            return "null";
        case JsonNode::Kind::boolean:
            return node.boolean ? "true" : "false";
        case JsonNode::Kind::number:
            return node.text;
        case JsonNode::Kind::string:
            return quoted(node.text);
        case JsonNode::Kind::array:
            for (const JsonNode& item : node.items) {
                text += (text.empty() ? "" : ", ") + to_text(item, indent + 1);
            }
            return "[" + text + "]";
        case JsonNode::Kind::object:
            break;
    }
    for (const JsonMember& member : node.members) {
        text += fmt::format("{}\n{}{}: {}", text.empty() ? "" : ",", inner, quoted(member.key),
                            to_text(member.value, indent + 1));
    }
    return text.empty() ? "{}" : fmt::format("{{{}\n{}}}", text, std::string(indent, ' '));
}

Result<std::string> read_small_file(const std::filesystem::path& file) {
    const std::string name = file.empty() ? "''" : printable(file.string());
    std::error_code code;
    const std::filesystem::file_status status = std::filesystem::status(file, code);
    if (status.type() == std::filesystem::file_type::not_found) {
        return fail(ErrorKind::usage, "{}: no such file", name);
    }
    if (code) {
        return fail(ErrorKind::usage, "{}: cannot be read: {}", name, code.message());
    }
    if (status.type() == std::filesystem::file_type::directory) {
        return fail(ErrorKind::usage, "{}: is a directory; expected a file", name);
    }
    errno = 0;
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        return fail(ErrorKind::usage, "{}: cannot be read: {}", name,
                    std::error_code(errno, std::generic_category()).message());
    }
    // One byte more than allowed, so that an endless device is told from a file that just fits.
    std::string text(LocatedJson::max_bytes + 1, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    if (stream.bad()) {
        return fail(ErrorKind::usage, "{}: cannot be read", name);
    }
    if (text.size() > LocatedJson::max_bytes) {
        return fail(ErrorKind::usage, "{}: larger than {} MiB", name, LocatedJson::max_bytes >> 20);
    }
    return text;
}

}  // namespace dmabench
