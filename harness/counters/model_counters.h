// SPDX-License-Identifier: GPL-2.0-only
// What the lab's timing model counts: see kmod/model_mark.h. Nothing on hardware, and under the lab's other clocks.
#pragma once

#include <string>
#include <vector>

#include "counters/counters.h"

namespace dmabench {

/// The names of what a model counts here, as "model:l1-misses"; none without one.
std::vector<std::string> model_events();

/// A window of laps, as the model sees it.
class ModelWindow {
  public:
    ModelWindow();
    /// Adds what was counted since.
    void add_counts(std::vector<Count>& counts) const;

  private:
    std::vector<double> before_;
};

}  // namespace dmabench
