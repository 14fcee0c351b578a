// SPDX-License-Identifier: GPL-2.0-only
// Small files of /proc and /sys, below a root that tests can put anywhere.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace dmabench {

class SystemFiles {
  public:
    explicit SystemFiles(std::filesystem::path root = "/") : root_(std::move(root)) {}

    /// The text without newlines and zeros at its end; empty when it cannot be read or there is none. Paths are
    /// written as on the running system, "/proc/cmdline".
    [[nodiscard]] std::optional<std::string> text(const std::string& path) const;
    [[nodiscard]] std::optional<std::uint64_t> number(const std::string& path) const;
    [[nodiscard]] bool exists(const std::string& path) const;
    /// Names in a folder, sorted; none when it cannot be read.
    [[nodiscard]] std::vector<std::string> names(const std::string& folder) const;
    /// The last part of what a symbolic link points to; empty when it is none.
    [[nodiscard]] std::string link_name(const std::string& path) const;
    /// Where a path really is.
    [[nodiscard]] std::filesystem::path where(const std::string& path) const;

    /// The words of /proc/cmdline.
    [[nodiscard]] std::vector<std::string> boot_words() const;
    /// The value of the first "key : value" line of /proc/cpuinfo whose key is one of those given.
    [[nodiscard]] std::optional<std::string> cpuinfo(std::initializer_list<const char*> keys) const;

  private:
    std::filesystem::path root_;
};

}  // namespace dmabench
