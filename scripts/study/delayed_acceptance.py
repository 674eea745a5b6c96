"""Measure whether a cheap first stage pays: delayed acceptance (Christen & Fox 2005).

    python scripts/study/delayed_acceptance.py l5pc --pairs 20 --stand-in l5pc_reduced

A proposal would first be tried on a cheap model, and only if that accepts it on the model itself,
with a second test that makes the chain exact.  States of the bundled population and differential
evolution proposals from them are evaluated wholly by the model and by its stand-ins; from their
costs follow, averaged over the random numbers of the tests, acceptance and integrator steps of

early rejection   one stage, each evaluation ended at the protocol that proves its rejection
delayed           the stand-in first (ended early too), then the model for what it accepts

Printed for each stand-in: CPU of its evaluation over that of the model, SD of the difference of
the costs, acceptance and CPU seconds a proposal of both ways, and the gain: accepted proposals per
CPU second over those of early rejection, with a bootstrap interval over pairs.  A first stage of
short protocols needs no measurement: early rejection is that already, and evaluates nothing twice.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo import read_population
from ionfo.emodels import EModel, bundled_populations, load_emodel
from ionfo.emodels.cell import resolve_morphology
from ionfo.sampling import Evaluation, Evaluator, evaluator_spec
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

T, MAX_COST = 1.0, 5.0
N_TESTS = 200  # random numbers that acceptance and steps are averaged over
N_BOOTSTRAP = 2000


def main() -> None:
    """Evaluate, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("emodel")
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--morphology", help="of the model; by default that of the e-model")
    parser.add_argument("--stand-in", help="morphology of a stand-in, such as l5pc_reduced")
    parser.add_argument("--out", type=Path, help="table of all evaluations (CSV)")
    asked = parser.parse_args()
    emodel = load_emodel(asked.emodel)
    ways = {"model": (emodel, asked.morphology), "atol 1e-2": (loose(emodel), asked.morphology)}
    if asked.stand_in:
        ways[asked.stand_in] = (emodel, asked.stand_in)
    states, proposals = pairs(emodel, asked.pairs)
    order = order_of(emodel)
    rows = []
    for name, way in ways.items():
        evaluate = evaluator(*way)  # a process has one cell
        for what, thetas in (("state", states), ("proposal", proposals)):
            for i, theta in enumerate(thetas):
                begun = time.process_time()
                found = evaluate(theta)
                told = so_far(emodel, found, order)
                rows.append(
                    {"pair": i, "way": name, "what": what, "cost": found.cost,
                     "cpu": time.process_time() - begun, **told}
                )  # fmt: skip
    if asked.out is not None:
        pd.DataFrame(rows).to_csv(asked.out, index=False)
    tell(pd.DataFrame(rows), order, [name for name in ways if name != "model"])


def evaluator(emodel: EModel, morphology: str | None) -> Evaluator:
    """Make the evaluator of a morphology."""
    path = None if morphology is None else resolve_morphology(emodel, Path(morphology))
    return Evaluator(evaluator_spec(emodel, path))


def loose(emodel: EModel) -> EModel:
    """Give the e-model with an absolute tolerance of the integrator ten times as large."""
    return emodel.model_copy(update={"cvode_atol": 1e-2})


def order_of(emodel: EModel) -> list[str]:
    """Give the order in which the run of the bundled population ran the protocols."""
    order = read_population(bundled_populations(emodel.name)[0]).metadata["order"]
    return [str(name) for name in order]


def pairs(emodel: EModel, n: int) -> tuple[Array, Array]:
    """Draw states by their weights, and differential evolution proposals inside the bounds."""
    frame = read_population(bundled_populations(emodel.name)[0]).frame
    frame = frame[frame["cost"] <= MAX_COST]
    theta = frame[[f"parameters/{name}" for name in emodel.free_names]].to_numpy(np.float64)
    weight = frame["weight"].to_numpy(np.float64)
    rng = np.random.default_rng(0)
    low, high = emodel.bounds.T
    gamma = 2.38 / np.sqrt(2 * theta.shape[1])
    states: list[Array] = []
    proposals: list[Array] = []
    while len(states) < n:
        i, a, b = rng.choice(len(theta), 3, replace=False, p=weight / weight.sum())
        ahead = theta[i] + gamma * (theta[a] - theta[b])
        if np.all((ahead >= low) & (ahead <= high)):
            states.append(theta[i])
            proposals.append(ahead)
    return np.array(states), np.array(proposals)


def so_far(emodel: EModel, found: Evaluation, order: list[str]) -> dict[str, float]:
    """Give the largest score and the integrator steps after each protocol."""
    of = np.array([target.protocol for target in emodel.targets])
    told: dict[str, float] = {}
    steps = 0
    for i, name in enumerate(order):
        steps += found.protocol_steps.get(name, 0)
        known = np.isin(of, order[: i + 1])
        told[f"cost{i}"] = float(found.scores[known].max(initial=0.0))
        told[f"steps{i}"] = float(steps)
    return told


def tell(frame: pd.DataFrame, order: list[str], stand_ins: list[str]) -> None:
    """Print what one stage and two stages take and accept, of pairs whose state is one."""
    is_state = (frame["way"] == "model") & (frame["what"] == "state") & (frame["cost"] <= MAX_COST)
    n_pairs = frame["pair"].nunique()
    frame = frame[frame["pair"].isin(frame.loc[is_state, "pair"])]
    print(f"{frame['pair'].nunique()} of {n_pairs} pairs begin at a state of the model")
    last = len(order) - 1
    rng = np.random.default_rng(1)
    log_u = np.log(rng.random((2, N_TESTS)))
    per_step = {
        name: own["cpu"].sum() / own[f"steps{last}"].sum() for name, own in frame.groupby("way")
    }

    def of(way: str, what: str) -> pd.DataFrame:
        return frame[(frame["way"] == way) & (frame["what"] == what)].set_index("pair")

    def ended(proposal: pd.DataFrame, bound: Array) -> Array:
        """Count steps until a proposal is known to be rejected, shape of `bound`."""
        costs = proposal[[f"cost{i}" for i in range(last + 1)]].to_numpy()[:, None, :]
        steps = proposal[[f"steps{i}" for i in range(last + 1)]].to_numpy()
        is_over = costs >= bound[:, :, None]
        at = np.where(is_over.any(axis=2), is_over.argmax(axis=2), last)
        return np.take_along_axis(steps, at, axis=1)

    x, y = of("model", "state")["cost"].to_numpy(), of("model", "proposal")["cost"].to_numpy()
    inside = (y <= MAX_COST)[:, None]
    bound = np.minimum(x[:, None] - T * log_u[0], np.nextafter(MAX_COST, np.inf))
    accepted = np.minimum(1.0, np.exp(-(y - x) / T)) * inside[:, 0]
    spent = ended(of("model", "proposal"), bound).mean(axis=1) * per_step["model"]
    print(
        f"early rejection: {np.mean(accepted):.3f} accepted, {np.mean(spent):.2f} CPU s a proposal"
    )
    for name in stand_ins:
        kx, ky = of(name, "state")["cost"].to_numpy(), of(name, "proposal")["cost"].to_numpy()
        first = np.minimum(1.0, np.exp(-(ky - kx) / T))
        # what is left of the ratio, so that both stages together are exact
        log_second = -((y - x) - (ky - kx)) / T
        second = np.minimum(1.0, np.exp(log_second)) * inside[:, 0]
        cheap = (
            ended(of(name, "proposal"), kx[:, None] - T * log_u[0]).mean(axis=1) * per_step[name]
        )
        left = np.minimum(
            x[:, None] + (ky - kx)[:, None] - T * log_u[1], np.nextafter(MAX_COST, np.inf)
        )
        dear = ended(of("model", "proposal"), left).mean(axis=1) * per_step["model"]
        both, taken = first * second, cheap + first * dear
        sample = rng.integers(len(x), size=(N_BOOTSTRAP, len(x)))
        ratio = (both[sample].sum(1) / taken[sample].sum(1)) / np.maximum(
            accepted[sample].sum(1) / spent[sample].sum(1), 1e-12
        )
        gain = (both.sum() / taken.sum()) / (accepted.sum() / spent.sum())
        low, high = np.quantile(ratio, [0.025, 0.975])
        own, model = (
            frame[frame["way"] == name]["cpu"].sum(),
            frame[frame["way"] == "model"]["cpu"].sum(),
        )
        off = np.concatenate([kx - x, ky[y < 50] - y[y < 50]])
        print(f"{name}: CPU {own / model:.2f}, SD of the cost's difference {np.std(off):.2f}, "
              f"{np.mean(both):.3f} accepted, {np.mean(taken):.2f} CPU s a proposal, "
              f"gain {gain:.2f} ({low:.2f} to {high:.2f})")  # fmt: skip


if __name__ == "__main__":
    with mistakes_told():
        main()
