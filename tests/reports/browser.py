# SPDX-License-Identifier: GPL-2.0-only
"""A headless Chromium, spoken to over a pipe: what the page tests need, and no more.

    browser.py PAGE PNG [--width 390] [--height 0] [--dark] [--print PDF] [--hash ID]
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


def find_chromium() -> str:
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise FileNotFoundError(
        f"no browser found ({', '.join(NAMES)}); install Debian's package chromium"
    )


class Browser:
    """One page in one browser process; closes both at the end of the with block."""

    def __enter__(self) -> Browser:
        self._profile = tempfile.mkdtemp(prefix="dmabench-browser-")
        to_read, self._to = os.pipe()
        self._from, to_write = os.pipe()

        def pipes() -> None:  # the browser reads commands from fd 3 and answers on fd 4
            read = os.dup(to_read)
            write = os.dup(to_write)
            os.dup2(read, 3)
            os.dup2(write, 4)
            os.set_inheritable(3, True)
            os.set_inheritable(4, True)

        self._process = subprocess.Popen(
            [
                find_chromium(),
                *FLAGS,
                f"--user-data-dir={self._profile}",
                "about:blank",
            ],
            preexec_fn=pipes,
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._buffer = b""
        self._next = 0
        self._session: Optional[str] = None
        self.console: list[
            str
        ] = []  # errors and warnings, exceptions, failed or attempted loads
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call(
            "Target.attachToTarget", targetId=target, flatten=True
        )["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(
        self,
        kind: Optional[type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        try:
            self._session = None
            self.call("Browser.close")
        except (OSError, TimeoutError):
            pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._profile, ignore_errors=True)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._next += 1
        number = self._next
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def wait_for(self, event: str) -> None:
        while self._receive().get("method") != event:
            pass

    def _receive(self, seconds: float = 60) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            ready, _, _ = select.select(
                [self._from], [], [], max(0, end - time.monotonic())
            )
            if not ready:
                raise TimeoutError("the browser did not answer")
            piece = os.read(self._from, 1 << 20)
            if not piece:
                raise OSError("the browser went away")
            self._buffer += piece
        raw, self._buffer = self._buffer.split(b"\0", 1)
        message: dict[str, Any] = json.loads(raw)
        self._note(message)
        return message

    def _note(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.console.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in (
            "error",
            "warning",
            "assert",
        ):
            self.console.append(json.dumps(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in (
            "error",
            "warning",
        ):
            self.console.append(params["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if not url.startswith(("file:", "data:", "about:")):
                self.console.append(f"the page asks the network for {url}")

    def open(
        self,
        page: Path,
        width: int,
        dark: bool = False,
        script: bool = True,
        anchor: str = "",
    ) -> None:
        """Load a page as a device of this width in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 700,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Emulation.setScriptExecutionDisabled", value=not script)
        # by way of an empty page: from a page to an anchor in it nothing is loaded
        self.call("Page.navigate", url="about:blank")
        self.wait_for("Page.loadEventFired")
        self.call(
            "Page.navigate",
            url=page.resolve().as_uri() + (f"#{anchor}" if anchor else ""),
        )
        self.wait_for("Page.loadEventFired")

    def evaluate(self, expression: str) -> Any:
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True
        )
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def screenshot(self, top: int = 0, height: int = 0) -> bytes:
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0,
            "y": top,
            "width": size["width"],
            "height": min(height or size["height"], size["height"] - top),
            "scale": 1,
        }
        shot = self.call(
            "Page.captureScreenshot", clip=clip, captureBeyondViewport=True
        )
        return base64.b64decode(shot["data"])

    def pdf(self) -> bytes:
        return base64.b64decode(
            self.call("Page.printToPDF", printBackground=False)["data"]
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("png", type=Path)
    parser.add_argument("--width", type=int, default=1400)
    parser.add_argument("--top", type=int, default=0)
    parser.add_argument("--height", type=int, default=0)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--at", default="", help="CSS selector to start the picture at")
    parser.add_argument("--pdf", type=Path)
    args = parser.parse_args()
    with Browser() as browser:
        browser.open(args.page, args.width, args.dark)
        top = args.top
        if args.at:
            top = int(
                browser.evaluate(
                    f"document.querySelector({json.dumps(args.at)}).getBoundingClientRect().top + scrollY"
                )
            )
        args.png.write_bytes(browser.screenshot(top, args.height))
        if args.pdf:
            args.pdf.write_bytes(browser.pdf())
        print(
            browser.evaluate(
                "[innerWidth, document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
        )
        print("\n".join(browser.console) or "nothing on the console")
    return 0


if __name__ == "__main__":
    sys.exit(main())
