"""Fits the networks of a posterior by batches; the same seed gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...progress import Advance
from .networks import FURTHEST, Arrays, Shape, new_classifier, new_flow, split, to_arrays

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FitSettings:
    """How a network is fitted.

    Attributes
    ----------
    epochs : int
        Passes through the training draws at most; the step size falls to 0 over them.
    patience : int
        Epochs without a better loss on held-out draws after which fitting stops.
    batch : int
        Draws of a step.
    learning_rate : float
        Of the first steps (Adam).
    """

    epochs: int = 60
    patience: int = 10
    batch: int = 512
    learning_rate: float = 1e-3


@dataclass(frozen=True)
class Fit:
    """A fitted network.

    Attributes
    ----------
    arrays : list of ndarray
        Its numbers.
    losses : ndarray, shape (n_epochs,)
        On held-out draws, after each epoch.
    """

    arrays: Arrays
    losses: Array

    @property
    def loss(self) -> float:
        """Smallest loss on held-out draws, which is that of the numbers."""
        return float(self.losses.min())


Loss = Callable[[Any, Any, tuple[Any, ...], Any], Any]
"""Takes what is trained, the rest, a batch of arrays and a key; gives a number."""


def fit_flow(
    data: tuple[Array, Array],
    held: tuple[Array, Array],
    noise: Array,
    shape: Shape,
    settings: FitSettings,
    seed: int,
    advance: Advance,
) -> Fit:
    """Fit a flow to variables given conditions.

    Parameters
    ----------
    data, held : tuple of ndarray
        Variables (n, n_parameters) and conditions (n, n_features) to train and to judge by.
    noise : ndarray, shape (n_features,)
        SD of the noise that conditions get, drawn anew at each step.
    shape : Shape
        Of the flow.
    settings : FitSettings
        Of the fit.
    seed : int
        Of the first numbers, batches and noise.
    advance : callable
        Called after each epoch.
    """
    import jax
    import jax.numpy as jnp
    import paramax
    from equinox import combine

    sd = jnp.asarray(noise, dtype=jnp.float32)

    def loss(trained: Any, rest: Any, batch: tuple[Any, ...], key: Any) -> Any:
        rows, given = batch
        # cut as `Posterior.condition` cuts what is observed
        noisy = given + sd * jax.random.normal(key, given.shape)
        given = jnp.clip(noisy, -FURTHEST, FURTHEST)
        flow = paramax.unwrap(combine(trained, rest))
        return -flow.log_prob(rows, given).mean()

    return _fit(new_flow(shape, seed), loss, data, held, settings, seed, advance)


def fit_classifier(
    data: tuple[Array, Array],
    held: tuple[Array, Array],
    settings: FitSettings,
    seed: int,
    advance: Advance,
) -> Fit:
    """Fit a classifier of rows, shape (n, n_parameters), that are valid (1) or not (0)."""
    import jax
    import optax
    from equinox import combine

    def loss(trained: Any, rest: Any, batch: tuple[Any, ...], key: Any) -> Any:
        rows, valid = batch
        logit = jax.vmap(combine(trained, rest))(rows)
        return optax.sigmoid_binary_cross_entropy(logit, valid).mean()

    network = new_classifier(data[0].shape[1], seed)
    return _fit(network, loss, data, held, settings, seed, advance)


def _fit(
    network: Any,
    loss: Loss,
    data: tuple[Array, ...],
    held: tuple[Array, ...],
    settings: FitSettings,
    seed: int,
    advance: Advance,
) -> Fit:
    import jax
    import jax.numpy as jnp
    import optax

    trained, rest = split(network)
    arrays = tuple(jnp.asarray(one, dtype=jnp.float32) for one in data)
    judged = tuple(jnp.asarray(one, dtype=jnp.float32) for one in held)
    n = len(data[0])
    batch = min(settings.batch, n)
    n_steps = n // batch
    rate = optax.cosine_decay_schedule(settings.learning_rate, settings.epochs * n_steps)
    rule = optax.chain(optax.clip_by_global_norm(5.0), optax.adam(rate))

    def epoch(trained: Any, state: Any, key: Any) -> tuple[Any, Any]:
        of_order, of_noise = jax.random.split(key)
        order = jax.random.permutation(of_order, n)[: n_steps * batch].reshape(n_steps, batch)

        def step(carried: tuple[Any, Any], given: tuple[Any, Any]) -> tuple[tuple[Any, Any], None]:
            places, noise_key = given
            now, state = carried
            part = tuple(one[places] for one in arrays)
            slope = jax.grad(loss)(now, rest, part, noise_key)
            change, state = rule.update(slope, state)
            return (optax.apply_updates(now, change), state), None

        keys = jax.random.split(of_noise, n_steps)
        carried: tuple[Any, Any] = jax.lax.scan(step, (trained, state), (order, keys))[0]
        return carried

    def held_loss(trained: Any) -> Any:
        return loss(trained, rest, judged, jax.random.key(0))

    run_epoch, judge = jax.jit(epoch), jax.jit(held_loss)
    state, key = rule.init(trained), jax.random.key(seed + 1)
    best, losses = trained, [float(judge(trained))]
    for _ in range(settings.epochs):
        key, of_epoch = jax.random.split(key)
        trained, state = run_epoch(trained, state, of_epoch)
        losses.append(float(judge(trained)))
        advance()
        if losses[-1] <= np.nanmin(losses):
            best = trained
        if len(losses) - 1 - int(np.nanargmin(losses)) >= settings.patience:
            break
    from equinox import combine

    return Fit(to_arrays(combine(best, rest)), np.array(losses))
