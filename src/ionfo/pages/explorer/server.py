"""The local server of the explorer: loopback only, with a token, ended by Ctrl-C or by idleness."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...errors import IonfoError
from ...studies.explored import Explored
from .guard import HOST, Guard

INSTALL = "install it with: pip install 'ionfo[explore]'"
_LOOK = 1.0  # s


@dataclass
class Server:
    """A server that runs in a thread of its own.

    Attributes
    ----------
    address : str
        Of the page, with its token.
    guard : Guard
        Who is let in.
    explored : Explored
        What is explored.
    """

    address: str
    guard: Guard
    explored: Explored
    _http: Any
    _close: Callable[[], None]

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _repr_html_(self) -> str:
        return f'<a href="{self.address}" target="_blank" rel="noopener">open the explorer</a>'

    def start(self) -> None:
        """Answer requests from now on."""
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def wait(self, idle: float) -> None:
        """Return once nobody has asked anything for so many seconds."""
        while time.monotonic() - self.guard.last < idle:
            time.sleep(min(_LOOK, idle))

    def stop(self) -> None:
        """Stop answering, and end what simulates."""
        self._http.shutdown()
        self._http.server_close()
        self._close()


def serve(explored: Explored, port: int = 0) -> Server:
    """Make the server of a population; it answers once `Server.start` was called.

    Parameters
    ----------
    explored : Explored
        What is explored (`ionfo.studies.explored`).
    port : int
        Where to listen; 0 takes a free one.

    Raises
    ------
    IonfoError
        If Dash is not installed, or the port is taken.
    """
    try:
        import dash  # noqa: F401
        from werkzeug.serving import WSGIRequestHandler, make_server
    except ImportError as error:
        raise IonfoError(
            f"'{error.name}' is needed to explore and was not found; {INSTALL}"
        ) from None
    from flask import Flask

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell every request
    token = secrets.token_urlsafe(24)
    flask = Flask("ionfo")

    class Quiet(WSGIRequestHandler):  # type: ignore[misc]
        def log_request(self, *_: Any) -> None:
            """Tell nothing: the address holds the token."""

    try:
        http = make_server(HOST, port, flask, threaded=True, request_handler=Quiet)
    except (OSError, SystemExit):
        raise IonfoError(
            f"port {port} of {HOST} is taken; leave --port out for a free one"
        ) from None
    guard = Guard(token, http.server_port)
    _protect(flask, guard)
    from .app import make_app

    close = make_app(flask, guard.prefix, explored)
    return Server(f"http://{HOST}:{http.server_port}{guard.prefix}", guard, explored, http, close)


def _protect(flask: Any, guard: Guard) -> None:
    """Ask the guard before every request, and put its headers on every answer."""
    from flask import Response, request

    def refuse() -> Response | None:
        why = guard.refusal(request)
        return Response(f"{why}\n", 403, mimetype="text/plain") if why else None

    def with_headers(answer: Response) -> Response:
        answer.headers.update(guard.headers())
        return answer

    flask.before_request(refuse)
    flask.after_request(with_headers)
