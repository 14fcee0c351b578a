// SPDX-License-Identifier: GPL-2.0-only
#include "platform/system_files.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <sstream>

namespace dmabench {

namespace fs = std::filesystem;

fs::path SystemFiles::where(const std::string& path) const { return root_ / fs::path(path).relative_path(); }

std::optional<std::string> SystemFiles::text(const std::string& path) const {
    std::ifstream in(where(path));
    if (!in)
        return std::nullopt;
    std::ostringstream text;
    text << in.rdbuf();
    std::string value = text.str();
    while (!value.empty() && (value.back() == '\n' || value.back() == '\0'))
        value.pop_back();
    if (value.empty())
        return std::nullopt;
    return value;
}

std::optional<std::uint64_t> SystemFiles::number(const std::string& path) const {
    const auto text = this->text(path);
    std::uint64_t value = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc{})
        return std::nullopt;
    return value;
}

bool SystemFiles::exists(const std::string& path) const {
    std::error_code error;
    return fs::exists(where(path), error);
}

std::vector<std::string> SystemFiles::names(const std::string& folder) const {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator at(where(folder), error), end; !error && at != end; at.increment(error))
        names.push_back(at->path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

std::string SystemFiles::link_name(const std::string& path) const {
    std::error_code error;
    const fs::path target = fs::read_symlink(where(path), error);
    return error ? "" : target.filename().string();
}

std::vector<std::string> SystemFiles::boot_words() const {
    std::istringstream in(text("/proc/cmdline").value_or(""));
    std::vector<std::string> words;
    for (std::string word; in >> word;)
        words.push_back(word);
    return words;
}

std::optional<std::string> SystemFiles::cpuinfo(std::initializer_list<const char*> keys) const {
    std::ifstream in(where("/proc/cpuinfo"));
    std::string line;
    while (std::getline(in, line)) {
        const auto colon = line.find(':');
        if (colon == std::string::npos)
            continue;
        std::string key = line.substr(0, colon);
        while (!key.empty() && std::isspace(static_cast<unsigned char>(key.back())) != 0)
            key.pop_back();
        if (std::find(keys.begin(), keys.end(), key) == keys.end())
            continue;
        const auto start = line.find_first_not_of(" \t", colon + 1);
        if (start != std::string::npos)
            return line.substr(start);
    }
    return std::nullopt;
}

}  // namespace dmabench
