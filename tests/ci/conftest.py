# SPDX-License-Identifier: GPL-2.0-only
"""Tests marked `guest` boot the lab's guests, as tests/lab's do."""

import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "lab"), str(REPOSITORY / "tests/lab")]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "guest: boots real guests; needs QEMU and, the first time, the network")
