// SPDX-License-Identifier: GPL-2.0-only
// SHA-256 (FIPS 180-4), so that a report can say which scenario file it was made from. In-house because
// the binary is linked statically for guests, and one hash is no reason to carry a crypto library.
#pragma once

#include <string>
#include <string_view>

namespace dmabench {

/// Lower-case hex, 64 characters.
std::string sha256_hex(std::string_view bytes);

}  // namespace dmabench
