# SPDX-License-Identifier: GPL-2.0-only
"""The schema for editors and dmabench's own reader agree on which scenarios are good."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conftest import REPOSITORY, dmabench

SCHEMA = json.loads((REPOSITORY / "scenarios/scenario.schema.json").read_text())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
GOOD = sorted(
    path
    for folder in ("scenarios", "tests/good_input")
    for path in (REPOSITORY / folder).glob("*.json")
    if path.name != "scenario.schema.json"
)
PRESETS = sorted((REPOSITORY / "scenarios/presets").glob("*.json"))
BAD = sorted((REPOSITORY / "tests/bad_input").glob("*.json"))
# What a schema cannot say: it counts no combinations, reads no other files and compares no two values.
BEYOND_A_SCHEMA = {
    "access_without_cache_mode",
    "batch_too_large",
    "cache_mode_without_access",
    "countless_points",
    "exclude_of_nothing",
    "extends_itself",
    "extends_missing_file",
    "extends_unknown_preset",
    "include_without_size",
    "mask_too_narrow",
    "dirty_and_cold",
    "max_below_samples",
    "no_size",
    "no_strategy",
    "range_descends",
    "range_from_0",
    "range_step_0",
    "range_times_1",
    "range_too_large",
    "size_too_large",
    "sync_beyond_the_end",
    "ten_million_points",
    "threshold_of_a_broken_match",
    "threshold_too_large",
    "touch_and_access",
    "touch_beyond_the_end",
    "wrong_cache_mode",
    "zip_of_an_axis_of_the_matrix",
    "zip_of_unequal_lengths",
}


def without_comments(text: str) -> str:
    token = r'"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/'
    return re.sub(token, lambda m: m[0] if m[0].startswith('"') else " ", text, flags=re.DOTALL)


def parsed(path: Path) -> Any:
    """ValueError: it is not JSON, which is none of a schema's business."""
    return json.loads(without_comments(path.read_bytes().decode()))


def test_the_schema_is_one() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", [*GOOD, *PRESETS], ids=lambda p: p.stem)
def test_both_accept(path: Path) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(parsed(path))] == []
    if path not in PRESETS:
        done = dmabench("plan", path)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    """That the reader does is a unit test."""
    accepted = set()
    for path in BAD:
        try:
            document = parsed(path)
        except ValueError:
            continue
        if VALIDATOR.is_valid(document):
            accepted.add(path.stem)
    assert accepted == BEYOND_A_SCHEMA


def test_the_example_in_the_readme(tmp_path: Path) -> None:
    text = re.search(r"```jsonc\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    assert text
    assert VALIDATOR.is_valid(json.loads(without_comments(text[1])))
    (tmp_path / "own.json").write_text(text[1])
    done = dmabench("plan", tmp_path / "own.json", "--json")
    assert (done.returncode, done.stderr) == (0, ""), "each item of exclude matches something"
    plan = json.loads(done.stdout)
    assert {point["params"]["target"] for point in plan["points"]} == {"pci"}
    assert "we never do" in {excluded["reason"] for excluded in plan["excluded"]}
    assert sum(point["params"]["source"] == "user" for point in plan["points"]) == 1
