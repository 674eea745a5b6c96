"""``ionfo analyse``: from a table to information with nulls, figures and a summary."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from . import show
from .analysis import (
    Design,
    Found,
    PairwiseInformation,
    Passes,
    Question,
    Spectrum,
    find_extremes,
    pairwise_information,
    sampled_spectrum,
    wishart_bias,
)
from .analysis.lattice import table_bytes
from .analysis.measures import Measure
from .analysis.memory import available_memory
from .analysis.multiplets import spectrum_of
from .analysis.report import (
    Answer,
)
from .analysis.resampling import (
    Bands,
    Null,
    null_of,
    replacement_bands,
    subsample_bands,
)
from .analysis_output import draw_figures, summary_content, tell, write_tables
from .analysis_table import read_analysis_table
from .analysis_work import AnalysisSettings, Work, check_settings, make_work
from .errors import IonfoError
from .pass_runner import Curves, Request, run_exhaustive, run_passes
from .sampling.files import write_text

LARGEST_TABLE = 30
"""Up to so many variables every multiplet is measured, where memory allows."""


def analyse_population(
    file: Path,
    out: Path,
    targets: Sequence[str] = (),
    settings: AnalysisSettings | None = None,
) -> None:
    """Measure mutual information, O-information and RSI with their nulls, and draw them.

    Parameters
    ----------
    file : Path
        A population (``parameters/`` and ``features/`` columns, optionally ``weight``,
        ``ensemble``, ``walker`` and ``step``), or any table of numbers.
    out : Path
        Folder for the results; made if need be.
    targets : sequence of str
        Features whose RSI is measured; goes before those of `settings`.
    settings : AnalysisSettings, optional
        What else to do.

    Raises
    ------
    IonfoError
        If the file is unfit, a target is unknown, or the columns are degenerate.
    """
    asked = settings or AnalysisSettings()
    wanted = list(dict.fromkeys([*targets, *asked.targets]))
    check_settings(asked)
    table = read_analysis_table(file, wanted)
    try:
        work = make_work(table, wanted, asked)
    except ValueError as error:
        raise IonfoError(f"'{file}' cannot be analysed: {error}") from None
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise IonfoError(f"folder '{out}' cannot be made: {error.strerror}") from None
    began = time.monotonic()
    try:
        answers = _answers(work, out)
    except ValueError as error:
        raise IonfoError(f"'{file}' cannot be analysed: {error}") from None
    pairs, about = _pairs(work)
    write_tables(out, work, answers, pairs, about)
    draw_figures(out, work, answers, pairs, about)
    summary = summary_content(file, work, answers, pairs)
    write_text(out / "summary.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")
    tell(answers, work, pairs, out, time.monotonic() - began)


def parse_orders(text: str) -> tuple[int, ...]:
    """Read orders such as ``3-6,10``.

    Raises
    ------
    IonfoError
        If the text is something else.

    Examples
    --------
    >>> parse_orders("3-5,9")
    (3, 4, 5, 9)
    """
    orders: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        last = last if dash else first
        if not first.isdigit() or not last.isdigit() or int(last) < int(first):
            raise IonfoError(f"--orders must be numbers and ranges such as 3-6,10, got '{text}'")
        orders.update(range(int(first), int(last) + 1))
    return tuple(sorted(orders))


def _answers(work: Work, out: Path) -> list[Answer]:
    asked, n = work.settings, len(work.table.parameter_names)
    spectra: list[tuple[Measure, Spectrum, tuple[Found, Found] | None]] = []
    seconds = 0.0
    exhaustive = n <= LARGEST_TABLE and _fits(n)
    if exhaustive and table_bytes(n) >= 2**30:
        show.note(f"the table of all multiplets takes {table_bytes(n) / 2**30:.0f} GiB of memory")
    if not exhaustive:
        show.note(
            f"a table of all multiplets of {n} parameters takes "
            f"{table_bytes(n) / 2**30:,.0f} GiB; {work.passes.design.n_samples} multiplets per "
            "order are drawn and extremes searched for"
        )
    for question in work.questions:
        began = time.monotonic()
        measure = question.measure(work.passes.correlation(question, work.sample))
        orders = [k for k in asked.orders if k in question.orders] or None
        if exhaustive:
            spectra.append((measure, spectrum_of(measure, orders, threads=work.threads), None))
            seconds += time.monotonic() - began
            continue
        correlation = work.passes.correlation(question, work.sample)
        target = None if question.target is None else n
        spectrum = sampled_spectrum(
            correlation, question.name, target, seed=asked.seed, orders=orders
        )
        found = [
            find_extremes(
                correlation, question.name, target, side=side, seed=asked.seed, orders=orders
            )
            for side in ("lowest", "highest")
        ]
        spectra.append((measure, spectrum, (found[0], found[1])))

    null, subsampled, replaced = _replicates(work, out, seconds if exhaustive else None)
    design = Design(True) if _nulls_are_full(work, exhaustive) else work.passes.design
    answers = []
    for i, question in enumerate(work.questions):
        measure, spectrum, found_here = spectra[i]
        design_curve = Design(design.exhaustive, seed=asked.seed, threads=work.threads)
        curve = design_curve.curve(measure, question.orders)
        bands: list[Bands | None] = [None, None]
        unbiased = curve - _bias(question, work.sample.nu)
        if subsampled[i]:
            bands = [
                subsample_bands(
                    question,
                    unbiased,
                    subsampled[i],
                    work.passes.fraction,
                    work.passes.nu("subsample"),
                ),
                replacement_bands(question, unbiased, replaced[i], work.passes.nu("replacement")),
            ]
        name = work.target(question)
        label = "O-information of the parameters" if name is None else f"RSI about {name}"
        answers.append(
            Answer(
                question=question,
                label=label,
                names=tuple(work.table.parameter_names),
                target=name,
                spectrum=spectrum,
                curve=curve,
                measured=design.measured(n, question.orders),
                nu=work.sample.nu,
                null=null[i],
                subsamples=bands[0],
                replacements=bands[1],
                replicates=np.array(subsampled[i]),
                found=found_here,
            )
        )
    return answers


def _replicates(
    work: Work, out: Path, seconds: float | None
) -> tuple[list[Null | None], list[Curves], list[Curves]]:
    """Run all passes and hand them out by question."""
    asked, passes = work.settings, work.passes
    n_needed = max(len(one.used) for one in work.questions)
    n_shuffles = asked.shuffles
    if n_shuffles and len(passes.rows) <= n_needed:
        show.note(
            f"no null: the sample is worth {len(passes.rows)} independent rows, and more than "
            f"{n_needed} are needed; sample longer"
        )
        n_shuffles = 0
    full = _nulls_are_full(work, seconds is not None) and n_shuffles > 0
    n_bootstrap = asked.bootstrap
    n_taken = passes.fraction * len(work.sample.blocks)
    if n_bootstrap and (n_taken <= 2 or passes.fraction * work.sample.n_rows <= n_needed):
        show.note(f"no replicates: {work.sample.n_rows} rows are too few to resample")
        n_bootstrap = 0
    requests: list[Request] = [
        *(("shuffle", i) for i in range(0 if full else n_shuffles)),
        *(("subsample", i) for i in range(n_bootstrap)),
        *(("replacement", i) for i in range(n_bootstrap)),
    ]
    found = run_passes(passes, requests, work.threads)
    n_first = 0 if full else n_shuffles
    shuffled, rest = found[:n_first], found[n_first:]
    observed_passes = passes
    if full:
        assert seconds is not None
        folder = out / "exhaustive_nulls"
        shuffled = run_exhaustive(passes, asked.exhaustive_nulls, work.threads, folder, seconds)
        observed_passes = Passes(
            passes.sample,
            passes.rows,
            passes.estimator,
            passes.questions,
            Design(True, threads=work.threads),
            passes.seed,
        )
    nulls: list[Null | None] = [None] * len(work.questions)
    if shuffled:
        observed = observed_passes.observed()
        nulls = [
            null_of(question, observed[i], [one[i] for one in shuffled], len(passes.rows))
            for i, question in enumerate(work.questions)
        ]
    halves = rest[:n_bootstrap], rest[n_bootstrap:]
    by_question = [
        [[one[i] for one in half] for i in range(len(work.questions))] for half in halves
    ]
    return nulls, by_question[0], by_question[1]


def _nulls_are_full(work: Work, exhaustive: bool) -> bool:
    """Whether shuffles measure every multiplet although there are more than 24 variables."""
    asked = work.settings.exhaustive_nulls > 0 and not work.passes.design.exhaustive
    return asked and exhaustive


def _bias(question: Question, nu: float) -> NDArray[np.float64]:
    return wishart_bias(question.name, question.orders, nu)[:, None]


def _fits(n: int) -> bool:
    available = available_memory()
    return available is None or table_bytes(n) < available


def _pairs(work: Work) -> tuple[list[PairwiseInformation], list[PairwiseInformation]]:
    """Pairs of parameters, and parameters with features: histogram and Gaussian."""
    rows = work.passes.rows
    parameters = work.table.parameters[rows]
    pairs, about = [], []
    kinds: tuple[tuple[str, int], ...] = (
        ("histogram", work.settings.permutations),
        ("gaussian", 0),
    )
    fit = (np.ptp(parameters, axis=0) > 0).all() and len(rows) >= 10
    features = work.table.features[rows]
    if not fit:
        return [], []
    for kind, n in kinds:
        settings = dict(
            estimator=kind, n_permutations=n, seed=work.settings.seed, threads=work.threads
        )
        pairs.append(pairwise_information(parameters, **settings))  # type: ignore[arg-type]
        if features.shape[1] and (np.ptp(features, axis=0) > 0).all():
            about.append(pairwise_information(parameters, features, **settings))  # type: ignore[arg-type]
    return pairs, about
