# SPDX-License-Identifier: GPL-2.0-only
"""Model files: those we ship, what is wrong in those we do not, and how a platform takes one."""

import json
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY, lab
from dmabench_lab import emulator, models, platforms, qemu, validation
from dmabench_lab.errors import NotPossible, UsageError

SHIPPED = {"zynq7000-like", "zynqmp-like", "rpi3-like", "imx8-like", "x86-server-like", "x86-client-like"}
FILES = qemu.Files(*(Path(name) for name in "kidcs"))


def good() -> dict[str, Any]:
    return json.loads((REPOSITORY / "lab/models/zynqmp-like.json").read_text(encoding="utf-8"))


def problem(data: Any) -> str:
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    with pytest.raises(UsageError) as error:
        models.parse("m", text)
    return str(error.value)


def test_all_shipped_models_are_valid_and_say_what_each_number_rests_on() -> None:
    known = models.load()
    assert set(known) == SHIPPED
    for model in known.values():
        for key, parameter in model.parameters.items():
            assert parameter.kind in models.KINDS and len(parameter.source) > 10, (model.name, key)


def test_a_wrong_file_is_told_in_words() -> None:
    data = good()
    data["parameters"]["memory_n"] = data["parameters"].pop("memory_ns")
    assert problem(data) == "models/m.json: unknown parameter 'memory_n' (did you mean 'memory_ns'?)"
    data = good()
    del data["parameters"]["memory_ns"]
    assert problem(data) == "models/m.json: parameter 'memory_ns' is missing"
    data = good()
    data["parameters"]["memory_ns"]["kind"] = "measured"
    assert problem(data) == "models/m.json: memory_ns: kind must be one of published, fitted, guess"
    data = good()
    data["parameters"]["memory_ns"]["value"] = True
    assert "memory_ns: value must be a number" in problem(data)
    data = good()
    data["parameters"]["memory_ns"]["source"] = ""
    assert "memory_ns: source must say" in problem(data)
    data = good()
    data["parameters"]["instruction_ns"]["value"] = 0
    assert "instruction_ns must be more than 0" in problem(data)
    assert "not JSON: Expecting value: line 1 column 1" in problem(b"x")
    assert "must have 'description', 'arch' and 'parameters'" in problem({})


def test_a_platform_takes_a_model_of_its_architecture() -> None:
    known = platforms.load()
    chosen = platforms.choose("arm64,arm64@rpi3-like,arm64", known)
    assert [platform.name for platform in chosen] == ["arm64", "arm64@rpi3-like"]
    assert chosen[0].model is None and chosen[1].model and chosen[1].model.name == "rpi3-like"
    for wrong, said in (
        ("arm64@x86-server-like", "model 'x86-server-like' is for x86_64 platforms (for arm64: "),
        ("arm64@rpi4", "unknown model 'rpi4' (for arm64: "),
        ("arm65@rpi3-like", "unknown platform 'arm65'"),
        ("arm64-smmu-strict-smp@rpi3-like", "arm64-smmu-strict-smp has 2 CPUs"),
    ):
        with pytest.raises(UsageError) as error:
            platforms.choose(wrong, known)
        assert said in str(error.value)


def test_clocks_are_not_mixed_up() -> None:
    plain, modelled = platforms.choose("arm64,arm64@rpi3-like", platforms.load())
    assert qemu.clock_of(plain, None) == "instructions"
    assert qemu.clock_of(plain, "realtime") == "realtime"
    assert qemu.clock_of(modelled, None) == "modelled"
    with pytest.raises(UsageError, match="needs a model: arm64@MODEL"):
        qemu.clock_of(plain, "modelled")
    with pytest.raises(UsageError, match="arm64@rpi3-like has the modelled clock"):
        qemu.clock_of(modelled, "instructions")


def test_the_plugin_is_given_every_parameter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plugin = tmp_path / "model.so"
    plugin.touch()
    monkeypatch.setenv("DMABENCH_MODEL_PLUGIN", str(plugin))
    monkeypatch.setattr(emulator, "cached", lambda: emulator.Emulator(tmp_path, "10"))
    (platform,) = platforms.choose("x86_64-direct@x86-server-like", platforms.load())
    assert platform.model
    line = qemu.command(platform, "modelled", FILES)
    assert line[0] == str(tmp_path / "usr/bin/qemu-system-x86_64") and "-icount" in line
    told = line[line.index("-plugin") + 1].split(",")
    assert told[0] == str(plugin) and "l2_bytes=1048576" in told and "l2_hit_ns=4.8" in told
    assert {text.split("=")[0] for text in told[1:]} == set(platform.model.parameters)


def test_without_the_plugin_it_says_how_to_build_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DMABENCH_MODEL_PLUGIN", str(tmp_path / "none.so"))
    with pytest.raises(NotPossible, match="--target dmabench_model"):
        models.plugin()
    done = lab("exec", "arm64@rpi3-like", "--", "true")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1 and "which the modelled clock needs" in done.stderr


def test_list_shows_the_models_of_each_platform() -> None:
    rows = {row["name"]: row["models"] for row in json.loads(lab("list", "--json").stdout)}
    assert rows["arm64"] == sorted(name for name in SHIPPED if not name.startswith("x86"))
    assert rows["x86_64-vtd-strict"] == ["x86-client-like", "x86-server-like"]
    assert rows["x86_64-vtd-strict-smp"] == []
    listed = lab("list", "--models").stdout.splitlines()
    assert {line.split()[0] for line in listed} == SHIPPED and len(listed) == len(SHIPPED)
    shown = {model["name"]: model for model in json.loads(lab("list", "--models", "--json").stdout)}
    assert shown["rpi3-like"]["parameters"]["memory_ns"]["kind"] == "published"


def page_rows() -> list[list[str]]:
    page = (REPOSITORY / "docs/MODEL-VALIDATION.md").read_text(encoding="utf-8")
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.endswith("fitted |")]


def test_measurements_that_no_parameter_was_fitted_to_are_within_a_factor_of_two() -> None:
    tested = [row for row in page_rows() if row[-1] == "not fitted"]
    assert len(tested) >= 10 and len({row[0] for row in tested}) >= 4, "sources"
    for row in tested:
        assert 0.5 <= float(row[-2]) <= 2, row
    told = f"Of the {len(tested)} rows that were not fitted {len(tested)} are within a factor of 2;"
    assert told in (REPOSITORY / "docs/MODEL-VALIDATION.md").read_text(encoding="utf-8")


def test_a_ratio_above_one_is_a_model_that_takes_longer() -> None:
    time = validation.Comparison("somewhere", "a copy", "zynqmp-like", 2.0, 3.0, "us", False)
    rate = validation.Comparison("somewhere", "a copy", "zynqmp-like", 300.0, 200.0, "MB/s", True)
    assert time.ratio == pytest.approx(1.5) and rate.ratio == pytest.approx(1.5)
    assert time.factor == pytest.approx(1.5)
    quick = validation.Comparison("somewhere", "a copy", "zynqmp-like", 3.0, 2.0, "us", False)
    assert quick.factor == pytest.approx(1.5)
    assert validation.table([time, rate]).splitlines()[2:] == [
        "| somewhere | a copy | `zynqmp-like` | 2 us | 3 us | 1.50 | not fitted |",
        "| somewhere | a copy | `zynqmp-like` | 300 MB/s | 200 MB/s | 1.50 | fitted |",
    ]


def test_one_section_of_the_page_is_made_anew_and_the_other_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    sections = {"published": ("## A\n", lambda: "new a\n"), "guesses": ("## B\n", lambda: "new b\n")}
    monkeypatch.setattr(validation, "_SECTIONS", sections)
    whole = validation.page("", None)
    assert whole.endswith("## A\nnew a\n\n## B\nnew b\n")
    old = whole.replace("new", "old")
    assert validation.page(old, "published").endswith("## A\nnew a\n\n## B\nold b\n")
    assert validation.page(old, "guesses").endswith("## A\nold a\n\n## B\nnew b\n")
    assert validation.page(validation.page(old, "guesses"), "published") == whole
