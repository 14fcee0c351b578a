# SPDX-License-Identifier: GPL-2.0-only
"""The page in a real browser: no overflow, nothing on the console, and it works."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser

Built = tuple[Path, list[Path]]

# Elements that stick out of the window and are not inside a box that scrolls by itself.
STICKING_OUT = """
[...document.body.querySelectorAll('*')].filter(e => {
  if (e.closest('.scroll') || e.closest('svg') && e.tagName !== 'svg') return false;
  const box = e.getBoundingClientRect();
  return box.width > 0 && (box.right > innerWidth + 0.5 || box.left < -0.5);
}).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40)).slice(0, 5)
"""

# Text of a picture that sticks out of the picture's own frame.
CLIPPED = """
[...document.querySelectorAll('figure svg')].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  if (!frame.width) return [];
  return [...svg.querySelectorAll('text')].filter(t => {
    const box = t.getBoundingClientRect();
    return box.right > frame.right + 1 || box.left < frame.left - 1
      || box.bottom > frame.bottom + 1 || box.top < frame.top - 1;
  }).map(t => svg.getAttribute('aria-label') + ': ' + t.textContent);
}).slice(0, 5)
"""


# Two texts of a picture that lie over one another.
OVERLAPPING = """
[...document.querySelectorAll('figure svg')].flatMap(svg => {
  const texts = [...svg.querySelectorAll('text')].map(t => [t.textContent, t.getBoundingClientRect()]);
  const found = [];
  texts.forEach(([one, a], i) => texts.slice(i + 1).forEach(([other, b]) => {
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (width > 2 && height > 3.5) found.push([svg.getAttribute('aria-label'), one, other].join(' | '));
  }));
  return found;
}).slice(0, 5)
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1400])
def test_nothing_overflows_and_the_console_is_silent(
    browser: Browser, built: Built, width: int, dark: bool
) -> None:
    browser.console.clear()
    browser.open(built[0] / "index.html", width, dark)
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate("document.documentElement.scrollWidth") == width
    assert browser.evaluate(STICKING_OUT) == []
    assert browser.evaluate(CLIPPED) == []
    assert browser.evaluate(OVERLAPPING) == []
    assert browser.console == []


def test_dark_and_light_differ_and_pictures_follow(
    browser: Browser, built: Built
) -> None:
    seen = []
    for dark in (False, True):
        browser.open(built[0] / "index.html", 1400, dark)
        seen.append(
            browser.evaluate(
                "[getComputedStyle(document.body).backgroundColor,"
                " getComputedStyle(document.querySelector('figure text')).fill]"
            )
        )
    assert seen[0][0] != seen[1][0] and seen[0][1] != seen[1][1]


def test_the_page_is_whole_without_script(browser: Browser, built: Built) -> None:
    browser.open(built[0] / "index.html", 1400, script=False)
    # the debugger's own evaluation still works
    rows = browser.evaluate("document.querySelectorAll('table.rows tbody tr').length")
    assert rows > 500
    assert browser.evaluate(
        "[...document.querySelectorAll('.js')].every(e => e.offsetHeight === 0)"
    )


def test_rows_can_be_sorted(browser: Browser, built: Built) -> None:
    browser.open(built[0] / "index.html", 1400)
    costs = (
        "[...document.querySelector('table.rows').tBodies[0].rows]"
        ".map(r => parseFloat(r.cells[1].dataset.v))"
    )
    click = "document.querySelectorAll('table.rows thead button')[1].click()"
    browser.evaluate(click)
    up = browser.evaluate(costs)
    assert up == sorted(up) and len(up) > 100
    browser.evaluate(click)
    assert browser.evaluate(costs) == sorted(up, reverse=True)
    # figures first, words after them, whichever way
    phase = "document.querySelectorAll('table.rows thead button')[3].click()"
    words = (
        "[...document.querySelector('table.rows').tBodies[0].rows]"
        ".map(r => r.cells[3].classList.contains('word'))"
    )
    for _ in range(2):
        browser.evaluate(phase)
        found = browser.evaluate(words)
        assert found == sorted(found) and True in found and False in found


def test_rows_can_be_filtered_and_links_bring_them_back(
    browser: Browser, built: Built
) -> None:
    browser.open(built[0] / "index.html", 1400)
    shown = "[...document.querySelector('table.rows').tBodies[0].rows].filter(r => !r.hidden).length"
    every = browser.evaluate(shown)
    browser.evaluate(
        "const i = document.querySelector('.filter input[data-table$=-table]'); i.value = 'POOL size:64';"
        " i.dispatchEvent(new Event('input')); i.closest('.filter').querySelector('output').textContent"
    )
    some = browser.evaluate(shown)
    assert 0 < some < every
    hidden = browser.evaluate("document.querySelector('table.rows tr[hidden]').id")
    browser.evaluate(
        f"location.hash = '{hidden}'; window.dispatchEvent(new Event('hashchange'))"
    )
    assert browser.evaluate(shown) == every


@pytest.mark.parametrize("width", [390, 1400])
def test_every_table_sorts_and_filters_by_the_keyboard(
    browser: Browser, built: Built, width: int
) -> None:
    browser.open(built[0] / "index.html", width)
    heads = browser.evaluate(
        "[...document.querySelectorAll('table')].map(t => t.querySelectorAll('thead button').length"
        " === t.tHead.rows[0].cells.length && t.querySelector('thead button').offsetHeight > 0)"
    )
    assert len(heads) > 10 and all(heads)
    browser.evaluate("document.querySelector('#platforms thead button').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.call(
            "Input.dispatchKeyEvent", type=kind, key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r"
        )
    names = browser.evaluate(
        "[...document.querySelectorAll('#platforms tbody tr')].map(r => r.cells[0].textContent)"
    )
    assert names == sorted(names) and len(names) == 4
    # what is long can be filtered, too
    long = browser.evaluate(
        "[...document.querySelectorAll('table')].filter(t => t.tBodies[0].rows.length > 5)"
        ".map(t => t.parentElement.previousElementSibling.matches('.filter'))"
    )
    assert long and all(long)


def test_a_link_opens_what_is_folded(browser: Browser, built: Built) -> None:
    browser.open(built[0] / "index.html", 1400)
    folded = browser.evaluate("document.querySelector('details.more figure').id")
    browser.open(built[0] / "index.html", 1400, anchor=folded)
    assert browser.evaluate("document.querySelector('details.more').open")


def test_it_prints(browser: Browser, built: Built) -> None:
    browser.open(built[0] / "index.html", 1400)
    # A4 across, less its margins, in CSS pixels
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        width=1032,
        height=700,
        deviceScaleFactor=1,
        mobile=False,
    )
    assert browser.evaluate("document.documentElement.scrollWidth") == 1032
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF") and len(pdf) > 50_000
    browser.call("Emulation.setEmulatedMedia", media="")
