# SPDX-License-Identifier: GPL-2.0-only
"""Pages and plots from dmabench reports. Knows nothing but the JSON of docs/DESIGN.md."""
