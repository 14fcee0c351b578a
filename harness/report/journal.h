// SPDX-License-Identifier: GPL-2.0-only
// The journal: one line per point, on the disk before the next point begins. A report is made from it; an
// interrupted run goes on from it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace dmabench {

/// What has happened to the points so far, in the order it happened.
struct JournalEntries {
    std::vector<nlohmann::ordered_json> rows;
    std::vector<nlohmann::ordered_json> skipped;  ///< {name, reason, params}
    std::vector<nlohmann::ordered_json> errors;   ///< {name, reason, params}
    std::vector<nlohmann::ordered_json> canaries;  ///< {block, name, real_time}
    std::vector<nlohmann::ordered_json> counts;   ///< {name, counters}: of rows, by the pass that counts tracepoints
};

/// Appends to FILE.journal.jsonl beside a report FILE.
class Journal {
  public:
    /// Begins a journal. `identity` is what must be the same for a run to go on from it later, a flat object;
    /// points_planned is for whoever watches the journal grow. A journal that lies there already, of a run that
    /// never ended, is kept under the next free name FILE.journal.jsonl.N; `kept` then names it.
    static Result<Journal> begin(const std::filesystem::path& report, const nlohmann::ordered_json& identity,
                                 std::size_t points_planned, std::filesystem::path* kept = nullptr);

    /// Goes on from a journal: reads its entries and appends behind them. A line torn by a crash is dropped.
    /// One that ended within its first line begins anew. ErrorKind::usage when there is none, or when it was begun
    /// with another identity (naming the fields).
    static Result<Journal> resume(const std::filesystem::path& report, const nlohmann::ordered_json& identity,
                                  JournalEntries* entries, std::size_t points_planned);

    /// One entry, flushed to the disk. kind is "row", "skipped", "error", "canary" or "counts".
    Result<void> append(const char* kind, const nlohmann::ordered_json& entry);

    /// The report has been written: the journal has done its work.
    void remove();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    Journal(UniqueFd fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Result<void> append_header(const nlohmann::ordered_json& identity, std::size_t points_planned);
    Result<void> append_line(const nlohmann::ordered_json& line);

    UniqueFd fd_;
    std::filesystem::path path_;
};

}  // namespace dmabench
