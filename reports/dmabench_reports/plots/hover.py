# SPDX-License-Identifier: GPL-2.0-only
"""Every mark of a picture names its row when pointed at, and leads to it.

Drawing puts `row:ANCHOR` as a URL on what stands for a row; finish() makes links with titles of these.
"""

from __future__ import annotations

import re
from typing import Sequence

from markupsafe import escape
from matplotlib.axes import Axes

from dmabench_reports.model import Row
from dmabench_reports.plots.picture import Picture

_LINK = re.compile(r'<a xlink:href="row:([^"]*)">')


def url(row: Row) -> str:
    """For set_url() of a bar."""
    return f"row:{row.anchor}"


def points(
    axes: Axes, xs: Sequence[float], ys: Sequence[float], rows: Sequence[Row]
) -> None:
    """Unseen discs over the marks of a line, large enough to be pointed at."""
    discs = axes.scatter(
        xs, ys, s=110, alpha=0, linewidths=0, zorder=20, clip_on=False
    )
    # of a single URL matplotlib draws the mark without its link
    discs.set_urls([url(row) for row in rows] * (2 if len(rows) == 1 else 1))


def finish(svg: str, picture: Picture, page: str) -> str:
    """Links of the marks, to what is on the file `page` ("" within the page itself)."""

    def link(match: re.Match[str]) -> str:
        to = picture.link(match[1])
        # Out of the way of the tab key: the tables lead to the same rows.
        return (
            f'<a xlink:href="{page}#{to.anchor}" tabindex="-1">'
            f"<title>{escape(to.title)}</title>"
        )

    return _LINK.sub(link, svg)
