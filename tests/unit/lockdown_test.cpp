// SPDX-License-Identifier: GPL-2.0-only
#include "base/lockdown.h"

#include <gtest/gtest.h>

namespace dmabench {
namespace {

TEST(Lockdown, IsTheModeInBrackets) {
    EXPECT_EQ(lockdown_mode("none [integrity] confidentiality\n"), "integrity");
    EXPECT_EQ(lockdown_mode("none integrity [confidentiality]\n"), "confidentiality");
    EXPECT_EQ(lockdown_mode("[none] integrity confidentiality\n"), "");
    EXPECT_EQ(lockdown_mode(""), "");
    EXPECT_EQ(lockdown_mode("] none ["), "");
}

}  // namespace
}  // namespace dmabench
