# SPDX-License-Identifier: GPL-2.0-only
"""Makes lab's package importable, and offers guests to the tests marked `guest`."""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(REPOSITORY / "lab"))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "guest: boots real guests; needs QEMU and, the first time, the network")


def lab(*arguments: str, timeout: float = 900) -> subprocess.CompletedProcess[str]:
    """Runs lab/lab to its end."""
    command = [str(REPOSITORY / "lab/lab"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
