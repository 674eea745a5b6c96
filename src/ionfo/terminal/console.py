"""What the terminal shows: tables, a progress bar, summaries."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from ..emodels import EModel, bundled_populations
from ..errors import note
from ..sampling.evaluation import mpi
from .output import add_result

if TYPE_CHECKING:
    import pandas as pd

    from ..sampling import Progress as RunProgress
    from ..sampling.chains.collect import Collected
    from ..sampling.chains.status import RunStatus
    from ..sampling.evaluation.counts import Counts
    from ..sampling.evaluation.profile import Profile
    from ..sampling.optimise import OptimiseStore
    from ..sampling.runs.diagnostics import Diagnostics
    from ..tables.population import Population

ENOUGH = 400
"""Effective samples that are enough for most purposes (Vehtari et al. 2021)."""

_LINE_SECONDS = 15.0  # between progress lines when the output is no terminal
_BATCH_LINE_SECONDS = 60.0  # and when it is the log of a job, which nobody watches
_BATCH_SYSTEMS = ("SLURM_JOB_ID", "PBS_JOBID", "LSB_JOBID", "PE_HOSTFILE")


class _Console(Console):
    """A console that leaves it to the command line to end when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def is_batch() -> bool:
    """Whether a batch system or an MPI launcher started this program.

    Launchers may give rank 0 a terminal of its own (Open MPI does) whose output ends in a log.
    """
    return mpi.is_launched() or any(name in os.environ for name in _BATCH_SYSTEMS)


def is_watched() -> bool:
    """Whether somebody looks at standard output while it is written."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not is_batch()


def line_seconds() -> float:
    """Give the least time between two lines of progress where there is no bar (s)."""
    return _BATCH_LINE_SECONDS if is_batch() else _LINE_SECONDS


def console() -> Console:
    """Make a console that never cuts names, also in files and pipes."""
    if is_watched():
        return _Console(highlight=False)
    return _Console(highlight=False, width=140, force_terminal=False)


def emodel_list(emodels: Iterable[EModel]) -> None:
    """List e-models, one line each."""
    table = Table("e-model", "free", "features", "morphology", "what")
    for one in emodels:
        table.add_row(
            one.name,
            str(len(one.free_names)),
            str(len(one.features)),
            ", ".join([one.morphology.file or "--morphology FILE", *one.alternatives]),
            one.description,
        )
    console().print(table)


def emodel(one: EModel) -> None:
    """Show all of one e-model."""
    screen = console()
    screen.print(f"[bold]{one.name}[/]: {one.description}")
    for source in one.sources:
        screen.print(f"  {source}")
    for name, other in one.alternatives.items():
        screen.print(f"also on {other.file}: --morphology {name}")
    for file in bundled_populations(one.name):
        screen.print(f"population: {file}", soft_wrap=True)
    screen.print(f"content hash {one.content_hash[:16]}")
    free = Table("free parameter", "unit", "lower", "upper", "distribution", "reference")
    for parameter in one.free_parameters:
        assert parameter.bounds is not None
        reference = (one.reference or {}).get(parameter.name)
        free.add_row(
            parameter.name,
            parameter.unit,
            f"{parameter.bounds[0]:g}",
            f"{parameter.bounds[1]:g}",
            one.distributions.get(parameter.distribution, "uniform"),
            "" if reference is None else f"{reference:.6g}",
        )
    screen.print(free)
    fixed = Table("fixed parameter", "unit", "value")
    for parameter in one.parameters:
        if parameter.value is not None:
            fixed.add_row(parameter.name, parameter.unit, f"{parameter.value:g}")
    screen.print(fixed)
    protocols = Table("protocol", "kind", "settings (ms, nA, mV, %)", "recordings")
    for protocol in one.protocols:
        settings = protocol.model_dump(exclude={"name", "kind", "recordings"}, exclude_none=True)
        protocols.add_row(
            protocol.name,
            protocol.kind,
            ", ".join(f"{key} {value:g}" for key, value in settings.items()),
            ", ".join(recording.name for recording in protocol.recordings),
        )
    screen.print(protocols)
    targets = Table("feature", "unit", "mean", "SD")
    for feature in one.features:
        targets.add_row(feature.name, feature.unit, f"{feature.mean:g}", f"{feature.std:g}")
    screen.print(targets)


def worst_features(emodel: EModel, scored: pd.DataFrame, n_rows: int = 10) -> None:
    """Show the features with the largest scores."""
    scores = scored[[f"scores/{name}" for name in emodel.feature_names]].to_numpy(np.float64)
    features = scored[[f"features/{name}" for name in emodel.feature_names]].to_numpy(np.float64)
    typical = np.median(scores, axis=0)
    n_models = len(scored)
    table = Table(
        "features, worst first",
        "value",
        "target",
        "score" if n_models == 1 else "median score",
        "missing",
    )
    for i in np.argsort(-typical, kind="stable")[:n_rows]:
        target = emodel.features[i]
        known = features[np.isfinite(features[:, i]), i]
        table.add_row(
            target.name,
            f"{np.median(known):.5g} {target.unit}" if len(known) else "–",
            f"{target.mean:.5g} ± {target.std:.3g}",
            f"{typical[i]:.3f}",
            f"{n_models - len(known)} of {n_models}",
        )
    screen = console()
    screen.print(table)
    costs = scored["cost"].to_numpy(np.float64)
    n_failed = int((scored["failures"] != "{}").sum())
    screen.print(
        f"{n_models} models: cost min {costs.min():.4f}, median {np.median(costs):.4f}, "
        f"max {costs.max():.4f}; sum of scores of the first {scores[0].sum():.4f}; "
        f"{n_failed} with missing features"
    )


def profile(measured: Profile) -> None:
    """Show what whole evaluations took, by protocol."""
    table = Table("protocol", "simulations", "steps", "us per step", "CPU s", "share", "features s")
    n, protocols = measured.n_models, measured.protocols
    total = sum(one.integration + one.features for one in protocols)
    for one in protocols:
        seconds = one.integration + one.features
        table.add_row(
            one.name,
            f"{one.n_simulations / n:g}",
            f"{one.n_steps / n:.0f}",
            f"{1e6 * one.integration / max(1, one.n_steps):.3g}",
            f"{seconds / n:.4g}",
            f"{seconds / total:.1%}",
            f"{one.features / n:.3g}",
        )
    screen = console()
    screen.print(table)
    integration = sum(one.integration for one in protocols)
    screen.print(
        f"{total / n:.4g} CPU s a model (mean of {n}): integration {integration / total:.1%}, of "
        f"which gate rates about {measured.rates_share:.0%}; features and searches "
        f"{1 - integration / total:.1%}"
    )


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """Show progress with the time left: a bar on a terminal, a line now and then in a log."""
    if is_watched():
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:g}/{task.total:g}"),
            TimeRemainingColumn(),
        )
        with Progress(*columns) as progress:
            task = progress.add_task(what, total=total)
            yield lambda: progress.advance(task)
        return
    began = time.monotonic()
    # a first line where it takes more than a second
    last, done = began - line_seconds() + min(1.0, line_seconds()), 0

    def advance() -> None:
        nonlocal done, last
        done += 1
        now = time.monotonic()
        if now - last > line_seconds():
            last = now
            left = (now - began) / done * (total - done)
            print(f"{what} {done}/{total}, about {left:.0f} s left", flush=True)

    yield advance


class SampleProgress:
    """Progress of a run: a bar on a terminal, a line now and then in a log."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._last = 0.0

    def __enter__(self) -> SampleProgress:
        if is_watched():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:g}/{task.total:g}"),
                TimeRemainingColumn(),
                TextColumn("{task.fields[told]}"),
            )
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, progress: RunProgress) -> None:
        """Show where the run stands."""
        rate = progress.n_evaluations / max(time.monotonic() - progress.began, 1e-9)
        told = f"{progress.n_evaluations} evaluations, {rate:.2f}/s"
        if progress.phase == "sample":
            told = (
                f"acceptance {progress.acceptance:.2f}  cost best {progress.best_cost:.2f} "
                f"median {progress.median_cost:.2f}  {told}"
            )
        elif np.isfinite(progress.best_cost):
            told = (
                f"sum of scores best {progress.best_cost:.2f} median {progress.median_cost:.2f}  "
                f"{told}"
            )
        if self._bar is not None:
            if progress.phase not in self._tasks:
                self._tasks[progress.phase] = self._bar.add_task(
                    progress.phase, total=progress.total, told=told
                )
            self._bar.update(
                self._tasks[progress.phase],
                completed=progress.done,
                told=told,
            )
            return
        now = time.monotonic()
        if now - self._last > line_seconds():
            self._last = now
            print(f"{progress.phase} {progress.done}/{progress.total}  {told}", flush=True)


def run_summary(out: Path, counts: Counts | None, seconds: float) -> None:
    """Say what a run did."""
    assert counts is not None  # this program sampled
    screen = console()
    screen.print(
        f"{counts.n_evaluations} evaluations, {counts.n_steps} integrator steps in the chains; "
        f"{seconds:.0f} s now; run in {out}"
    )
    rejections(counts)
    screen.print(f"next: ionfo collect {out} --out population.parquet")
    if counts.reasons:
        total = sum(counts.reasons.values())
        screen.print(f"{total} evaluations missed features; the commonest first reasons:")
        for reason, count in counts.reasons.most_common(5):
            screen.print(f"  {count:6d}  {reason}", markup=False)


def rejections(counts: Counts) -> None:
    """Show what early rejection has saved, by protocol."""
    n_whole = counts.whole["n"]
    if not counts.rejected or not n_whole:
        return
    screen = console()
    whole = counts.whole["steps"] / n_whole
    table = Table("protocol", "run", "steps each", "ended here", "steps of those", "steps saved")
    for name, n_run in counts.protocols.items():
        count, used = counts.rejected[name], counts.rejected_steps[name]
        table.add_row(
            name,
            str(n_run),
            f"{counts.protocol_steps[name] / n_run:.0f}",
            str(count),
            f"{used / count:.0f}" if count else "",
            f"{count * whole - used:.0f}" if count else "",
        )
    screen.print(table)
    n_ended = sum(counts.rejected.values())
    share = 1 - counts.n_steps / (counts.n_evaluations * whole)
    screen.print(
        f"{n_ended} evaluations ended early, {n_whole} went to the end with "
        f"{whole:.0f} steps each: {share:.0%} of the steps were saved (had all taken that many)"
    )


def collected(found: Collected, out: Path) -> None:
    """Say what a population holds and how far to believe it."""
    from ..sampling.runs.diagnostics import GOOD_R_HAT

    screen = console()
    frame = found.population.frame
    diagnostics = found.diagnostics
    columns = [str(column) for column in frame]
    names = [name.removeprefix("parameters/") for name in columns if name.startswith("parameters/")]
    screen.print(
        f"{len(frame)} models (weight {int(frame['weight'].sum())}) from {found.n_walkers} walkers "
        f"({found.n_ensembles} ensembles) x {found.n_steps - found.burn_in} steps "
        f"after a burn-in of {found.burn_in}; {out}"
    )
    screen.print(
        f"acceptance {found.acceptance:.3f}; walkers that never moved {found.walkers_unmoved}; "
        f"cost {frame['cost'].min():.3f} to {frame['cost'].max():.3f}; "
        f"{found.n_outside} held steps dropped for their cost"
    )
    ess, tau = diagnostics.effective_sample_size, diagnostics.tau
    if found.n_lost:
        note(f"{found.n_lost} states are in segments that cannot be read; the rest is here")
    if found.condemned:
        from ..sampling.evaluation.flight import condemned_told

        note(condemned_told(found.condemned))
    if np.isfinite(tau).all():
        i = int(np.argmin(ess))
        screen.print(
            f"minimum effective sample size {ess[i]:.0f} ({names[i]}, tau {tau[i]:.1f} steps)"
        )
        if found.burn_in < 2 * tau.max():
            note(f"burn-in is below 2 tau; --burn-in {int(np.ceil(2 * tau.max()))} or more is due")
    screen.print(convergence_told(diagnostics, names))
    known = diagnostics.r_hat[diagnostics.is_assessed]
    if (known > GOOD_R_HAT).any():
        note(f"R-hat exceeds {GOOD_R_HAT}: the ensembles disagree; sample longer")


def collected_hall(population: Population, out: Path) -> None:
    """Say what the population of an optimisation holds."""
    cost = population.frame["cost"]
    console().print(
        f"{len(cost)} models of {population.frame['seed'].nunique()} searches; largest score "
        f"{cost.min():.3f} to {cost.max():.3f}; {out}"
    )
    add_result({"models": len(cost), "lowest_cost": float(cost.min())})


def status(folder: Path, found: RunStatus, names: Sequence[str]) -> None:
    """Show where a run stands."""
    screen = console()
    add_result({"steps": found.steps, "steps_asked": found.n_asked, "burn_in": found.burn_in})
    if found.diagnostics is not None:
        ess, r_hat = found.diagnostics.effective_sample_size, found.diagnostics.r_hat
        add_result(
            {
                "ess": {
                    n: None if np.isnan(x) else float(x) for n, x in zip(names, ess, strict=True)
                },
                "r_hat": {
                    n: float(x) if known and np.isfinite(x) else None
                    for n, x, known in zip(names, r_hat, found.diagnostics.is_assessed, strict=True)
                },
            }
        )
    if not found.steps:
        screen.print(
            f"{folder}: looking for starting points, {found.n_start} evaluations so far; "
            f"{found.n_asked} steps are asked for"
        )
    else:
        screen.print(
            f"{folder}: {min(found.steps)} to {max(found.steps)} of {found.n_asked} steps in "
            f"{len(found.steps)} ensembles of {found.n_walkers} walkers; "
            f"{found.counts.n_evaluations} evaluations; the first {found.burn_in} steps are left "
            "out below"
        )
    if len(found.costs):
        low, median, high = np.quantile(found.costs, [0.0, 0.5, 1.0])
        shares = ", ".join(f"{found.share_below(c):.0%} at or below {c}" for c in (3, 5))
        screen.print(
            f"acceptance {', '.join(f'{one:.3f}' for one in found.acceptance)}; cost {low:.3f} to "
            f"{high:.3f}, median of states {median:.3f}; {shares}"
        )
    if found.diagnostics is not None:
        diagnosis(found.diagnostics, names)
        hours = found.hours_to(ENOUGH)
        ess = found.diagnostics.effective_sample_size
        if np.isfinite(hours) and hours > 0:
            screen.print(
                f"ESS of {names[int(np.argmin(ess))]} is {ess.min():.0f}; about {hours:.2g} h more "
                f"on {found.n_workers} workers reach {ENOUGH}"
            )
    rejections(found.counts)
    if np.isfinite(found.idle):
        screen.print(f"workers of the last session: {found.n_workers}, idle {found.idle:.0%}")
    if found.condemned:
        from ..sampling.evaluation.flight import condemned_told

        screen.print(condemned_told(found.condemned), markup=False)
    if found.n_lost:
        screen.print(f"{found.n_lost} states are in segments that cannot be read")
    if found.in_flight:
        from ..sampling.evaluation.flight import describe

        screen.print(
            f"in flight now, or when the last session ended: {describe(found.in_flight)}",
            markup=False,
        )


def diagnosis(found: Diagnostics, names: Sequence[str]) -> None:
    """Show autocorrelation, effective size and R-hat of the parameters, the worst first."""
    table = Table("parameter", "tau (steps)", "ESS", "R-hat")
    order = np.argsort(np.nan_to_num(found.effective_sample_size, nan=0.0), kind="stable")
    for i in order[:10]:
        table.add_row(
            names[i],
            "did not move" if np.isnan(found.tau[i]) else f"{found.tau[i]:.1f}",
            "" if np.isnan(found.tau[i]) else f"{found.effective_sample_size[i]:.0f}",
            r_hat_told(found, int(i)),
        )
    screen = console()
    screen.print(table)
    if len(order) > 10:
        screen.print(f"and {len(order) - 10} more parameters with larger ESS")
    screen.print(convergence_told(found, names))


def r_hat_told(found: Diagnostics, i: int) -> str:
    """Say R-hat of a parameter, or why it is not said."""
    if np.isnan(found.r_hat[i]):
        return "not assessed"
    if not found.is_assessed[i]:
        return "not assessed (common start)"
    return f"{found.r_hat[i]:.3f}"


def convergence_told(found: Diagnostics, names: Sequence[str]) -> str:
    """Say in a sentence whether the chains have converged."""
    told = []
    if np.isnan(found.tau).any():
        stuck = names[int(np.argmax(np.isnan(found.tau)))]
        told.append(f"'{stuck}' did not move in some walkers: the chain says nothing yet")
    elif not found.is_reliable:
        needed = int(np.ceil(50 * found.tau.max()))
        told.append(f"unreliable: the chain is shorter than 50 tau, {needed} steps")
    known = np.where(found.is_assessed, found.r_hat, np.nan)
    if np.isfinite(known).any():
        i = int(np.nanargmax(known))
        verdict = "the ensembles agree" if known[i] < 1.05 else "the ensembles do not agree yet"
        told.append(f"largest R-hat {known[i]:.3f} ({names[i]}): {verdict}")
    else:
        told.append(
            "R-hat not assessed: it needs two ensembles from different starts, and four steps"
        )
    return "; ".join(told)


def optimisation(store: OptimiseStore) -> None:
    """Say where an optimisation stands: each search, and the best models."""
    from ..sampling.optimise import collect_hall

    progress = store.progress()
    if progress.empty:
        console().print(f"{store.folder}: no generation is done yet")
        return
    table = Table("stage", "seed", "generation", "evaluations", "best sum", "median sum")
    last = progress.groupby(["stage", "seed"], sort=False).tail(1)
    for row in last.to_dict(orient="records"):
        table.add_row(
            str(row["stage"]),
            str(row["seed"]),
            str(row["generation"]),
            str(row["n_evaluations"]),
            f"{row['best_sum']:.3f}",
            f"{row['median_sum']:.3f}",
        )
    console().print(table)
    n_over = int(progress["n_over_budget"].sum())
    if n_over:
        console().print(f"{n_over} evaluations took more integrator steps than they may")
    add_result(
        {
            "generations": int(last["generation"].iloc[-1]),
            "evaluations": int(last["n_evaluations"].sum()),
            "stage": str(last["stage"].iloc[-1]),
        }
    )
    if (store.folder / "hall_of_fame.parquet").exists():
        cost = collect_hall(store).frame["cost"]
        console().print(
            f"hall of fame: {len(cost)} models, largest score {cost.min():.3f} to {cost.max():.3f}"
        )
        add_result({"models": len(cost), "lowest_cost": float(cost.min())})
