"""Drive Chromium over its DevTools protocol: a page, its mouse, its keys and its pictures."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

ALLOWED_SECONDS = 60.0


def chromium_or_skip() -> str:
    """Find Chromium; skip the test where there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("needs chromium, for example: apt-get install chromium")
    return found


class Browser:
    """One tab of a headless Chromium that reaches nothing but this machine.

    Commands go through a pair of pipes (file descriptors 3 and 4 of the browser), each a JSON
    text that ends in a zero byte.
    """

    def __init__(self, profile: Path) -> None:
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   "--remote-debugging-pipe", "--allow-file-access-from-files",
                   "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                   f"--user-data-dir={profile}"]  # fmt: skip
        pipes = (to_browser, from_browser)

        def place_pipes() -> None:  # where the browser expects them, whatever their numbers are
            high = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in pipes]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self._process = subprocess.Popen(
            [chromium_or_skip(), *options],
            pass_fds=(3, 4),
            preexec_fn=place_pipes,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self._number = 0
        self._rest = b""
        self._session: str | None = None
        self.errors: list[str] = []
        """What went wrong in the page: exceptions and messages of its console."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        session = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = session["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._ask(f"{domain}.enable")

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)
        os.close(self._out)
        os.close(self._in)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            got = os.read(self._in, 1 << 16)
            if not got:
                raise RuntimeError("the browser ended")
            self._rest += got
        one, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(one)
        told = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        if message.get("method") == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.errors.append(told["entry"]["text"])
        return message

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session is not None:
            asked["sessionId"] = self._session
        os.write(self._out, json.dumps(asked).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                result: dict[str, Any] = message["result"]
                return result

    def open(self, file: Path | str, width: int, height: int = 900, dark: bool = False) -> None:
        """Open a file or an address in a window of a size (pixels) and a colour scheme."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])
        url = file if isinstance(file, str) else file.as_uri()
        self._ask("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'")

    def print(self) -> bytes:
        """Give the page as it is printed, a PDF."""
        return base64.b64decode(self._ask("Page.printToPDF")["data"])

    def for_paper(self) -> None:
        """Show the page as print media do."""
        self._ask("Emulation.setEmulatedMedia", media="print")

    def run(self, script: str) -> Any:
        """Evaluate an expression in the page, or await its promise, and give its value."""
        found = self._ask("Runtime.evaluate", expression=script, returnByValue=True,
                          awaitPromise=True)  # fmt: skip
        if "exceptionDetails" in found:
            raise RuntimeError(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true in the page."""
        until = time.monotonic() + ALLOWED_SECONDS
        while not self.run(condition):
            if time.monotonic() > until:
                raise TimeoutError(condition)
            time.sleep(0.05)

    def _mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with the left button between two places of the window (pixels)."""
        held = {"button": "left", "buttons": 1}
        self._mouse("mouseMoved", *start)
        self._mouse("mousePressed", *start, clickCount=1, **held)
        for i in range(1, 6):
            x, y = (a + (b - a) * i / 5 for a, b in zip(start, end, strict=True))
            self._mouse("mouseMoved", x, y, **held)
        self._mouse("mouseReleased", *end, clickCount=1, **held)

    def click(self, x: float, y: float, times: int = 1) -> None:
        """Click a place of the window; twice is a double-click."""
        self._mouse("mouseMoved", x, y)
        for i in range(1, times + 1):
            self._mouse("mousePressed", x, y, clickCount=i, button="left", buttons=1)
            self._mouse("mouseReleased", x, y, clickCount=i, button="left", buttons=1)

    def press(self, key: str) -> None:
        """Press and release a key by its name, as ``Tab`` or ``Enter``."""
        more: dict[str, Any] = {"Enter": {"text": "\r", "windowsVirtualKeyCode": 13},
                                "Tab": {"windowsVirtualKeyCode": 9}}.get(key, {})  # fmt: skip
        self._ask("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, **more)
        self._ask("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, **more)

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self._ask("Input.insertText", text=text)

    def picture(self, file: Path, whole: bool = True) -> None:
        """Save a picture of the page."""
        got = self._ask("Page.captureScreenshot", captureBeyondViewport=whole, **(
            {"clip": {**self._ask("Page.getLayoutMetrics")["cssContentSize"], "scale": 1}}
            if whole else {}))  # fmt: skip
        file.write_bytes(base64.b64decode(got["data"]))
