// SPDX-License-Identifier: GPL-2.0-only
#include "base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"

namespace dmabench {

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view text) {
    return write_file_atomically(path, [&](int fd) { return write_all(fd, text); });
}

Result<void> write_file_atomically(const std::filesystem::path& path, const std::function<bool(int)>& write) {
    std::filesystem::path temporary = path;
    temporary += ".tmp";
    UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd)
        return fail(ErrorKind::failed, "{}: {}", temporary.string(), std::strerror(errno));
    if (!write(fd.get()) || ::fsync(fd.get()) != 0) {
        const int error = errno;
        ::unlink(temporary.c_str());
        return fail(ErrorKind::failed, "{}: {}", path.string(), std::strerror(error));
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return fail(ErrorKind::failed, "{}: {}", path.string(), std::strerror(errno));
    sync_name(path);
    return {};
}

void sync_name(const std::filesystem::path& file) {
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd)
        (void)::fsync(fd.get());
}

}  // namespace dmabench
