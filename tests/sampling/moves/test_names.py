"""Moves are chosen by name."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.errors import IonfoError
from ionfo.sampling.moves import make_moves, parse_moves
from ionfo.sampling.moves.snooker import SnookerMove


def test_mixture_is_read_and_made() -> None:
    assert parse_moves("de:0.8, snooker:0.2") == {"de": 0.8, "snooker": 0.2}
    (move, weight), *_ = make_moves(parse_moves("snooker"))
    assert isinstance(move, SnookerMove) and weight == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("strech", "unknown move 'strech'; did you mean 'stretch'"),
        ("de,de", "names 'de' twice"),
        ("de:0", "weight of move 'de' must be positive"),
        ("de:x", "weight of move 'de' must be positive"),
        ("", "unknown move ''"),
    ],
)
def test_mistakes_get_a_sentence(text: str, words: str) -> None:
    with pytest.raises(IonfoError, match=words):
        parse_moves(text)


def test_snooker_moves_along_the_line_through_another_walker() -> None:
    random = np.random.RandomState(0)  # noqa: NPY002
    others = random.randn(3, 4)
    s = random.randn(5, 4)
    q, factor = SnookerMove().get_proposal(s, [others], random)
    for one, proposed, f in zip(s, q, factor, strict=True):
        fits = []
        for z in others:
            ratio = np.linalg.norm(proposed - z) / np.linalg.norm(one - z)
            cosine = (
                (proposed - z) @ (one - z) / np.linalg.norm(proposed - z) / np.linalg.norm(one - z)
            )
            fits.append(abs(abs(cosine) - 1) < 1e-9 and np.isclose(f, 3 * np.log(ratio)))
        assert any(fits)
    same, factor = SnookerMove().get_proposal(others[:1], [others[[0, 0, 0]]], random)
    assert factor[0] == -np.inf and (same == others[:1]).all()
