"""Moves are chosen by name."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ionfo.errors import IonfoError
from ionfo.sampling.chains.moves import make_moves, parse_moves
from ionfo.sampling.chains.moves.gaussian import GaussianMove
from ionfo.sampling.chains.moves.snooker import SnookerMove

BOUNDS = np.array([[0.0, 2.0], [-1.0, 1.0], [5.0, 25.0]])


def test_mixture_is_read_and_made() -> None:
    assert parse_moves("de:0.8, snooker:0.2") == {"de": 0.8, "snooker": 0.2}
    (move, weight), *_ = make_moves(parse_moves("snooker"), BOUNDS, 10)
    assert isinstance(move, SnookerMove) and weight == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("strech", "unknown move 'strech'; did you mean 'stretch'"),
        ("de,de", "names 'de' twice"),
        ("de:0", "weight of move 'de' must be positive"),
        ("de:x", "weight of move 'de' must be positive"),
        ("", "--moves names nothing, got ''"),
        (" , ", "--moves names nothing"),
        ("isotropic-redraw,de", "does not preserve the target and cannot be mixed"),
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


def test_isotropic_step_has_the_published_size() -> None:
    random = np.random.RandomState(0)  # noqa: NPY002
    wide = np.tile([-1.0, 1.0], (30, 1))
    wide[0] = [0.0, 20.0]
    ((move, _),) = make_moves(parse_moves("isotropic"), wide, 0)
    q, factor = move.get_proposal(np.zeros((40000, 30)), [], random)
    # 0.02 over the mean length of a normal vector in 30 dimensions, 5.43
    expected = np.sqrt(0.02 / 5.43) * np.r_[10.0, np.ones(29)]
    assert q.std(axis=0) == pytest.approx(expected, rel=0.02)
    assert not factor.any() and (np.abs(q[:, 1:]) > 0.2).any()


def test_redrawn_steps_stay_inside() -> None:
    random = np.random.RandomState(0)  # noqa: NPY002
    ((move, _),) = make_moves(parse_moves("isotropic-redraw"), BOUNDS, 0)
    corner = np.tile(BOUNDS[:, 0], (500, 1))
    q, _ = move.get_proposal(corner, [], random)
    assert ((q >= BOUNDS[:, 0]) & (q <= BOUNDS[:, 1])).all() and (q != corner).all()


def test_gaussian_learns_covariance_and_scale_and_then_stops() -> None:
    random = np.random.RandomState(0)  # noqa: NPY002
    truth = np.array([[1.0, 0.9], [0.9, 1.0]])
    move = GaussianMove(np.array([[-10.0, 10.0]] * 2), n_adapt=64)
    for _ in range(64):
        move.learn(random.multivariate_normal([0, 0], truth, 40), 0.4)
    assert move.covariance == pytest.approx(truth, abs=0.15)
    assert move.log_scale > np.log(2.38 / np.sqrt(2))
    learned = move.to_json()
    move.learn(np.ones((40, 2)), 0.0)
    assert move.to_json() == learned
    # of a mixture, the steps of the chain count and not those of this move
    mixed = GaussianMove(np.array([[-10.0, 10.0]] * 2), n_adapt=64)
    for step in range(0, 128, 2):
        mixed.learn(random.multivariate_normal([0, 0], truth, 40), 0.4, step)
    assert mixed.n_seen == 32
    again = GaussianMove(np.array([[-10.0, 10.0]] * 2), n_adapt=64)
    again.from_json(json.loads(json.dumps(learned)))
    states = [np.random.RandomState(1), np.random.RandomState(1)]  # noqa: NPY002
    one, other = (
        m.get_proposal(np.zeros((9, 2)), [], r) for m, r in zip((move, again), states, strict=True)
    )
    np.testing.assert_array_equal(one[0], other[0])
