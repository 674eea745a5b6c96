"""Nobody reads the explorer without its token, from elsewhere, or from another page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("dash", reason="needs the explore extra")

from ionfo.errors import IonfoError
from ionfo.pages.explorer.server import Server, serve
from ionfo.studies.explore import read_explored


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A plain table, with a name that would be a script."""
    file = tmp_path_factory.mktemp("plain") / "table.csv"
    rows = np.random.default_rng(0).normal(size=(50, 4))
    names = ["<script>alert(1)</script>", "a", "b", "c"]
    pd.DataFrame(rows, columns=names).to_csv(file, index=False)
    found = serve(read_explored(file))
    found.start()
    yield found
    found.stop()


def answer(address: str, **headers: str) -> tuple[int, str, Any]:
    try:
        with urlopen(Request(address, headers=headers), timeout=60) as got:
            return got.status, got.read().decode(), got.headers
    except HTTPError as error:
        return error.code, error.read().decode(), error.headers


def test_only_the_token_opens_the_page(server: Server) -> None:
    status, page, headers = answer(server.address)
    assert status == 200 and "_dash-config" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    root = server.address[: -len(server.guard.prefix)]
    assert root.startswith("http://127.0.0.1:")
    for path in ("/", "/wrong/", f"{server.guard.prefix[:-2]}/", "/models.json", "/favicon.ico",
                 "/_dash-layout", "//", "/%2e%2e/"):  # fmt: skip
        status, told, _ = answer(root + path)
        assert status == 403 and "lacks the token" in told, path


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_no_other_page_may_call(server: Server, headers: dict[str, str]) -> None:
    status, told, _ = answer(f"{server.address}models.json", **headers)
    assert status == 403 and told.strip()


def test_columns_come_as_numbers(server: Server) -> None:
    status, _, _ = answer(f"{server.address}column/99")
    assert status == 404
    with urlopen(f"{server.address}column/1", timeout=60) as got:
        assert len(np.frombuffer(got.read(), "<f4")) == 50


def test_nothing_of_a_name_is_a_script(server: Server) -> None:
    status, layout, _ = answer(f"{server.address}_dash-layout")
    assert status == 200 and "alert(1)" in layout  # as a text of JSON, which the page escapes
    assert "<script>alert" not in answer(server.address)[1]


def test_a_port_that_is_taken(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=list("abc")).to_csv(file)
    port = int(server.address.split(":")[2].split("/")[0])
    with pytest.raises(IonfoError, match=f"port {port} of 127.0.0.1 is taken; leave --port out"):
        serve(read_explored(file), port)


def test_idleness_ends_it(server: Server) -> None:
    server.guard.last -= 100.0
    server.wait(99.0)  # returns
    answer(server.address)
    assert server.guard.last > 0
