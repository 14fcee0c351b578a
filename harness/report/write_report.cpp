// SPDX-License-Identifier: GPL-2.0-only
// A report written row by row: 100 000 of them are never in memory at once.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/files.h"
#include "base/unique_fd.h"
#include "report/metrics.h"
#include "report/report.h"

namespace dmabench {
namespace {

using json = nlohmann::ordered_json;

/// Gathers text into large writes.
class Sink {
  public:
    explicit Sink(int fd) : fd_(fd) { buffer_.reserve(2 * full); }
    void put(std::string_view text) {
        buffer_ += text;
        if (buffer_.size() >= full)
            (void)flush();
    }
    bool flush() {
        ok_ = ok_ && write_all(fd_, buffer_);
        buffer_.clear();
        return ok_;
    }

  private:
    static constexpr std::size_t full = 1U << 20U;
    int fd_;
    bool ok_ = true;
    std::string buffer_;
};

/// The rows lie in the journal in the order they were measured, and are asked for in the plan's: read one by one, so
/// that no more than one is in memory.
bool read_at(int fd, const StoredText& stored, std::string& text) {
    text.resize(stored.length);
    std::size_t done = 0;
    while (done < text.size()) {
        const ssize_t got = ::pread(fd, text.data() + done, text.size() - done, static_cast<off_t>(stored.at + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? EIO : errno;
            return false;
        }
        done += static_cast<std::size_t>(got);
    }
    return true;
}

std::string with_counts(const std::string& row, const std::string& counts, const std::vector<Metric>& metrics) {
    json whole = json::parse(row);
    add_count_entries(whole, json::parse(counts).at("counters"));
    add_metrics(whole, metrics);
    return whole.dump();
}

}  // namespace

Result<void> write_report(const std::filesystem::path& path, const Report& report,
                          const std::filesystem::path& journal) {
    const UniqueFd in(::open(journal.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in)
        return fail(ErrorKind::failed, "{}: {}", journal.string(), std::strerror(errno));
    return write_file_atomically(path, [&](int fd) {
        Sink sink(fd);
        sink.put("{\n\"context\": " + report.context.dump(1) + ",\n\"benchmarks\": [");
        std::string object;
        std::string counts;
        for (std::size_t index = 0; index < report.rows.size(); ++index) {
            const StoredRow& row = report.rows[index];
            if (!read_at(in.get(), row.text, object) || !read_at(in.get(), row.counts, counts))
                return false;
            if (!counts.empty())
                object = with_counts(object, counts, report.metrics);
            sink.put(index == 0 ? "\n" : ",\n");
            // Google Benchmark's own rows count themselves too; the plan's order is known only now.
            sink.put(std::string_view(object).substr(0, object.size() - 1));
            sink.put(fmt::format(",\"family_index\":{},\"per_family_instance_index\":0}}", index));
        }
        sink.put("\n],\n\"dmabench\": " + report.own.dump(1) + "\n}\n");
        return sink.flush();
    });
}

}  // namespace dmabench
