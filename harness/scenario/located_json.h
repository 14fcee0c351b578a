// SPDX-License-Identifier: GPL-2.0-only
// JSON with // and /* */ comments in which every value and key knows its place, so that an error in a
// scenario can say where. nlohmann's own DOM forgets positions and accepts duplicate keys.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace dmabench {

/// 1-based; columns count characters (code points), as editors do.
struct Position {
    std::size_t line = 1;
    std::size_t column = 1;

    friend bool operator==(const Position&, const Position&) = default;
};

struct JsonMember;

struct JsonNode {
    enum class Kind { null, boolean, number, string, array, object };

    Kind kind = Kind::null;
    std::size_t offset = 0;  ///< of the first byte
    bool boolean = false;
    std::string text;  ///< the string's value; a number as it is written
    std::vector<JsonNode> items;
    std::vector<JsonMember> members;  ///< in the order of the file; keys are unique

    [[nodiscard]] const JsonMember* find(std::string_view key) const;

    /// What it is, for messages: "true", "4.5", "'text'", "a list", "an object".
    [[nodiscard]] std::string describe() const;
};

struct JsonMember {
    std::string key;
    std::size_t offset = 0;  ///< of the key's opening quote
    JsonNode value;
};

/// A parsed file, and what is needed to name places in it. It may hold further files, whose nodes then stand
/// in the same tree: offsets say which file a node is from.
class LocatedJson {
  public:
    static constexpr std::size_t max_depth = 64;
    static constexpr std::size_t max_bytes = 1U << 20;  ///< far above any sensible scenario

    /// Errors read "FILE:LINE:COLUMN: ...". `file` is only named in errors.
    static Result<LocatedJson> parse(std::string text, const std::filesystem::path& file);

    [[nodiscard]] const JsonNode& root() const { return root_; }
    [[nodiscard]] JsonNode& root() { return root_; }

    /// Takes in the other's files and gives its root, to be put into this tree.
    JsonNode adopt(LocatedJson other);

    /// Whether other files have been taken in.
    [[nodiscard]] bool extended() const { return files_.size() > 1; }

    /// In the file that the offset is in.
    [[nodiscard]] Position position(std::size_t offset) const;

    /// RFC 6901, in the file as it is written: of the value, or of the member whose key, begins there. Empty:
    /// the whole file, or nothing begins there.
    [[nodiscard]] std::string pointer(std::size_t offset) const;

    /// ErrorKind::usage, "FILE:LINE:COLUMN: message (at /json/pointer)"
    template <typename... Args>
    tl::unexpected<Error> fail(std::size_t offset, fmt::format_string<Args...> format, Args&&... args) const {
        return fail_text(offset, fmt::format(format, std::forward<Args>(args)...));
    }

  private:
    struct File {
        std::string text;
        std::string name;
        std::size_t begin = 0;  ///< the offset of its first byte
        JsonNode root;          ///< as it is written; null until it is read to its end
    };

    [[nodiscard]] tl::unexpected<Error> fail_text(std::size_t offset, std::string_view message) const;
    [[nodiscard]] const File& file_of(std::size_t offset) const;
    [[nodiscard]] std::size_t end() const { return files_.back().begin + files_.back().text.size() + 1; }

    std::vector<File> files_;  ///< at least one, by their begin
    JsonNode root_;
};

/// JSON text of the tree, on lines of its own for all that is long; scenario files have no other use for it
/// than to be read again.
std::string to_text(const JsonNode& node, std::size_t indent = 0);

/// The bytes of a regular file of at most LocatedJson::max_bytes. Errors read "FILE: ...".
Result<std::string> read_small_file(const std::filesystem::path& file);

}  // namespace dmabench
