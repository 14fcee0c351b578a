# SPDX-License-Identifier: GPL-2.0-only
"""What the checks of the report contract share: findings, and values of the kind that is wanted."""

from __future__ import annotations

import json
import math
from typing import Any, Iterator, Optional

from dmabench_reports.contract_fields import Kinds

Found = tuple[str, str]  # (JSON pointer, what)


def pointer(*parts: object) -> str:
    """RFC 6901."""
    return "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in parts)


def no_nulls(value: Any, at: str) -> Iterator[Found]:
    """null, NaN and infinities have no place anywhere."""
    if value is None:
        yield at, "is null; what is not known is left out"
    elif isinstance(value, float) and not math.isfinite(value):
        yield at, f"is {value}, which is not JSON; what is not known is left out"
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from no_nulls(member, at + pointer(key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from no_nulls(member, at + pointer(index))


def is_a(value: Any, kind: type | tuple[type, ...]) -> bool:
    """As isinstance(), but a bool is no number."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, kind)


def fields(value: Any, at: str, wanted: Kinds) -> Iterator[Found]:
    """The fields that must be there, and of which kind."""
    if not isinstance(value, dict):
        yield at, "is missing or not an object"
        return
    for key, kind in wanted.items():
        if key not in value:
            yield at + pointer(key), "is missing"
        elif value[key] is not None and not is_a(value[key], kind):
            names = kind if isinstance(kind, tuple) else (kind,)
            wanted_names = " or ".join(k.__name__ for k in names)
            yield at + pointer(
                key
            ), f"is {json.dumps(value[key])[:60]}, not {wanted_names}"


def number_of(value: Any) -> Optional[float]:
    """None for what is no number, or not finite."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def positive(value: Any, at: str) -> Iterator[Found]:
    """A measured number: more than 0 (nulls and NaN are told already)."""
    number = number_of(value)
    if number is not None and number <= 0:
        yield at, f"is {value}; a measured number is above 0, what is not known is left out"


def as_list(value: Any) -> list[Any]:
    """Empty for what is none: that it is none is found elsewhere."""
    return value if isinstance(value, list) else []


def as_dict(value: Any) -> dict[str, Any]:
    """Empty for what is none: that it is none is found elsewhere."""
    return value if isinstance(value, dict) else {}
