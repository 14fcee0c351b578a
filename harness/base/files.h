// SPDX-License-Identifier: GPL-2.0-only
// Files that survive: written whole or not at all, and on the disk when the call returns.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace dmabench {

/// Writes text beside `path`, flushes it to the disk and renames it into place. ErrorKind::failed otherwise; then
/// what stood at `path` still stands.
Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text);

/// The same for a file that is too large to be one text: `write` writes it to the descriptor, and returns false with
/// errno set when it cannot.
Result<void> write_file_atomically(const std::filesystem::path& path, const std::function<bool(int)>& write);

/// Flushes the folder that the file is in, so that its name, new or changed, survives a power cut as its contents do.
/// Some file systems cannot, and there is nothing to be done about it then.
void sync_name(const std::filesystem::path& file);

/// Writes all of text to a descriptor, however often the kernel takes only a part. errno is set when false.
bool write_all(int fd, std::string_view text);

}  // namespace dmabench
