// SPDX-License-Identifier: GPL-2.0-only
// A file's text without a copy of it in memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dmabench {

class MappedFile {
  public:
    /// ErrorKind::usage when it cannot be read.
    static Result<MappedFile> open(const std::string& path);
    MappedFile(MappedFile&& other) noexcept : text_(std::exchange(other.text_, {})) {}
    MappedFile& operator=(MappedFile&& other) noexcept {
        std::swap(text_, other.text_);
        return *this;
    }
    ~MappedFile();

    [[nodiscard]] std::string_view text() const { return text_; }
    /// Gives back the memory of the bytes up to `end`: they are read from the file again if need be.
    void forget(std::size_t end) const;

  private:
    explicit MappedFile(std::string_view text) : text_(text) {}
    std::string_view text_;
};

}  // namespace dmabench
