# SPDX-License-Identifier: GPL-2.0-only
"""Reading apt's answers, and choosing where to get what from."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dmabench_lab import packages
from dmabench_lab.errors import InfrastructureError
from dmabench_lab.packages import Source

TARGETS = """\
Debian|Debian|bookworm|http://mirror.test/debian/
Debian|Debian|bookworm|http://mirror.test/debian/
Debian|Debian|bookworm-updates|http://mirror.test/debian/
Debian|Debian-Security|bookworm-security|http://mirror.test/security/
Other|Other|stable|http://other.test/
$(ORIGIN)|$(LABEL)|$(CODENAME)|$(REPO_URI)
"""


def test_index_targets_of_debian_each_once() -> None:
    assert packages.parse_index_targets(TARGETS) == [
        Source("http://mirror.test/debian/", "bookworm"),
        Source("http://mirror.test/debian/", "bookworm-updates"),
        Source("http://mirror.test/security/", "bookworm-security"),
    ]


def test_suites_come_from_where_the_host_has_them() -> None:
    chosen = packages.choose_sources(["bookworm", "bookworm-security"], packages.parse_index_targets(TARGETS))
    assert [s.uri for s in chosen] == ["http://mirror.test/debian/", "http://mirror.test/security/"]


def test_another_suite_comes_from_a_mirror_of_its_kind() -> None:
    chosen = packages.choose_sources(["bullseye", "bullseye-security"], packages.parse_index_targets(TARGETS))
    assert chosen == [
        Source("http://mirror.test/debian/", "bullseye"),
        Source("http://mirror.test/security/", "bullseye-security"),
    ]


def test_without_a_security_mirror_that_suite_is_left_out() -> None:
    chosen = packages.choose_sources(["bookworm", "bookworm-security"], [Source("http://m.test/", "bookworm")])
    assert chosen == [Source("http://m.test/", "bookworm")]


def test_without_any_archive_it_says_so() -> None:
    with pytest.raises(InfrastructureError, match="no Debian archive"):
        packages.choose_sources(["bookworm"], [])


def test_sources_list() -> None:
    text = packages.sources_list([Source("http://m.test/", "bookworm")], None)
    assert text == "deb http://m.test/ bookworm main\n"


def test_depends_without_architectures_and_brackets() -> None:
    text = """\
linux-headers-6.1.0-56-arm64:arm64
  Depends: linux-headers-6.1.0-56-common
 |Depends: linux-kbuild-6.1
  Depends: gcc-12:arm64
  Depends: <linux-virtual>
  Suggests: linux-doc-6.1
"""
    found = ["linux-headers-6.1.0-56-common", "linux-kbuild-6.1", "gcc-12", "linux-virtual"]
    assert packages.parse_depends(text) == found


def test_pick_says_what_there_was() -> None:
    assert packages.pick(["a", "linux-image-6.1.0-1-arm64"], r"linux-image-\d.*", "m") == "linux-image-6.1.0-1-arm64"
    with pytest.raises(InfrastructureError, match="'m' depends|package m depends on nothing like"):
        packages.pick(["a"], r"linux-image-\d.*", "m")


def test_a_suite_that_the_mirror_lacks_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_tool(command: Sequence[str], cwd: Path | None = None) -> str:
        if "indextargets" in command:
            return TARGETS
        raise InfrastructureError("'apt-get update' failed: E: no Release file")

    monkeypatch.setattr(packages, "run_tool", run_tool)
    apt = packages.Apt(tmp_path, ["bullseye"], lambda text: None)
    with pytest.raises(InfrastructureError) as error:
        apt.update()
    told = "this machine's Debian mirror does not give bullseye: 'apt-get update' failed: E: no Release file"
    assert str(error.value) == told


def test_a_failing_tool_is_told_by_its_error_line() -> None:
    with pytest.raises(InfrastructureError, match="'sh -c' failed: E: no such package|failed: E: no such package"):
        packages.run_tool(["sh", "-c", "echo noise >&2; echo 'E: no such package' >&2; exit 100"])


def test_a_missing_tool_is_named() -> None:
    with pytest.raises(InfrastructureError, match="no-such-tool is not installed"):
        packages.run_tool(["no-such-tool"])
