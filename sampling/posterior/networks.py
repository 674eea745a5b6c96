"""The two networks of a posterior, in jax: a spline flow, and a classifier of what is discarded.

Their numbers leave as plain arrays in a fixed order; what they are built of is told by `Shape`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError

Array = NDArray[np.float64]
Arrays = list[NDArray[Any]]

_PACKAGES = ("jax", "equinox", "optax", "flowjax")
FURTHEST = 10.0
"""In the scale of the features, from their middle, at which they are cut before they enter."""

_REACH = 5.0  # of the splines, in SDs of the parameters
_BATCH = 20_000  # rows whose density is computed together


def needed() -> None:
    """Make sure that the optional extra ``infer`` is installed.

    Raises
    ------
    IonfoError
        If it is not; says how to install it.
    """
    for name in _PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError:
            raise IonfoError(
                f"neural posteriors need '{name}', which is not installed; install it with: "
                'pip install "ionfo[infer]"'
            ) from None


@dataclass(frozen=True)
class Shape:
    """Sizes of a flow.

    Attributes
    ----------
    n_parameters, n_features : int
        Of its variables and of what they are conditional on.
    layers : int
        Coupling layers.
    width, depth : int
        Of the network of each layer: units and hidden layers.
    knots : int
        Of each spline.
    """

    n_parameters: int
    n_features: int
    layers: int = 6
    width: int = 64
    depth: int = 2
    knots: int = 8


def new_flow(shape: Shape, seed: int) -> Any:
    """Build a flow with random numbers."""
    needed()
    import jax
    import jax.numpy as jnp
    from flowjax.bijections import RationalQuadraticSpline
    from flowjax.distributions import Normal
    from flowjax.flows import coupling_flow, masked_autoregressive_flow

    # a single parameter has nothing to be coupled with
    make = coupling_flow if shape.n_parameters > 1 else masked_autoregressive_flow
    return make(
        jax.random.key(seed),
        base_dist=Normal(jnp.zeros(shape.n_parameters)),
        transformer=RationalQuadraticSpline(knots=shape.knots, interval=_REACH),
        cond_dim=shape.n_features,
        flow_layers=shape.layers,
        nn_width=shape.width,
        nn_depth=shape.depth,
    )


def new_classifier(n_parameters: int, seed: int) -> Any:
    """Build a classifier of parameters with random numbers: rows to the logit of being valid."""
    needed()
    import equinox
    import jax

    return equinox.nn.MLP(n_parameters, "scalar", 64, 3, jax.nn.silu, key=jax.random.key(seed))


def split(network: Any) -> tuple[Any, Any]:
    """Part what is trained from what is not."""
    import equinox
    import paramax

    def is_leaf(one: Any) -> bool:
        return isinstance(one, paramax.NonTrainable)

    return equinox.partition(  # type: ignore[no-any-return]
        network, equinox.is_inexact_array, is_leaf=is_leaf
    )


def join(trained: Any, rest: Any) -> Any:
    """Put a network together again, ready for use."""
    import equinox
    import paramax

    return paramax.unwrap(equinox.combine(trained, rest))


def to_arrays(network: Any) -> Arrays:
    """Give all numbers of a network in order: trained ones, then fixed ones.

    The order in which coupling layers take the variables is fixed and drawn at random.
    """
    import jax

    trained, rest = split(network)
    return [
        np.asarray(one)
        for part in (trained, rest)
        for one in jax.tree_util.tree_leaves(part)
        if _is_array(one)
    ]


def from_arrays(network: Any, arrays: Sequence[NDArray[Any]]) -> Any:
    """Put stored numbers into a network of the same shape.

    Raises
    ------
    IonfoError
        If they do not fit.
    """
    import jax
    import jax.numpy as jnp

    trees = [jax.tree_util.tree_flatten(part) for part in split(network)]
    own = [one for leaves, _ in trees for one in leaves if _is_array(one)]
    if [(one.shape, one.dtype) for one in own] != [(one.shape, one.dtype) for one in arrays]:
        raise IonfoError(
            "the stored posterior does not fit the installed version of flowjax; train it again "
            "with ionfo infer train"
        )
    stored = iter(arrays)
    filled = [
        jax.tree_util.tree_unflatten(
            tree, [jnp.asarray(next(stored)) if _is_array(one) else one for one in leaves]
        )
        for leaves, tree in trees
    ]
    return join(*filled)


def _is_array(one: Any) -> bool:
    return hasattr(one, "shape") and hasattr(one, "dtype")


def log_density(flow: Any) -> Callable[[Array, Array], Array]:
    """Make the log density of a flow: rows of variables, rows of conditions -> (n,)."""
    import jax
    import jax.numpy as jnp

    compute = jax.jit(lambda rows, given: flow.log_prob(rows, given))

    def density(rows: Array, conditions: Array) -> Array:
        given = np.broadcast_to(conditions, (len(rows), conditions.shape[-1]))
        found = [
            np.asarray(
                compute(
                    jnp.asarray(rows[i : i + _BATCH], dtype=jnp.float32),
                    jnp.asarray(given[i : i + _BATCH], dtype=jnp.float32),
                ),
                dtype=np.float64,
            )
            for i in range(0, len(rows), _BATCH)
        ]
        return np.concatenate(found) if found else np.empty(0)

    return density


def sampler(flow: Any) -> Callable[[int, Array, int], Array]:
    """Make the sampler of a flow: draws of each, conditions (n, k), seed -> (n_draws, n, d)."""
    import jax
    import jax.numpy as jnp

    compute = jax.jit(
        lambda seed, conditions, n: flow.sample(jax.random.key(seed), (n,), conditions),
        static_argnums=2,
    )

    def sample(n: int, conditions: Array, seed: int) -> Array:
        given = jnp.asarray(conditions, dtype=jnp.float32)
        return np.asarray(compute(seed, given, n), dtype=np.float64)

    return sample


def logits(classifier: Any) -> Callable[[Array], Array]:
    """Make the logit of being valid: rows of variables -> (n,)."""
    import jax
    import jax.numpy as jnp

    compute = jax.jit(jax.vmap(classifier))

    def logit(rows: Array) -> Array:
        return np.asarray(compute(jnp.asarray(rows, dtype=jnp.float32)), dtype=np.float64)

    return logit
