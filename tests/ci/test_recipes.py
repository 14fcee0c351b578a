# SPDX-License-Identifier: GPL-2.0-only
"""The recipes of docs/ci: valid for their service, and their commands, run as they stand there, do what they promise.

What the service gives (variables, files, its own programs) is faked, apt-get and cmake stand aside for what is
installed and built already; everything else is real: git, the module's build, the guests, every call of dmabench.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from dmabench_lab import paths
from slower_sync import copy_cache, slow_down

REPOSITORY = Path(__file__).resolve().parents[2]
RECIPES = REPOSITORY / "docs/ci"

# Few points, but of all phases, so that what is real takes its time once.
SCENARIO = {
    "name": "recipe",
    "statistics": {"samples": 6, "max_samples": 6, "discard": 1, "sample_time": "50us", "histogram_laps": 20},
    "matrix": {"strategy": ["coherent", "streaming_single"], "size": [1024, 4096], "map_every": [0, 1]},
}


def recipe(name: str) -> dict[Any, Any]:
    document = yaml.safe_load((RECIPES / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def run(script: str, folder: Path, environment: Mapping[str, str], shell: str = "bash") -> subprocess.CompletedProcess[str]:
    words = [shell, "--noprofile", "--norc", "-eo", "pipefail", "-c", script] if shell == "bash" else [shell, "-ec", script]
    return subprocess.run(
        words, cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=1200, check=False
    )


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


class Checkout:
    """This tree as a service checks it out: a commit as it is, and one on top that makes the sync slower."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "checkout"
        ignored = shutil.ignore_patterns(".git", "build", ".cache", "out", "__pycache__", "*.ko", "*.o", "*.cmd")
        shutil.copytree(REPOSITORY, self.tree, ignore=ignored, symlinks=True)
        (self.tree / "scenarios/recipe.json").write_text(json.dumps(SCENARIO))
        copy_cache(paths.cache(), self.tree / ".cache/lab")
        git(self.tree, "init", "-q")
        git(self.tree, "add", "-A")
        git(self.tree, "commit", "-q", "-m", "base")
        self.base = git(self.tree, "rev-parse", "HEAD")
        slow_down(self.tree / "kmod")
        git(self.tree, "commit", "-q", "-a", "-m", "slower")
        self.home = folder / "home"
        self.programs = folder / "programs"
        self.home.mkdir()
        self.programs.mkdir()
        self.called = folder / "called"
        self.program("apt-get", "")
        # Builds what the tests' own build has made, if it is a preset and a target there is.
        self.program(
            "cmake",
            f"""
while [ "$#" -gt 0 ]; do
    case "$1" in --preset) preset=$2; shift;; --target) [ "$2" = dmabench ] || exit 1; target=$2; shift;; --build) ;; *) exit 1;; esac
    shift
done
[ -n "${{target:-}}" ] || exit 0
mkdir -p "build/$preset"
cp {shlex.quote(str(REPOSITORY))}/build/"$preset"/dmabench "build/$preset/"
""",
        )

    def program(self, name: str, body: str) -> None:
        """A stand-in, which notes how it was called."""
        path = self.programs / name
        path.write_text(f'#!/bin/sh\nprintf "%s\\n" "{name} $*" >>{shlex.quote(str(self.called))}\n{body}\n')
        path.chmod(0o755)

    def calls(self, name: str) -> list[str]:
        lines = self.called.read_text().splitlines() if self.called.exists() else []
        return [line for line in lines if line.split()[0] == name]

    def environment(self, **more: str) -> dict[str, str]:
        path = f"{self.programs}:{os.environ['PATH']}"
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("DMABENCH_", "GIT_"))}
        return {**kept, "PATH": path, "HOME": str(self.home), **more}

    def forget(self) -> None:
        """Back to a checkout nothing was done in."""
        shutil.rmtree(self.tree / "out", ignore_errors=True)
        git(self.tree, "worktree", "prune")
        self.called.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("ci"))


# --- GitHub Actions ---------------------------------------------------------------------------------------------------

WORKFLOW_KEYS = {"name", True, "permissions", "env", "defaults", "jobs"}  # YAML 1.1 reads "on" as true
JOB_KEYS = {"if", "runs-on", "container", "permissions", "concurrency", "steps"}
STEP_KEYS = {"name", "id", "if", "uses", "with", "env", "run"}
PERMISSIONS = {"contents", "pull-requests"}
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def test_the_github_workflow_has_a_workflows_form() -> None:
    workflow = recipe("github-actions.yml")
    assert set(workflow) == WORKFLOW_KEYS
    assert set(workflow[True]) == {"pull_request", "push"}
    for job in workflow["jobs"].values():
        assert set(job) <= JOB_KEYS and {"runs-on", "steps"} <= set(job)
        assert set(job["permissions"]) <= PERMISSIONS and set(job["permissions"].values()) <= {"read", "write"}
        ids = [step["id"] for step in job["steps"] if "id" in step]
        for step in job["steps"]:
            assert set(step) <= STEP_KEYS
            assert ("uses" in step) != ("run" in step)
            assert "with" not in step or "uses" in step
            if "uses" in step:
                assert re.fullmatch(r"[\w.-]+/[\w.-]+@v\d+", step["uses"])
            # No expression within a script: what an outsider names his branch must never become a command.
            assert not EXPRESSION.search(step.get("run", ""))
            for value in (step.get("env") or {}).values():
                for found in re.findall(r"steps\.(\w+)\.", str(value)):
                    assert found in ids
    dashboard = workflow["jobs"]["dashboard"]["steps"]
    measured = workflow["env"]["PLATFORMS"].split(",")
    charts = [s["with"] for s in dashboard if s.get("uses", "").startswith("benchmark-action/")]
    assert charts
    for chart in charts:
        assert chart["tool"] == "googlecpp"
        assert Path(chart["output-file-path"]).stem in measured


class Runner:
    """Runs a job's own commands as GitHub's runner does: one shell for each step, with its variables and files."""

    def __init__(self, checkout: Checkout, workflow: dict[Any, Any], values: Mapping[str, str], **variables: str) -> None:
        self.checkout = checkout
        self.workflow = workflow
        self.values = dict(values)
        self.summary = checkout.home / "summary"
        self.output = checkout.home / "output"
        for path in (self.summary, self.output):
            path.write_text("")
        files = {"GITHUB_STEP_SUMMARY": str(self.summary), "GITHUB_OUTPUT": str(self.output)}
        self.variables = {**workflow["env"], **variables, **files}

    def value(self, text: str) -> str:
        return EXPRESSION.sub(lambda match: self.values[match[1]], str(text))

    def job(self, name: str) -> list[tuple[str, subprocess.CompletedProcess[str]]]:
        done = []
        for step in self.workflow["jobs"][name]["steps"]:
            if "run" not in step:
                continue
            own = {key: self.value(value) for key, value in (step.get("env") or {}).items()}
            environment = self.checkout.environment(**{**self.variables, **own})
            result = run(step["run"], self.checkout.tree, environment)
            done.append((step["name"], result))
            for line in self.output.read_text().splitlines():
                key, _, value = line.partition("=")
                self.values[f"steps.{step.get('id')}.outputs.{key}"] = value
            self.output.write_text("")
            if result.returncode:
                break
        return done


@pytest.mark.guest
def test_a_slower_module_fails_the_pull_request_and_the_comment_says_why(checkout: Checkout) -> None:
    checkout.forget()
    # There is no comment of ours yet, so none to edit.
    checkout.program("gh", 'case "$*" in *--edit-last*) exit 1;; esac')
    values = {
        "github.event.pull_request.base.sha": checkout.base,
        "github.event.pull_request.html_url": "https://github.com/o/r/pull/1",
        "github.token": "t",
    }
    runner = Runner(checkout, recipe("github-actions.yml"), values, SCENARIO="scenarios/recipe.json")
    done = runner.job("gate")
    name, last = done[-1]
    assert (name, last.returncode) == ("Verdict", 1), last.stderr
    platforms = runner.variables["PLATFORMS"].split(",")
    for folder in ("base", "new"):
        assert sorted(p.stem for p in (checkout.tree / "out" / folder).glob("*.json")) == sorted(platforms)
    comment = (checkout.tree / "out/comment.md").read_text()
    assert runner.summary.read_text() == comment
    plain = comment.replace("\\", "")
    assert "regression" in plain and "sync_for_cpu" in plain
    assert all(platform in plain for platform in platforms)
    assert [call.split("--")[-1] for call in checkout.calls("gh")] == ["body-file out/comment.md"] * 2
    assert (checkout.tree / "out/page/index.html").exists()
    # What the dashboard's steps are given is there, too.
    for step in runner.workflow["jobs"]["dashboard"]["steps"]:
        file = (step.get("with") or {}).get("output-file-path")
        assert file is None or json.loads((checkout.tree / file).read_text())["benchmarks"]


@pytest.mark.guest
def test_the_dashboard_job_measures(checkout: Checkout) -> None:
    checkout.forget()
    runner = Runner(
        checkout, recipe("github-actions.yml"), {}, SCENARIO="scenarios/recipe.json", PLATFORMS="x86_64-direct"
    )
    assert [(name, result.returncode) for name, result in runner.job("dashboard")] == [
        ("Install what the checkout takes", 0),
        ("Build", 0),
        ("Measure", 0),
    ]
    assert (checkout.tree / "out/new/x86_64-direct.json").exists()


# --- GitLab -----------------------------------------------------------------------------------------------------------


def test_the_gitlab_job_has_a_jobs_form() -> None:
    [(name, job)] = recipe("gitlab-ci.yml").items()
    assert name == "dmabench"
    assert set(job) == {
        "image", "rules", "parallel", "variables", "cache", "before_script", "script", "artifacts",
    }  # fmt: skip
    assert all(isinstance(line, str) for line in [*job["before_script"], *job["script"]])
    assert set(job["artifacts"]["reports"]) == {"junit", "metrics"}
    assert all(isinstance(value, str) for value in job["variables"].values())


@pytest.mark.guest
def test_a_slower_module_fails_the_merge_request_with_a_test_report_and_metrics(checkout: Checkout) -> None:
    checkout.forget()
    job = recipe("gitlab-ci.yml")["dmabench"]
    platform = job["parallel"]["matrix"][0]["PLATFORM"][0]
    variables = {
        **job["variables"],
        "SCENARIO": "scenarios/recipe.json",
        "PLATFORM": platform,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": checkout.base,
    }
    # As the runner does it: one shell for all lines.
    done = run("\n".join([*job["before_script"], *job["script"]]), checkout.tree, checkout.environment(**variables))
    assert done.returncode == 1, done.stderr
    assert "regression" in done.stdout
    reports = job["artifacts"]["reports"]
    suites = ElementTree.parse(checkout.tree / reports["junit"]).getroot()
    failed = {case.get("name") or "" for case in suites.iter("testcase") if case.find("failure") is not None}
    assert failed and all(name.startswith("streaming_single/") and "/map_every:0/" in name for name in failed)
    metrics = (checkout.tree / reports["metrics"]).read_text()
    assert metrics.endswith("# EOF\n") and 'platform="x86_64-direct"' in metrics
    for path in job["artifacts"]["paths"]:
        assert any((checkout.tree / path).iterdir())


# --- LAVA -------------------------------------------------------------------------------------------------------------


def lava_steps() -> list[str]:
    [test] = [action["test"] for action in recipe("lava-job.yml")["actions"] if "test" in action]
    [definition] = test["definitions"]
    steps = definition["repository"]["run"]["steps"]
    assert all(isinstance(step, str) for step in steps)
    return steps


def test_the_lava_job_is_valid_by_lavas_own_schema() -> None:
    # Debian's lava-common; run apart, for it belongs to Debian's Python whatever runs this.
    check = "import sys, yaml, lava_common.schemas as s; s.validate(yaml.safe_load(open(sys.argv[1])), strict=True)"
    path = RECIPES / "lava-job.yml"
    done = subprocess.run(["/usr/bin/python3", "-c", check, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # It can fail.
    broken = path.read_text().replace("to: tftp", "to: nowhere")
    done = subprocess.run(["/usr/bin/python3", "-c", check, "/dev/stdin"], input=broken, text=True, capture_output=True)
    assert done.returncode != 0


@pytest.mark.guest
def test_the_lava_steps_on_a_board(tmp_path: Path) -> None:
    """The board is a guest. Its first run makes the baseline, the second is compared with it, a third made slower."""
    (tmp_path / "board.json").write_text(json.dumps(SCENARIO))
    (tmp_path / "lava-test-case").write_text('#!/bin/sh\necho "$*" >>/mnt/out/cases.txt\n')
    (tmp_path / "lava-test-case").chmod(0o755)
    (tmp_path / "steps").write_text("\n".join(lava_steps()) + "\n")
    (tmp_path / "board").write_text(
        """set -e
rmmod dmabench
mkdir -p /opt/dmabench
cp /usr/bin/dmabench /lab/dmabench.ko /mnt/in/board.json /opt/dmabench
export PATH=/mnt/in:$PATH
insmod /lab/dmabench.ko
(cd /opt/dmabench && ./dmabench run board.json --quiet -o baseline.json >&2)
rmmod dmabench
sh -e /mnt/in/steps
cp /opt/dmabench/report.json /mnt/out
mv /mnt/out/cases.txt /mnt/out/first.txt
sed 's/insmod .*/& inject_slowdown_pct=60/' /mnt/in/steps >/tmp/slower
sh -e /tmp/slower
mv /mnt/out/cases.txt /mnt/out/slower.txt
"""
    )
    shared = [word for name in ("board.json", "lava-test-case", "steps", "board") for word in ("--share", tmp_path / name)]
    done = subprocess.run(
        [REPOSITORY / "lab/lab", "exec", "arm64", *shared, "-o", tmp_path / "out", "--", "sh", "/mnt/in/board"],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "out/report.json").read_text())
    first = (tmp_path / "out/first.txt").read_text().splitlines()
    assert len(first) == len(report["benchmarks"]) + len(report["dmabench"]["skipped"]) + 1
    assert sum("--measurement" in line for line in first) == len(report["benchmarks"])
    assert first[-1] == "dmabench.compare --result pass"
    assert (tmp_path / "out/slower.txt").read_text().splitlines()[-1] == "dmabench.compare --result fail"
