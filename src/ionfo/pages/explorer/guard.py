"""Who may read the explorer: only who knows its token, from this machine, from its own page."""

from __future__ import annotations

import hmac
import time
from typing import Any

HOST = "127.0.0.1"

ALIVE = "alive"
"""What the page asks for again and again, to see whether the explorer has ended."""

_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # Dash starts from a script in the page
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    ]
)


class Guard:
    """Refuses requests that lack the token or come from elsewhere, and counts the idle time.

    Parameters
    ----------
    token : str
        First part of every address.
    port : int
        Where the server listens.
    """

    def __init__(self, token: str, port: int) -> None:
        self.token = token
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self.last = time.monotonic()
        """When the last request that was let in came (s)."""

    @property
    def prefix(self) -> str:
        """First part of the path of every address."""
        return f"/{self.token}/"

    def refusal(self, request: Any) -> str:
        """Say why a request (of Flask) is not let in; empty where it is."""
        given = request.path.split("/")[1] if request.path.count("/") >= 2 else ""
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            return "this address lacks the token that `ionfo explore` has printed"
        # a page of another name that resolves to this machine would know no token, but may guess
        if request.host not in self._hosts:
            return f"this server answers at {sorted(self._hosts)[0]} only"
        origin = request.headers.get("Origin")
        if origin is not None and origin not in {f"http://{one}" for one in self._hosts}:
            return "a page of another origin may not call this server"
        if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            return "a page of another origin may not call this server"
        if not request.path.endswith(f"/{ALIVE}"):  # the page asks so by itself
            self.last = time.monotonic()
        return ""

    def headers(self) -> dict[str, str]:
        """Give the headers of every answer."""
        return {
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",  # the address holds the token
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
