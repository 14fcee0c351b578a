# SPDX-License-Identifier: GPL-2.0-only
"""Boots guests with real kernels and runs finished dmabench binaries in them."""
