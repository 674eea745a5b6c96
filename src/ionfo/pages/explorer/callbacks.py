"""Callbacks of Dash, which has no types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from ...errors import IonfoError

Answer = Any
Handler = TypeVar("Handler", bound=Callable[..., Any])


def answers(app: Any, *touched: Any, **options: Any) -> Callable[[Handler], Handler]:
    """Decorate what answers when something is touched."""
    return cast(Callable[[Handler], Handler], app.callback(*touched, **options))


def touched(ctx: Any) -> list[Any]:
    """Give the ids of what was touched: the clock, a row and a press may come together."""
    return list(ctx.triggered_prop_ids.values())


def say(error: Exception) -> None:
    """Tell in the page what went wrong; a mistake of ours goes on to the log."""
    from dash import set_props

    if not isinstance(error, IonfoError):
        raise error
    set_props("message", {"children": f"{error}."})
