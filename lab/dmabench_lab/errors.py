# SPDX-License-Identifier: GPL-2.0-only
"""Exit codes of lab, and the errors that carry one."""

EXIT_OK = 0
EXIT_USAGE = 2
EXIT_NOT_POSSIBLE = 4
EXIT_INFRASTRUCTURE = 6
EXIT_INTERRUPTED = 130


class UsageError(Exception):
    """The command line asks for something that cannot be meant; exit 2."""


class NotPossible(Exception):
    """Something the user must provide first is missing; exit 4."""


class InfrastructureError(Exception):
    """The lab itself failed, whatever was run in the guest is not to blame; exit 6."""

    def __init__(self, what: str, log: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.log = log

    def line(self, platform: str) -> str:
        see = f" (see {self.log})" if self.log else ""
        return f"lab: infrastructure: {platform}: {self.what}{see}"


class NotOffered(InfrastructureError):
    """The mirror of this machine has no such kernel, or none any more: nothing that a repetition or a repair mends."""
