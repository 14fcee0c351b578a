// SPDX-License-Identifier: GPL-2.0-only
// Welch's t test on logarithms, for where ranks cannot tell: three samples that lie apart by 1 % and by 1000
// % have the same ranks.
#pragma once

#include <span>

namespace dmabench {

/// P(T >= t) of Student's t distribution with so many degrees of freedom.
double student_upper_tail(double t, double freedom);

/// One-sided p value for "b's geometric mean is greater than a's times `scale`". 1 with fewer than two values
/// in either. All values are above 0.
double welch_greater(std::span<const double> a, std::span<const double> b, double scale = 1);

}  // namespace dmabench
