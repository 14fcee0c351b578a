// SPDX-License-Identifier: GPL-2.0-only
// Where the time of a sweep goes, by the session's clock: what of it was laps, and what the rest.
#pragma once

namespace dmabench {

/// All in ns. The lap figures hold timed laps only; the kernel's way into and out of a call is none.
struct TimeSpent {
    double setup = 0;        ///< making buffers, mapping them into user space, preparing access loops
    double calibration = 0;  ///< laps that find how many laps a sample takes
    double warm_up = 0;      ///< laps of samples that are thrown away
    double samples = 0;      ///< laps of samples that are kept
    double stamped = 0;      ///< laps of the stamped pass
    double dirtying = 0;     ///< preparing the cache lines before laps
    double canaries = 0;     ///< laps of canary points
    double teardown = 0;     ///< giving buffers back
    double report = 0;       ///< making rows and getting them onto the disk
    double total = 0;        ///< from before the first canary to after the last point

    [[nodiscard]] double laps() const { return calibration + warm_up + samples + stamped + canaries; }
};

}  // namespace dmabench
