// SPDX-License-Identifier: GPL-2.0-only
#include "cli/data_files.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace dmabench {

namespace fs = std::filesystem;

Result<fs::path> find_data(const std::string& name) {
    std::vector<fs::path> places;
    if (const char* home = std::getenv("DMABENCH_HOME"))
        places.emplace_back(home);
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (!error) {
        fs::path folder = program.parent_path();
        places.push_back(folder / "../share/dmabench");
        for (int up = 0; up < 3; ++up, folder = folder.parent_path())
            places.push_back(folder);
    }
    places.emplace_back(DMABENCH_DATA_DIR);
    for (const fs::path& place : places)
        if (fs::exists(place / name, error))
            return fs::weakly_canonical(place / name);
    return fail(ErrorKind::not_possible, "dmabench's own {} is not to be found: set DMABENCH_HOME to the folder that has it",
                name);
}

Error become(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command)
        words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    ::execvp(words[0], words.data());
    return {ErrorKind::not_possible, fmt::format("{}: {}", command[0], std::strerror(errno))};
}

}  // namespace dmabench
