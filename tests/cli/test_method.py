# SPDX-License-Identifier: GPL-2.0-only
"""docs/METHOD.md: a claim stands with its test, so the tests it names have to be there."""

from __future__ import annotations

import re

from conftest import REPOSITORY

TEXT = (REPOSITORY / "docs/METHOD.md").read_text(encoding="utf-8")


def sources(pattern: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(REPOSITORY.glob(pattern)))


def test_the_method_names_tests_that_exist() -> None:
    cpp, python, abi = sources("tests/unit/*.cpp"), sources("tests/*/*.py"), sources("tests/abi/*.c")
    named = set()
    for paragraph in re.findall(r"Shown by:((?:.|\n)*?)\.\n", TEXT):
        named |= set(re.findall(r"`([^`]+)`", paragraph))
    assert len(named) > 30
    for name in sorted(named):
        if name.endswith("()"):
            found = re.search(rf"^void {name[:-2]}\(", abi, re.M)
        elif "." in name:
            suite, _, test = name.partition(".")
            found = re.search(rf"TEST(_F|_P)?\({suite}, {test}\)", cpp)
        else:
            found = re.search(rf"^def {name}\(", python, re.M)
        assert found, f"docs/METHOD.md names the test {name}, which is nowhere"


def test_every_mistake_has_its_paragraph_and_test() -> None:
    paragraphs = re.findall(r"^\*\*(\d+)\. [^*]+\*\*(?:.|\n)*?(?=^\*\*|^## )", TEXT, re.M)
    assert [int(number) for number in paragraphs] == list(range(1, 17))
    for one in re.split(r"^\*\*\d+\. ", TEXT.split("\n## ")[0], flags=re.M)[1:]:
        assert "Shown by:" in one, one[:60]
