// SPDX-License-Identifier: GPL-2.0-only
#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "base/unique_fd.h"

namespace dmabench {

Result<MappedFile> MappedFile::open(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0)
        return fail(ErrorKind::usage, "{}: {}", printable(path), std::strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fail(ErrorKind::usage, "{}: is no file", printable(path));
    const auto size = static_cast<std::size_t>(status.st_size);
    if (size == 0)
        return MappedFile(std::string_view{});
    void* memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.get(), 0);
    if (memory == MAP_FAILED)
        return fail(ErrorKind::failed, "{}: {}", printable(path), std::strerror(errno));
    ::madvise(memory, size, MADV_SEQUENTIAL);
    return MappedFile({static_cast<const char*>(memory), size});
}

MappedFile::~MappedFile() {
    if (!text_.empty())
        ::munmap(const_cast<char*>(text_.data()), text_.size());
}

void MappedFile::forget(std::size_t end) const {
    constexpr std::size_t page = 65536;  // a multiple of every page size
    if (end >= page)
        ::madvise(const_cast<char*>(text_.data()), end / page * page, MADV_DONTNEED);
}

}  // namespace dmabench
