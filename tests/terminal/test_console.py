"""Progress in a log: the time left, told once there is some evidence."""

from __future__ import annotations

import pytest

from ionfo.terminal import console


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Give a clock that the test sets, with a line of progress at every part."""
    now = [0.0]
    monkeypatch.setattr("ionfo.terminal.console.time.monotonic", lambda: now[0])
    monkeypatch.setattr(console, "line_seconds", lambda: 0.0)
    monkeypatch.setattr(console, "is_watched", lambda: False)
    return now


def test_the_start_up_does_not_count(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with console.bar("draws", 100) as advance:
        for now in (60.0, 61.0, 62.0, 63.0):  # a minute to begin, then a second each
            clock[0] = now
            advance()
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "draws 1/100, too early to say how long",
        "draws 2/100, too early to say how long",
        "draws 3/100, about 97 s left",
        "draws 4/100, about 96 s left",
    ]


def test_nothing_is_left_at_the_end(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    with console.bar("parts", 1) as advance:
        clock[0] = 5.0
        advance()
    assert capsys.readouterr().out == "parts 1/1\n"
