// SPDX-License-Identifier: GPL-2.0-only
#include "doctor/fixes.h"

#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/files.h"
#include "platform/facts.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

const std::string cpus = "/sys/devices/system/cpu";

/// Field 22 of /proc/PID/stat; empty when there is no such process.
std::string start_of(const SystemFiles& files, int process) {
    const std::string stat = files.text(fmt::format("/proc/{}/stat", process)).value_or("");
    const auto name_end = stat.rfind(')');  // the name may hold anything
    if (name_end == std::string::npos)
        return "";
    std::istringstream in(stat.substr(name_end + 1));
    std::string field;
    for (int number = 3; number <= 22; ++number)
        in >> field;
    return field;
}

/// Empty when it worked.
std::string write_setting(const SystemFiles& files, const std::string& path, const std::string& value) {
    std::ofstream out(files.where(path));
    if (!out)
        return std::strerror(errno);
    out << value << std::flush;
    return out ? "" : std::strerror(errno);
}

json to_json(const Fixes& fixes) {
    json out{{"keep", fixes.keep == Keep::until_undo},
             {"process", fixes.process},
             {"process_start", fixes.process_start},
             {"settings", json::array()},
             {"mounts", json::array()}};
    for (const Setting& setting : fixes.settings)
        out["settings"].push_back({{"path", setting.path}, {"was", setting.was}, {"now", setting.now}});
    for (const Mount& mount : fixes.mounts)
        out["mounts"].push_back({{"type", mount.type}, {"where", mount.where}});
    return out;
}

std::string short_name(const std::string& path) {
    for (const std::string_view folder : {"/sys/devices/system/cpu/", "/proc/sys/kernel/"})
        if (path.starts_with(folder))
            return path.substr(folder.size());
    return path;
}

void remove_state(const SystemFiles& files) { ::unlink(files.where(fixes_file).c_str()); }

}  // namespace

std::vector<Mount> missing_mounts(const SystemFiles& files) {
    const std::string mounts = files.text("/proc/mounts").value_or("");
    std::vector<Mount> missing;
    if (mounts.empty())
        return missing;
    // Where debugfs is, the kernel mounts tracefs below it by itself.
    if (mounts.find(" debugfs ") != std::string::npos)
        return missing;
    for (const Mount& mount : {Mount{"debugfs", "/sys/kernel/debug"}, Mount{"tracefs", "/sys/kernel/tracing"}})
        if (mounts.find(" " + mount.type + " ") == std::string::npos && files.exists(mount.where))
            missing.push_back(mount);
    return missing;
}

std::vector<Setting> wanted_settings(const SystemFiles& files) {
    std::vector<Setting> settings;
    const auto want = [&](const std::string& path, const std::string& value) {
        if (const auto now = files.text(path); now && *now != value)
            settings.push_back({path, *now, value});
    };
    for (const int cpu : online_cpus(files)) {
        const std::string folder = fmt::format("{}/cpu{}/cpufreq", cpus, cpu);
        const std::string offered = files.text(folder + "/scaling_available_governors").value_or("performance");
        if ((" " + offered + " ").find(" performance ") != std::string::npos)
            want(folder + "/scaling_governor", "performance");
    }
    want(cpus + "/intel_pstate/no_turbo", "1");
    want(cpus + "/cpufreq/boost", "0");
    want("/proc/sys/kernel/perf_event_paranoid", "-1");
    want("/proc/sys/kernel/nmi_watchdog", "0");
    return settings;
}

Result<std::optional<Fixes>> load_fixes(const SystemFiles& files) {
    const auto text = files.text(fixes_file);
    if (!text)
        return std::optional<Fixes>();
    try {
        const json state = json::parse(*text);
        Fixes fixes;
        fixes.keep = state.at("keep").get<bool>() ? Keep::until_undo : Keep::until_end;
        state.at("process").get_to(fixes.process);
        state.at("process_start").get_to(fixes.process_start);
        for (const json& setting : state.at("settings"))
            fixes.settings.push_back({setting.at("path"), setting.at("was"), setting.at("now")});
        for (const json& mount : state.at("mounts"))
            fixes.mounts.push_back({mount.at("type"), mount.at("where")});
        return std::optional(std::move(fixes));
    } catch (const json::exception& error) {
        return fail(ErrorKind::failed, "{} cannot be understood: {}; remove it when the settings are as you want them",
                    files.where(fixes_file).string(), error.what());
    }
}

bool is_alive(const SystemFiles& files, const Fixes& fixes) {
    const std::string start = start_of(files, fixes.process);
    return !start.empty() && start == fixes.process_start;
}

Result<Fixes> apply_fixes(const SystemFiles& files, Keep keep, std::vector<std::string>* notes) {
    const auto before = load_fixes(files);
    if (!before)
        return tl::unexpected(before.error());
    if (*before)
        return fail(ErrorKind::not_possible, "fixes of {} are in force; dmabench doctor --undo undoes them",
                    (*before)->keep == Keep::until_undo ? "dmabench doctor --fix"
                                                        : fmt::format("process {}", (*before)->process));
    Fixes fixes{keep, ::getpid(), start_of(files, ::getpid()), wanted_settings(files), missing_mounts(files)};
    if (fixes.settings.empty() && fixes.mounts.empty())
        return fixes;
    // On the disk before the first change: what is written there and was not changed yet does no harm.
    if (auto written = write_file_atomically(files.where(fixes_file), to_json(fixes).dump(1) + "\n"); !written)
        return fail(ErrorKind::not_possible, "--fix: {} (run as root?)", written.error().message);
    std::erase_if(fixes.settings, [&](const Setting& setting) {
        const std::string error = write_setting(files, setting.path, setting.now);
        if (!error.empty() && notes != nullptr)
            notes->push_back(fmt::format("cannot set {} to {}: {}", short_name(setting.path), setting.now, error));
        return !error.empty();
    });
    std::erase_if(fixes.mounts, [&](const Mount& mount) {
        const bool failed =
            ::mount(mount.type.c_str(), files.where(mount.where).c_str(), mount.type.c_str(), 0, nullptr) != 0;
        if (failed && notes != nullptr)
            notes->push_back(fmt::format("cannot mount {}: {}", mount.type, std::strerror(errno)));
        return failed;
    });
    if (fixes.settings.empty() && fixes.mounts.empty())
        remove_state(files);
    else if (auto written = write_file_atomically(files.where(fixes_file), to_json(fixes).dump(1) + "\n"); !written)
        return tl::unexpected(written.error());
    return fixes;
}

std::vector<std::string> undo_fixes(const SystemFiles& files, const Fixes& fixes) {
    std::vector<std::string> said;
    for (auto setting = fixes.settings.rbegin(); setting != fixes.settings.rend(); ++setting) {
        const auto now = files.text(setting->path);
        if (!now || *now == setting->was)
            continue;  // gone, or never changed
        if (*now != setting->now) {
            said.push_back(fmt::format("{} is {} now: somebody else set it, it stays", short_name(setting->path), *now));
            continue;
        }
        const std::string error = write_setting(files, setting->path, setting->was);
        said.push_back(error.empty()
                           ? fmt::format("{}: back to {}", short_name(setting->path), setting->was)
                           : fmt::format("cannot set {} back to {}: {}", short_name(setting->path), setting->was, error));
    }
    // Detached, for the kernel may have mounted tracefs below debugfs.
    for (auto mount = fixes.mounts.rbegin(); mount != fixes.mounts.rend(); ++mount)
        said.push_back(::umount2(files.where(mount->where).c_str(), MNT_DETACH) == 0
                           ? fmt::format("{}: unmounted", mount->type)
                           : fmt::format("{} stays mounted: {}", mount->type, std::strerror(errno)));
    remove_state(files);
    return said;
}

std::vector<std::string> describe(const Fixes& fixes) {
    std::vector<std::string> lines;
    for (const Setting& setting : fixes.settings)
        lines.push_back(fmt::format("{}: {} -> {}", short_name(setting.path), setting.was, setting.now));
    for (const Mount& mount : fixes.mounts)
        lines.push_back(fmt::format("{}: mounted on {}", mount.type, mount.where));
    return lines;
}

Result<std::vector<std::string>> undo_leftovers(const SystemFiles& files) {
    const auto left = load_fixes(files);
    if (!left)
        return tl::unexpected(left.error());
    if (!*left || (*left)->keep == Keep::until_undo || is_alive(files, **left))
        return std::vector<std::string>{};
    if (::access(files.where(fixes_file).c_str(), W_OK) != 0)
        return std::vector<std::string>{
            fmt::format("process {} was killed before it undid its fixes: run as root to undo them", (*left)->process)};
    std::vector<std::string> said = undo_fixes(files, **left);
    said.insert(said.begin(), fmt::format("process {} was killed before it undid its fixes; undone now:", (*left)->process));
    return said;
}

Result<ScopedFixes> ScopedFixes::apply(const SystemFiles& files, std::vector<std::string>* notes) {
    auto fixes = apply_fixes(files, Keep::until_end, notes);
    if (!fixes)
        return tl::unexpected(fixes.error());
    return ScopedFixes(files, std::move(*fixes));
}

ScopedFixes::ScopedFixes(ScopedFixes&& other) noexcept
    : files_(std::move(other.files_)), fixes_(std::exchange(other.fixes_, std::nullopt)) {}

ScopedFixes::~ScopedFixes() {
    if (fixes_)
        undo_fixes(files_, *fixes_);
}

}  // namespace dmabench
