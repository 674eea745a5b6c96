"""Figures of a run: traces, R-hat and effective sizes, pairs of parameters, cost against T."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..errors import IonfoError
from ..tables.files import make_folder

if TYPE_CHECKING:
    from ..sampling import RunStore
    from ..sampling.chains.status import RunStatus

_MOST_CORNER = 6  # parameters in the corner plot, those with the smallest ESS


def plot_chains(store: RunStore, found: RunStatus, folder: Path) -> None:
    """Draw the figures of a run into a folder.

    Raises
    ------
    IonfoError
        If the run has no steps to draw.
    """
    from ..analysis.figures.style import Figure
    from ..analysis.uncertainty.convergence import GOOD_R_HAT, HIGHEST_R_HAT
    from ..sampling.chains.states import dense
    from ..tables.columns import columns

    quality = found.quality
    if quality is None:
        raise IonfoError(f"run '{store.folder}' has no steps to draw yet; sample longer")
    make_folder(folder, "--plots")
    emodel = store.emodel
    n_steps = min(found.steps)
    states, gaps = store.states()
    states = states[states["step"] < n_steps].reset_index(drop=True)
    wanted = [*columns(emodel)[0], "cost"]
    chains = list(dense(states, wanted, n_steps, gaps).values())
    names = list(emodel.free_names)

    figure = Figure(figsize=(12, 1.6 * -(-len(wanted) // 3)), layout="constrained")
    for i, (axis, name) in enumerate(
        zip(figure.subplots(-(-len(wanted) // 3), 3, sharex=True).flat, [*names, "cost"],
            strict=False)
    ):  # fmt: skip
        for e, chain in enumerate(chains):
            _trace(axis, chain[:, :, i], f"C{e}")
        axis.axvline(found.burn_in, color="0.5", lw=0.8, ls=":")
        axis.set_title(name, fontsize=7)
        axis.tick_params(labelsize=6)
    figure.supxlabel(
        "step (mean and 10 to 90 % of the walkers; one colour per ensemble)", fontsize=9
    )
    figure.savefig(folder / "traces.png", dpi=130)

    figure = Figure(figsize=(10, 0.25 * len(names) + 1.5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    at = np.arange(len(names))
    # parameters that do not vary, and chains with gaps, have none
    judged = quality.parameters.set_index("parameter").reindex(names)
    left.barh(at, judged["ess"].fillna(0.0), color="C0")
    left.set_yticks(at, names, fontsize=7)
    left.set_xlabel("effective sample size")
    assessed = judged["r_hat"].notna().to_numpy()
    right.plot(judged["r_hat"][assessed], at[assessed], "o", color="C1")
    for limit in (GOOD_R_HAT, HIGHEST_R_HAT):
        right.axvline(limit, color="0.5", ls=":")
    right.set_xlabel("R-hat" if assessed.any() else "R-hat (not assessed)")
    figure.savefig(folder / "convergence.png", dpi=130)

    kept = np.concatenate([chain[found.burn_in :].reshape(-1, len(wanted)) for chain in chains])
    kept = kept[np.isfinite(kept).all(axis=1)]
    worst = np.argsort(judged["ess"].fillna(0.0).to_numpy(), kind="stable")
    _corner(kept, [int(i) for i in worst[:_MOST_CORNER]], names, folder / "corner.png")

    figure = Figure(figsize=(6, 4), layout="constrained")
    axis = figure.subplots()
    axis.hist(kept[:, -1], bins=60, color="C0")
    temperature = store.settings["settings"]["temperature"]
    axis.set_xlabel("cost of held states")
    axis.set_ylabel("walker steps")
    axis.set_title(f"T = {temperature:g}, in units of the cost", fontsize=9)
    figure.savefig(folder / "cost.png", dpi=130)


def _trace(axis: Any, values: NDArray[np.float64], colour: str) -> None:
    """Mean and spread of the walkers against the step; lost steps are left out."""
    steps = np.flatnonzero(np.isfinite(values).all(axis=1))
    low, high = np.quantile(values[steps], [0.1, 0.9], axis=1)
    axis.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
    axis.plot(steps, values[steps].mean(axis=1), color=colour, lw=0.8)


def _corner(kept: NDArray[np.float64], chosen: list[int], names: list[str], path: Path) -> None:
    """Histograms of the chosen parameters, and two-dimensional ones of their pairs."""
    from ..analysis.figures.style import Figure

    n = len(chosen)
    figure = Figure(figsize=(2 * n, 2 * n), layout="constrained")
    axes = figure.subplots(n, n, squeeze=False)
    for row, i in enumerate(chosen):
        for column, j in enumerate(chosen):
            axis = axes[row][column]
            axis.tick_params(labelsize=6)
            if column > row:
                axis.set_axis_off()
            elif column == row:
                axis.hist(kept[:, i], bins=40, color="C0")
                axis.set_title(names[i], fontsize=7)
            else:
                axis.hist2d(kept[:, j], kept[:, i], bins=40, cmap="Blues")
    figure.savefig(path, dpi=110)
