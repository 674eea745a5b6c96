"""Numbers for people: nats with their sign, and what an information amounts to."""

from __future__ import annotations

import math
from collections.abc import Sequence


def signed(value: float) -> str:
    """Write an information with its sign to three decimals, and small ones to four.

    Examples
    --------
    >>> signed(-0.1914), signed(0.00031), signed(-0.00001)
    ('-0.191', '+0.0003', '0')
    """
    if not math.isfinite(value):
        return "not defined"
    if abs(value) >= 0.0005:
        return f"{value:+.3f}"
    return f"{value:+.4f}" if abs(value) >= 0.00005 else "0"


def span(low: float, high: float) -> str:
    """Write a range of informations.

    Examples
    --------
    >>> span(-0.01, 0.02), span(-0.00001, 0.00002)
    ('-0.010 to +0.020', 'within 0.0001 of zero')
    """
    if max(abs(low), abs(high)) < 0.0001:
        return "within 0.0001 of zero"
    return f"{signed(low)} to {signed(high)}"


def correlation_of(nats: float) -> float:
    """Give the correlation of two Gaussian variables that share so much information.

    Examples
    --------
    >>> round(correlation_of(0.19), 2)
    0.56
    """
    return math.sqrt(-math.expm1(-2 * abs(nats)))


def amount(nats: float) -> str:
    """Say how much an information is.

    Examples
    --------
    >>> amount(-0.19)
    '-0.190 nats (-0.274 bits; as much as two variables share whose correlation is 0.56)'
    """
    return (
        f"{signed(nats)} nats ({signed(nats / math.log(2))} bits; as much as two variables share "
        f"whose correlation is {correlation_of(nats):.2f})"
    )


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
