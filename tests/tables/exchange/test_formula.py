"""Formulas of other tools are parsed as arithmetic: what is read, what is refused."""

from __future__ import annotations

import math

import pytest

from ionfo.emodels.distributions import Formula
from ionfo.errors import IonfoError
from ionfo.tables.exchange.formula import factor_of


@pytest.mark.parametrize(
    "text",
    [
        "(-0.8696 + 2.087*math.exp(({distance})*0.0031))*{value}",
        "math.exp({distance}*{constant})*{value}",
        "{value}*(1 - {distance}/500.)",
        "-{value}*({constant})**2",
        "{value}/(1 + math.exp(({distance} - 300)/50))",
        "0.1*{value} + {value}*{distance}*0.01",
        "{value}",
        "(1. - 0.5*1./(1. + math.exp(({distance} - 200.)/-50.)))*{value}",
        "{value} * (0.1 + 0.9*int(({distance} > 10) & ({distance} < 400)))",
        "{value} if 10 < {distance} < 400 else 0.1*{value}",
        "0 if {distance} < 400 and not {distance} < 10 else {value}",
    ],
)
def test_factor_equals_what_the_other_tool_evaluates(text: str) -> None:
    factor = Formula(factor_of(text, "d"))
    for distance in (0.0, 13.0, 412.5):
        values = {"distance": distance, "constant": -0.0045}
        # the oracle: the other tool puts numbers into the text and evaluates it
        expected = eval(text.format(value=0.3, **values), {"math": math})
        assert 0.3 * float(factor(values)) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{value} + {distance}", "must be {value} times arithmetic"),
        ("({value})**2", "must be {value} times arithmetic"),
        ("{distance}", "must be {value} times arithmetic"),
        ("{value}*{value}", "must be {value} times arithmetic"),
        ("{value}*__import__('os').system('true')", "numbers, names"),
        ("{value}*math.__dict__", "numbers, names"),
        ("{value}*(lambda: 1)()", "numbers, names"),
        ("1 if {distance} > 5 else {value}", "must be {value} times arithmetic"),
        ("{value} if {value} > 1 else 0", "must be {value} times arithmetic"),
        ("{value}*({distance} > 5)", "numbers, names"),
        ("{value}*[1][0]", "numbers, names"),
        ("{value}*os.exp(1)", "numbers, names"),
        ("{value", "not an arithmetic expression"),
        ("{value}*{constant}**2", "write ({constant})** instead"),
        ("", "not an arithmetic expression"),
    ],
)
def test_anything_else_is_refused_and_never_run(text: str, words: str) -> None:
    with pytest.raises(IonfoError) as caught:
        factor_of(text, "distribution 'd'")
    assert words in str(caught.value) and str(caught.value).startswith("distribution 'd'")
