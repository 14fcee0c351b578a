// SPDX-License-Identifier: GPL-2.0-only
// The mending that can be undone: settings of the running kernel, and mounts. What is changed is on the disk before
// it is changed, so that whoever comes after a crash can undo it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "platform/system_files.h"

namespace dmabench {

struct Mount {
    std::string type;
    std::string where;
};

/// Of debugfs and tracefs, what is not mounted.
std::vector<Mount> missing_mounts(const SystemFiles& files);

/// A setting as it was and as it is to be.
struct Setting {
    std::string path;
    std::string was;
    std::string now;
};

/// Governor, turbo, perf_event_paranoid, nmi_watchdog: those that are not yet as a measurement wants them.
std::vector<Setting> wanted_settings(const SystemFiles& files);

/// How long fixes stay.
enum class Keep {
    until_end,   ///< of the process that made them
    until_undo,  ///< until somebody asks for it
};

/// What has been changed, as it stands in the state file.
struct Fixes {
    Keep keep = Keep::until_end;
    int process = 0;
    std::string process_start;  ///< field 22 of /proc/PID/stat: a PID comes again, this does not
    std::vector<Setting> settings;
    std::vector<Mount> mounts;
};

/// Where the state file is, below the files' root.
inline constexpr const char* fixes_file = "/run/dmabench-fixes.json";

/// What a state file tells, if there is one. ErrorKind::failed when it cannot be understood.
Result<std::optional<Fixes>> load_fixes(const SystemFiles& files);

/// Whether the process that made them is still running.
[[nodiscard]] bool is_alive(const SystemFiles& files, const Fixes& fixes);

/// Applies what is safe. Returns what was done, one line each; those that the kernel refused are told in `notes`.
/// Nothing to do makes no state file. ErrorKind::not_possible without the right, or when fixes are in force.
Result<Fixes> apply_fixes(const SystemFiles& files, Keep keep, std::vector<std::string>* notes);

/// Puts everything back and removes the state file. What somebody else has changed meanwhile stays, and is told.
std::vector<std::string> undo_fixes(const SystemFiles& files, const Fixes& fixes);

/// "governor of cpu0: powersave -> performance", ...
std::vector<std::string> describe(const Fixes& fixes);

/// Undoes what a process left that was killed. Returns what was said; nothing when there was nothing.
Result<std::vector<std::string>> undo_leftovers(const SystemFiles& files);

/// Fixes for as long as this object lives.
class ScopedFixes {
  public:
    static Result<ScopedFixes> apply(const SystemFiles& files, std::vector<std::string>* notes);
    ScopedFixes(ScopedFixes&& other) noexcept;
    ScopedFixes(const ScopedFixes&) = delete;
    ScopedFixes& operator=(const ScopedFixes&) = delete;
    ScopedFixes& operator=(ScopedFixes&&) = delete;
    ~ScopedFixes();

    [[nodiscard]] const Fixes& fixes() const { return *fixes_; }

  private:
    ScopedFixes(SystemFiles files, Fixes fixes) : files_(std::move(files)), fixes_(std::move(fixes)) {}
    SystemFiles files_;
    std::optional<Fixes> fixes_;
};

}  // namespace dmabench
