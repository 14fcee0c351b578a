// SPDX-License-Identifier: GPL-2.0-only
// --on: where to measure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "device/session.h"

namespace dmabench {

struct Where {
    enum class Kind { host, fake, lab } kind = Kind::host;
    std::vector<std::string> platforms;  ///< of the lab
};

/// "auto", "host", "fake", "lab:NAME[,NAME...]". auto is this machine: a lab guest is never started unasked.
Result<Where> parse_where(const std::string& text);

/// The session for host or fake.
Result<std::unique_ptr<Session>> open_session(const Where& where, std::uint64_t seed);

}  // namespace dmabench
