# SPDX-License-Identifier: GPL-2.0-only
"""Fetches Debian packages with a private apt state: no root, no change to the host's package lists.

The mirrors are the ones that this machine's apt is configured with; no address is written down here.
"""

import dataclasses
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from .errors import InfrastructureError, NotOffered

DEBIAN_ARCH = {"x86_64": "amd64", "arm64": "arm64"}
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
INDEX_FORMAT = "$(ORIGIN)|$(LABEL)|$(CODENAME)|$(REPO_URI)"


@dataclasses.dataclass(frozen=True)
class Source:
    """One line of a sources list: where a suite is."""

    uri: str
    suite: str


def parse_index_targets(text: str) -> list[Source]:
    """The Debian archives in `apt-get indextargets --format INDEX_FORMAT`, each once, in order."""
    found: list[Source] = []
    for line in text.splitlines():
        fields = line.strip().split("|")
        if len(fields) != 4 or fields[0] != "Debian" or not fields[3] or fields[3].startswith("$("):
            continue
        source = Source(fields[3], fields[2])
        if source not in found:
            found.append(source)
    return found


def choose_sources(suites: Sequence[str], configured: Sequence[Source]) -> list[Source]:
    """Where to get `suites` from.

    A suite that the host is configured for comes from there. Another one is looked for beside a suite of the same
    kind (security or not). The first suite is needed; any other is dropped when no mirror is known for its kind.
    """
    chosen: list[Source] = []
    for suite in suites:
        security = suite.endswith("-security")
        candidates = [s for s in configured if s.suite == suite]
        candidates += [s for s in configured if s.suite.endswith("-security") == security]
        if candidates:
            chosen.append(Source(candidates[0].uri, suite))
        elif suite == suites[0]:
            raise InfrastructureError(
                f"apt is configured with no Debian archive to take {suite} from (run 'apt-get update', then try again)"
            )
    return chosen


def sources_list(sources: Sequence[Source], keyring: Path | None) -> str:
    """The text of a sources.list; keyring None trusts what the host's apt trusts."""
    signed = f"[signed-by={keyring}] " if keyring else ""
    return "".join(f"deb {signed}{s.uri} {s.suite} main\n" for s in sources)


def parse_depends(text: str) -> list[str]:
    """The names that `apt-cache depends` prints as Depends, without alternatives' bars and architectures' suffixes."""
    found = re.findall(r"^\s*\|?Depends:\s*<?([^\s<>]+)>?", text, re.MULTILINE)
    return [name.split(":")[0] for name in found]


def pick(names: Sequence[str], pattern: str, of: str) -> str:
    """The one name that matches the pattern wholly."""
    for name in names:
        if re.fullmatch(pattern, name):
            return name
    raise InfrastructureError(
        f"package {of} depends on nothing like '{pattern}' (it has: {', '.join(names) or 'none'})"
    )


class Apt:
    """apt-get and apt-cache with lists and cache of their own below `folder`."""

    def __init__(self, folder: Path, suites: Sequence[str], say: Callable[[str], None]) -> None:
        self._folder = folder
        self._suites = suites
        self._say = say
        self._updated = False
        for part in ("lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").write_text("", encoding="utf-8")

    def _options(self) -> list[str]:
        values = {
            "Dir::Etc::sourcelist": self._folder / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::State::Lists": self._folder / "lists",
            "Dir::State::status": self._folder / "status",
            "Dir::Cache": self._folder / "cache",
            "Dir::Cache::archives": self._folder / "cache/archives",
            "APT::Architectures": ",".join(DEBIAN_ARCH.values()),
            # The folder may be closed to apt's own user, and nothing here runs with more rights than ours.
            "APT::Sandbox::User": "root",
            "Acquire::Retries": "3",
        }
        return [part for key, value in values.items() for part in ("-o", f"{key}={value}")]

    def _run(self, tool: str, *arguments: str, cwd: Path | None = None) -> str:
        return run_tool([tool, *self._options(), *arguments], cwd)

    def update(self) -> None:
        """Refreshes the private lists, once for this object."""
        if self._updated:
            return
        configured = parse_index_targets(run_tool(["apt-get", "indextargets", "--format", INDEX_FORMAT]))
        chosen = choose_sources(self._suites, configured)
        text = sources_list(chosen, KEYRING if KEYRING.exists() else None)
        (self._folder / "sources.list").write_text(text, encoding="utf-8")
        self._say(f"reading the package lists of {', '.join(s.suite for s in chosen)}")
        try:
            self._run("apt-get", "-qq", "update")
        except InfrastructureError as error:
            suites = ", ".join(s.suite for s in chosen)
            raise NotOffered(f"this machine's Debian mirror does not give {suites}: {error}") from None
        self._updated = True

    def depends(self, package: str) -> list[str]:
        return parse_depends(self._run("apt-cache", "depends", package))

    def download(self, packages: Sequence[str], into: Path) -> dict[str, str]:
        """Downloads, unpacks below `into`, drops the .deb files; gives each package's version."""
        debs = self._folder / "debs"
        shutil.rmtree(debs, ignore_errors=True)
        debs.mkdir()
        try:
            self._say(f"fetching {', '.join(packages)}")
            self._run("apt-get", "-qq", "download", *packages, cwd=debs)
            versions: dict[str, str] = {}
            for deb in sorted(debs.iterdir()):
                run_tool(["dpkg-deb", "-x", str(deb), str(into)])
                name, version = run_tool(["dpkg-deb", "-W", str(deb)]).split()
                versions[name] = version
            return versions
        finally:
            shutil.rmtree(debs, ignore_errors=True)


def run_tool(command: Sequence[str], cwd: Path | None = None) -> str:
    """Standard output of a host tool; its failure is the infrastructure's."""
    environment = dict(os.environ, LC_ALL="C", DEBIAN_FRONTEND="noninteractive")
    try:
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise InfrastructureError(f"{command[0]} is not installed") from None
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("E:")] or lines or ["no message"]
        what = " ".join(part for part in command if "=" not in part and part != "-o")
        raise InfrastructureError(f"'{what}' failed: {errors[0].strip()}")
    return done.stdout
