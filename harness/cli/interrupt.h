// SPDX-License-Identifier: GPL-2.0-only
// Ctrl-C and SIGTERM end a run after the sample at hand, not within it.
#pragma once

namespace dmabench {

/// Catches SIGINT, SIGTERM and SIGHUP on a thread of its own, so that the measuring thread is never disturbed. The
/// first signal sets interrupted(); a second one ends the process at once. Call before any other thread starts.
void catch_interrupts();

/// Whether such a signal has come.
[[nodiscard]] bool interrupted();

}  // namespace dmabench
