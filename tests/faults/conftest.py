# SPDX-License-Identifier: GPL-2.0-only
"""Makes lab's package importable, which builds modules and boots guests."""

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(REPOSITORY / "lab"))
