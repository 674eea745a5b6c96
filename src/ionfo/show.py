"""What the terminal shows: tables, a progress bar, summaries."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from .emodels import EModel

if TYPE_CHECKING:
    from .sampling import Progress as RunProgress
    from .sampling import Target
    from .sampling.evaluator import Evaluation
    from .sampling.population import Collected
    from .sampling.profile import Profile
    from .sampling.stop import StopRun

_LINE_SECONDS = 15.0  # between progress lines when the output is no terminal


def console() -> Console:
    """Make a console that never cuts names, also in files and pipes."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 140)


def note(text: str) -> None:
    """Print one line to standard error."""
    print(f"ionfo: {text}", file=sys.stderr)


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


def worst_features(emodel: EModel, evaluations: list[Evaluation], n_rows: int = 10) -> None:
    """Show the features with the largest scores."""
    scores = np.array([one.scores for one in evaluations])
    features = np.array([one.features for one in evaluations])
    typical = np.median(scores, axis=0)
    n_models = len(evaluations)
    table = Table(
        "worst features", "value", "target", "score" if n_models == 1 else "median score", "missing"
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
    costs = np.array([one.cost for one in evaluations])
    n_failed = sum(bool(one.reasons) for one in evaluations)
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


class SampleProgress:
    """Progress of a run: a bar on a terminal, a line now and then in a log."""

    def __init__(self) -> None:
        self._bar: Progress | None = None
        self._tasks: dict[str, object] = {}
        self._last = 0.0

    def __enter__(self) -> SampleProgress:
        if sys.stdout.isatty():
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
        if self._bar is not None:
            if progress.phase not in self._tasks:
                self._tasks[progress.phase] = self._bar.add_task(
                    progress.phase, total=progress.total, told=told
                )
            self._bar.update(
                self._tasks[progress.phase],  # type: ignore[arg-type]
                completed=progress.done,
                told=told,
            )
            return
        now = time.monotonic()
        if now - self._last > _LINE_SECONDS:
            self._last = now
            print(f"{progress.phase} {progress.done}/{progress.total}  {told}", flush=True)


def run_summary(out: Path, target: Target, seconds: float) -> None:
    """Say what a run did."""
    screen = console()
    screen.print(
        f"{target.n_evaluations} evaluations, {target.n_steps} integrator steps, "
        f"{seconds:.0f} s; run in {out}"
    )
    if target.rejected and target.n_whole:
        whole = target.n_whole_steps / target.n_whole
        table = Table("ended by", "evaluations", "steps each", "steps saved")
        for name, count in target.rejected.most_common():
            used = target.rejected_steps[name]
            table.add_row(name, str(count), f"{used / count:.0f}", f"{count * whole - used:.0f}")
        screen.print(table)
        n_ended = sum(target.rejected.values())
        share = 1 - target.n_steps / (target.n_evaluations * whole)
        screen.print(
            f"{n_ended} evaluations ended early, {target.n_whole} went to the end with "
            f"{whole:.0f} steps each: {share:.0%} of the steps were saved (had all taken that many)"
        )
    screen.print(f"next: ionfo collect {out} --out population.parquet")
    if target.reasons:
        total = sum(target.reasons.values())
        screen.print(f"{total} evaluations missed features; the commonest first reasons:")
        for reason, count in target.reasons.most_common(5):
            screen.print(f"  {count:6d}  {reason}", markup=False)


def stopped(out: Path, why: StopRun) -> None:
    """Say that a run was stopped and what to do."""
    from .sampling import RunStore

    steps = RunStore(out).state["steps"]
    note(f"stopped by {why} after {steps} steps, all stored in '{out}'; the same command resumes")


def collected(found: Collected, out: Path) -> None:
    """Say what a population holds and how far to believe it."""
    screen = console()
    frame = found.population.frame
    diagnostics = found.diagnostics
    columns = [str(column) for column in frame]
    names = [name.removeprefix("parameters/") for name in columns if name.startswith("parameters/")]
    screen.print(
        f"{len(frame)} models (weight {int(frame['weight'].sum())}) from {found.n_walkers} walkers "
        f"x {found.n_steps - found.burn_in} steps after a burn-in of {found.burn_in}; {out}"
    )
    screen.print(
        f"acceptance {found.acceptance:.3f}; walkers that never moved {found.walkers_unmoved}; "
        f"cost {frame['cost'].min():.3f} to {frame['cost'].max():.3f}; "
        f"{found.n_above} held steps dropped for their cost"
    )
    ess, tau = diagnostics.effective_sample_size, diagnostics.tau
    if not np.isfinite(tau).all():
        stuck = [name for name, value in zip(names, tau, strict=True) if not np.isfinite(value)]
        note(f"no effective sample size: '{stuck[0]}' did not move in some walkers; sample longer")
        return
    i = int(np.argmin(ess))
    screen.print(
        f"minimum effective sample size {ess[i]:.0f} ({names[i]}, tau {tau[i]:.1f} steps)"
        + ("" if diagnostics.is_reliable else "; unreliable, the chain is shorter than 50 tau")
    )
    if not diagnostics.is_reliable:
        needed = int(np.ceil(50 * tau.max()))
        note(f"the chain is short: 50 tau are {needed} steps; take ESS and bands with care")
    if found.burn_in < 2 * tau.max():
        note(f"burn-in is below 2 tau; --burn-in {int(np.ceil(2 * tau.max()))} or more is advised")
