"""A small neural network that tells features from parameters, in numpy.

It is trained by the driver on one thread, in float64, so that the bytes of a run depend on neither
cores nor ranks; of partial evaluations it learns from those features that were computed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .threads import one_thread

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

N_HIDDEN = 96
N_MEMBERS = 5
_BATCH = 128
_PASSES = 200  # over the rows
_STEPS = 3000, 9000  # fewest and most
_RATE = 4e-3  # of the first step; it falls to zero as half a cosine
_WEIGHT_DECAY = 0.5
_FEW_ROWS = 1000  # from which on weights decay less, as what a prior says does beside more rows
_HUBER = 0.3  # scaled deviations beyond it count linearly
_KEPT, _KEPT_SQUARES = 0.9, 0.999  # of Adam
_LEAST_SCALE = 0.05
_SPREAD_OF_INPUTS = 1 / np.sqrt(3)  # SD of a number that is anything from -1 to 1
_LEAST_SPREAD = 1e-3 * _SPREAD_OF_INPUTS

Weights = list[Array]
"""Matrix and constants of each of three layers, all members at once: (n_members, n_in, n_out)."""


@dataclass(frozen=True)
class TrainingRows:
    """Evaluations to learn from.

    Attributes
    ----------
    unit : ndarray, shape (n, n_parameters)
        Parameters as fractions of their bounds.
    deviation : ndarray, shape (n, n_features)
        Features less their targets, in SDs; anything where they are not known.
    is_known : ndarray of bool, shape (n, n_features)
        Where a feature was computed and is defined.
    is_missing : ndarray, shape (n, n_protocols)
        1 where some feature of a protocol is undefined, or too far off to be of use; 0 where none
        is; NaN where that is not known.
    weight : ndarray, shape (n,)
        How much each row counts.
    """

    unit: Array
    deviation: Array
    is_known: Flags
    is_missing: Array
    weight: Array

    @property
    def lacks_any(self) -> Array:
        """The same of all protocols together, shape (n,)."""
        most = np.fmax.reduce(self.is_missing, axis=1)
        is_told = (most == 1.0) | np.isfinite(self.is_missing).all(axis=1)
        return np.where(is_told, most, np.nan)

    def take(self, rows: NDArray[np.int64]) -> TrainingRows:
        """Give some of the rows."""
        return TrainingRows(
            self.unit[rows],
            self.deviation[rows],
            self.is_known[rows],
            self.is_missing[rows],
            self.weight[rows],
        )


@dataclass(frozen=True)
class Network:
    """An ensemble of networks with two hidden layers.

    Attributes
    ----------
    weights : list of ndarray
        Of the layers, see `Weights`.
    centre, scale : ndarray, shape (n_features,)
        Of the deviations, SDs; outputs are in these units.
    """

    weights: Weights
    centre: Array
    scale: Array

    def members(self, unit: Array) -> tuple[Array, Array]:
        """Deviations by each member, (n_members, n, n_features), and logits of a missing one.

        A protocol has a logit of its own, (n_members, n, n_protocols); networks of before have one
        of all together.
        """
        last = _forward(self.weights, 2.0 * unit - 1.0)[-1]
        n_features = len(self.centre)
        return last[..., :n_features] * self.scale + self.centre, last[..., n_features:]

    def deviations(self, unit: Array) -> tuple[Array, Array]:
        """Mean deviations (SDs), shape (n, n_features), and the chance that one is missing."""
        found, logit = self.members(unit)
        is_whole = np.prod(1.0 / (1.0 + np.exp(np.clip(logit, -30, 30))), axis=-1)
        return found.mean(axis=0), 1.0 - is_whole.mean(axis=0)

    def arrays(self) -> dict[str, Array]:
        """Give all numbers, by name, for a file."""
        layers = {f"layer{i}": one for i, one in enumerate(self.weights)}
        return {**layers, "centre": self.centre, "scale": self.scale}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Array]) -> Network:
        """Take what `arrays` gave."""
        layers = [np.ascontiguousarray(arrays[f"layer{i}"]) for i in range(6)]
        return cls(layers, arrays["centre"], arrays["scale"])


def fit_network(
    rows: TrainingRows,
    folds: NDArray[np.int64],
    seed: int,
    n_steps: int | None = None,
) -> Network:
    """Train one member a fold, each on the rows of all other folds.

    Parameters
    ----------
    rows : TrainingRows
        At least a few times as many as parameters.
    folds : ndarray of int, shape (n,)
        From 0 to the number of members less 1; -1 for rows that no member leaves out.
    seed : int
        Of the first weights and the batches.
    n_steps : int, optional
        Of Adam with decoupled weight decay (Loshchilov & Hutter 2019); by default 3,000, or as many
        as take each row 200 times, at most 9,000.

    Returns
    -------
    Network
        Member k has not seen fold k, so that its errors there are honest.
    """
    with one_thread():
        enough = np.clip(_PASSES * len(rows.unit) // _BATCH, *_STEPS)
        return _trained(rows, folds, np.random.default_rng(seed), n_steps or int(enough))


def _trained(
    rows: TrainingRows, folds: NDArray[np.int64], rng: np.random.Generator, n_steps: int
) -> Network:
    n_members = int(folds.max()) + 1
    counted = np.where(rows.is_known, rows.weight[:, None], 0.0)
    total = np.maximum(counted.sum(axis=0), 1e-12)
    centre = (counted * np.where(rows.is_known, rows.deviation, 0.0)).sum(axis=0) / total
    apart = np.where(rows.is_known, rows.deviation - centre, 0.0)
    scale = np.maximum(np.sqrt((counted * apart**2).sum(axis=0) / total), _LEAST_SCALE)
    wanted = apart / scale
    n_parameters, n_features = rows.unit.shape[1], wanted.shape[1]
    sizes = (n_parameters, N_HIDDEN, N_HIDDEN, n_features + rows.is_missing.shape[1])
    weights: Weights = []
    for n_in, n_out in zip(sizes, sizes[1:], strict=False):
        weights.append(rng.standard_normal((n_members, n_in, n_out)) / np.sqrt(n_in))
        weights.append(np.zeros((n_members, 1, n_out)))
    allowed = [np.flatnonzero(folds != k) for k in range(n_members)]
    x, means, squares = 2.0 * rows.unit - 1.0, _zeros(weights), _zeros(weights)
    # else a parameter whose good values fill a fiftieth of its bounds would hardly be seen
    middle, spread = spread_of_inputs(x, rows.weight)
    x = (x - middle) / spread
    is_told = np.isfinite(rows.is_missing)
    missing = np.where(is_told, rows.is_missing, 0.0)
    # errors in units of the scale, but never worth more than those of an SD of experiment
    worth = np.minimum(scale, 1.0)
    decay = _WEIGHT_DECAY * min(1.0, _FEW_ROWS / len(rows.unit))
    for step in range(1, n_steps + 1):
        batch = np.stack([one[rng.integers(len(one), size=_BATCH)] for one in allowed])
        layers = _forward(weights, x[batch])
        wrong = layers[-1][..., :n_features] - wanted[batch]
        slope = np.clip(wrong, -_HUBER, _HUBER) * worth
        slope *= np.where(rows.is_known[batch], rows.weight[batch][..., None], 0.0)
        logit = np.clip(layers[-1][..., n_features:], -30, 30)
        told = np.where(is_told[batch], 1.0 / (1.0 + np.exp(-logit)) - missing[batch], 0.0)
        last = np.concatenate([slope, told], axis=-1) / _BATCH
        rate = 0.5 * _RATE * (1.0 + np.cos(np.pi * step / n_steps))
        for i, gradient in enumerate(_backward(weights, layers, last)):
            means[i] = _KEPT * means[i] + (1 - _KEPT) * gradient
            squares[i] = _KEPT_SQUARES * squares[i] + (1 - _KEPT_SQUARES) * gradient**2
            move = means[i] / (1 - _KEPT**step)
            move = move / (np.sqrt(squares[i] / (1 - _KEPT_SQUARES**step)) + 1e-8)
            if i % 2 == 0:  # constants do not decay
                move = move + decay * weights[i]
            weights[i] = weights[i] - rate * move
    weights[0] = weights[0] / spread[:, None]
    weights[1] = weights[1] - middle @ weights[0][:, None]
    return Network([np.ascontiguousarray(one) for one in weights], centre, scale)


def spread_of_inputs(x: Array, weight: Array) -> tuple[Array, Array]:
    """Give middle and spread of inputs that go from -1 to 1 over the bounds of parameters.

    Parameters
    ----------
    x : ndarray, shape (n, d)
        Inputs.
    weight : ndarray, shape (n,)
        How much each row counts.

    Returns
    -------
    ndarray, shape (d,)
        Their weighted means.
    ndarray, shape (d,)
        Their weighted SDs, in units of that of a uniform distribution over the bounds.
        A parameter that is the same in all rows has a thousandth.
    """
    middle = weight @ x / weight.sum()
    sd = np.sqrt(weight @ (x - middle) ** 2 / weight.sum())
    return middle, np.maximum(sd, _LEAST_SPREAD) / _SPREAD_OF_INPUTS


def _forward(weights: Weights, x: Array) -> list[Array]:
    """Give the input and what each layer makes of it."""
    layers = [x]
    for i in range(0, len(weights), 2):
        sums = layers[-1] @ weights[i] + weights[i + 1]
        layers.append(sums if i == len(weights) - 2 else np.tanh(sums))
    return layers


def _backward(weights: Weights, layers: list[Array], last: Array) -> list[Array]:
    """Give the gradients of all weights from that of the outputs."""
    gradients: list[Array] = []
    for i in range(len(weights) - 2, -1, -2):
        below = layers[i // 2]
        gradients[:0] = [np.swapaxes(below, -1, -2) @ last, last.sum(axis=-2, keepdims=True)]
        if i:
            last = (last @ np.swapaxes(weights[i], -1, -2)) * (1.0 - below**2)
    return gradients


def _zeros(weights: Weights) -> Weights:
    return [np.zeros_like(one) for one in weights]
