// SPDX-License-Identifier: GPL-2.0-only
#include "cli/target_option.h"

#include <algorithm>

#include "base/text.h"

namespace dmabench {

Result<void> check_target(const std::string& target, const CostModel& model, const std::string& report) {
    const auto& known = model.targets();
    if (std::find(known.begin(), known.end(), target) != known.end())
        return {};
    const std::vector<std::string_view> words(known.begin(), known.end());
    return fail(ErrorKind::usage, "--target: {} has no rows for {}; it has {}{}", printable(report),
                in_quotes(target), join(words), did_you_mean(target, words));
}

}  // namespace dmabench
