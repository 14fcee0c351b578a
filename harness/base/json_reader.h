// SPDX-License-Identifier: GPL-2.0-only
// Reads JSON front to back, without a tree: what is not asked for is skipped, and a document of some 100 MB
// needs no memory of its own.
//
//     reader.enter_object();
//     for (std::string_view key; reader.next_key(key);)
//         if (key == "name") name = reader.string(); else reader.skip();
//
// The first mistake stays: from then on every call fails quietly, so that loops end, and error() tells it.
// What is skipped is checked for balance only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace dmabench {

class JsonReader {
  public:
    explicit JsonReader(std::string_view text)
        : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {}

    /// What the next value begins with: one of { [ " t f n, '0' for a number; '\0' when there is none.
    char peek();

    bool enter_object();
    /// Goes to the next member and gives its key (valid until the next call); false at the end, which is then
    /// left.
    bool next_key(std::string_view& key);
    bool enter_array();
    /// Goes to the next element; false at the end, which is then left.
    bool next_item();

    double number();
    bool boolean();
    std::string string();
    /// A string that is valid until the next call: it is not copied unless it holds escapes.
    std::string_view view();
    /// The value's own text.
    std::string_view raw();
    void skip();
    /// Nothing but white space may follow.
    void finish();

    [[nodiscard]] bool ok() const { return error_.empty(); }
    /// "LINE:COLUMN: expected ..." of the first mistake; empty when there is none.
    [[nodiscard]] std::string error() const;
    /// Tells a mistake in the value that was read last, or that comes next.
    void refuse(const char* expected) { fail(expected, last_); }
    /// Bytes read so far.
    [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }

  private:
    void white();
    bool expect(char wanted, const char* name);
    void fail(const char* expected, const char* where);
    void skip_string();
    void literal(std::string_view word);

    const char* begin_;
    const char* at_;
    const char* end_;
    const char* last_ = begin_;  ///< where the latest value began
    bool first_ = false;         ///< a container was entered, and none of its members read
    std::string unescaped_;
    std::string error_;
    const char* error_at_ = nullptr;
};

}  // namespace dmabench
