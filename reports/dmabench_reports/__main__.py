# SPDX-License-Identifier: GPL-2.0-only
import sys

from dmabench_reports.cli import main

sys.exit(main())
