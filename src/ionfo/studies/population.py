"""``ionfo analyse``: from a table to information with nulls, figures and a summary."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from typing_extensions import Unpack

from ..analysis import (
    Design,
    Found,
    Question,
    Spectrum,
    find_extremes,
    sampled_spectrum,
    wishart_bias,
)
from ..analysis.answers import Answer
from ..analysis.measures.predicted import predicted_share
from ..analysis.memory import available_memory
from ..analysis.multiplets.lattice import new_table, table_bytes
from ..analysis.multiplets.sampled import N_SAMPLES
from ..analysis.multiplets.spectrum import spectrum_of
from ..analysis.uncertainty.bands import replacement_bands, subsample_bands
from ..analysis.uncertainty.recurrence import recurrence
from ..errors import IonfoError, note
from ..limits import split_whole_numbers
from ..progress import progress
from ..tables.files import make_folder
from ..tables.matrix import Table, analysis_table, read_analysis_table
from ..tables.population import Population
from .beyond_pairs import beyond_pairs
from .constraints import constraints_of
from .findings import Findings
from .pairs import pairs_of
from .plan import (
    MOST_VARIABLES,
    AnalysisSettings,
    PopulationOptions,
    Work,
    check_settings,
    make_work,
)
from .replicates import by_the_other, replicates_of
from .sensitivity import sensitivity_frame

_BESIDE_THE_TABLE = 2**29  # bytes for everything else

LARGEST_TABLE = 30
"""Up to so many variables every multiplet is measured, where memory allows."""


def analyse_population(
    file: Path,
    out: Path,
    targets: Sequence[str] = (),
    settings: AnalysisSettings | None = None,
) -> Findings:
    """Measure mutual information, O-information and RSI with their nulls, and draw them.

    Parameters
    ----------
    file : Path
        A population (``parameters/`` and ``features/`` columns, optionally ``weight``,
        ``ensemble``, ``walker`` and ``step``), or any table of numbers.
    out : Path
        Folder for the results and their page; made if need be.
    targets : sequence of str
        Features whose RSI is measured; goes before those of `settings`.
    settings : AnalysisSettings, optional
        What else to do.

    Returns
    -------
    Findings
        What was written.

    Raises
    ------
    IonfoError
        If the file is unfit, a target is unknown, or the columns are degenerate.
    """
    asked = settings or AnalysisSettings()
    wanted = list(dict.fromkeys([*targets, *asked.targets]))
    check_settings(asked)
    table = read_analysis_table(file, wanted, asked.exclude, asked.reading)
    findings = measure(table, file, wanted, asked, out)
    findings.report(out)
    return findings


def analyse(
    population: str | Path | pd.DataFrame | Population,
    targets: Sequence[str] = (),
    **options: Unpack[PopulationOptions],
) -> Findings:
    """Measure how the columns of a population, or of any table, act together.

    Parameters
    ----------
    population : path, DataFrame or Population
        A population (``parameters/`` and ``features/`` columns), or any table of numbers.
    targets : sequence of str
        Features whose RSI is measured.
    **options
        Those of ``ionfo analyse``: exclude, orders, estimator, bootstrap, shuffles, permutations,
        seed, threads, pairs, keep, drop_missing, separator, decimal; see `AnalysisSettings`.

    Returns
    -------
    Findings
        Tables, figures, sentences; nothing is written until it is asked to.

    Raises
    ------
    IonfoError
        If the table is unfit, a target is unknown, or the columns are degenerate.

    Examples
    --------
    >>> import numpy as np
    >>> table = pd.DataFrame(np.random.default_rng(0).standard_normal((80, 4)), columns=[*"abcd"])
    >>> findings = analyse(table, shuffles=0, bootstrap=0, permutations=0)
    >>> sorted(set(findings.o_information["order"]))
    [3, 4]
    """
    asked = AnalysisSettings(**options)
    check_settings(asked)
    wanted = list(targets)
    if isinstance(population, (str, Path)):
        file = Path(population)
        read = read_analysis_table(file, wanted, asked.exclude, asked.reading)
        return measure(read, file, wanted, asked)
    metadata: dict[str, Any] = {}
    if isinstance(population, Population):
        frame, metadata = population.frame, population.metadata
    else:
        frame = population
    origin = Path("population.parquet")
    table = analysis_table(frame, metadata, origin, wanted, asked.exclude, asked.reading)
    found = measure(table, origin, wanted, asked)
    return replace(found, table=frame, metadata=metadata)


def measure(
    table: Table,
    origin: Path,
    wanted: list[str],
    asked: AnalysisSettings,
    kept: Path | None = None,
) -> Findings:
    """Measure a table that was read.

    Parameters
    ----------
    table : Table
        The rows.
    origin : Path
        Where they came from, for words.
    wanted : list of str
        Targets of the RSI.
    asked : AnalysisSettings
        Checked.
    kept : Path, optional
        Folder that keeps long computations for when they are asked for again.

    Returns
    -------
    Findings
        Nothing is written.

    Raises
    ------
    IonfoError
        If the columns are degenerate.
    """
    began = time.monotonic()
    try:
        work = make_work(table, wanted, asked)
        if kept is not None:
            make_folder(kept)  # what is in the way is said before the work
        answers = _answers(work, kept)
    except ValueError as error:
        raise IonfoError(f"'{origin}' cannot be analysed: {error}") from None
    pairs, about = pairs_of(work)
    with progress("beyond pairs", 2) as advance:
        beyond = beyond_pairs(work, answers[0])
        advance()
        sensitivity = sensitivity_frame(work)
        advance()
    made = constraints_of(table.point, len(table.parameters))
    seconds = time.monotonic() - began
    return Findings(
        origin, work, answers, pairs, about, seconds, None, None, beyond, sensitivity, made
    )


def parse_orders(
    texts: str | Sequence[str], option: str = "--orders", most: int = MOST_VARIABLES
) -> tuple[int, ...]:
    """Read orders, or other numbers up to `most`, such as ``3-6,10``: each once, in order.

    Raises
    ------
    IonfoError
        If the text is something else, or names too large or too many numbers.

    Examples
    --------
    >>> parse_orders("9, 3-5")
    (3, 4, 5, 9)
    """
    return tuple(sorted(set(split_whole_numbers(texts, option, most))))


def _answers(work: Work, kept: Path | None) -> list[Answer]:
    n = len(work.table.parameter_names)
    exhaustive = n <= LARGEST_TABLE and _fits(n)
    if exhaustive and table_bytes(n) >= 2**30:
        note(f"the table of all multiplets takes {table_bytes(n) / 2**30:.0f} GiB of memory")
    if not exhaustive:
        note(
            f"a table of all multiplets of {n} parameters takes "
            f"{table_bytes(n) / 2**30:,.0f} GiB; {N_SAMPLES} multiplets per order are "
            "drawn and extremes searched for"
        )
    began = time.monotonic()
    spectra = []
    room = new_table(n) if exhaustive else None  # one for all: gigabytes take seconds to get
    with progress("spectra", len(work.questions)) as advance:
        for question in work.questions:
            spectra.append(_spectrum(work, question, room))
            advance()
    del room
    seconds = time.monotonic() - began
    # the null of every multiplet of many variables is asked for by name
    full = work.settings.exhaustive_nulls > 0 and not work.passes.design.exhaustive and exhaustive
    tested = (
        replace(work.passes, design=Design(True, threads=work.threads)) if full else work.passes
    )
    nulls, subsampled, replaced = replicates_of(work, tested, kept, seconds)
    others = by_the_other(work)
    answers = []
    for i, question in enumerate(work.questions):
        correlation = work.passes.correlation(question, work.sample)
        curve = tested.design.curve(question.measure(correlation), question.orders)
        corrected = curve - wishart_bias(question.name, question.orders, work.sample.nu)[:, None]
        subsamples = replacements = None
        if subsampled[i]:
            subsamples = subsample_bands(
                question,
                corrected,
                subsampled[i],
                work.passes.fraction,
                work.passes.nu("subsample"),
                len(work.passes.blocks),
            )
            replacements = replacement_bands(
                question,
                corrected,
                replaced[i],
                work.passes.nu("replacement"),
                len(work.passes.blocks),
            )
        target = work.target(question)
        answers.append(
            Answer(
                question=question,
                label="O-information of the parameters"
                if target is None
                else f"RSI about {target}",
                names=tuple(work.table.parameter_names),
                target=target,
                spectrum=spectra[i][0],
                curve=curve,
                measured=tested.design.measured(n, question.orders),
                nu=work.sample.nu,
                null=nulls[i],
                subsamples=subsamples,
                replacements=replacements,
                replicates=np.array(subsampled[i]).reshape(-1, *curve.shape),
                found=spectra[i][1],
                other=others[i] if others else None,
                predicted=_predicted(correlation, question, spectra[i][0], work.sample.nu),
            )
        )
    with progress("extreme multiplets again", len(answers)) as advance:
        for i, answer in enumerate(answers):
            answers[i] = _with_recurrence(work, answer)
            advance()
    return answers


def _predicted(
    correlation: NDArray[np.float64], question: Question, spectrum: Spectrum, nu: float
) -> NDArray[np.float64] | None:
    """Shares of the target's variance that the lowest multiplets, and their members, predict."""
    if question.target is None:
        return None
    target, degrees = question.n, nu if nu > question.n + 1 else None
    alone = [predicted_share(correlation, target, [i], degrees) for i in range(question.n)]
    return np.array(
        [
            (predicted_share(correlation, target, group, degrees), max(alone[i] for i in group))
            for group in spectrum.argmin
        ]
    )


def _with_recurrence(work: Work, answer: Answer) -> Answer:
    """Judge the extreme multiplets; against shuffles only where these measured all multiplets."""
    listed = [
        (side, multiplet)
        for side, of in (("lowest", answer.spectrum.lowest), ("highest", answer.spectrum.highest))
        for some in of
        for multiplet, _ in some
    ]
    if not listed:
        return answer
    null = answer.null if answer.nothing_was_drawn else None
    found = recurrence(work.passes, answer.question, listed, null, answer.replicates)
    return replace(answer, recurrence=found)


def _spectrum(
    work: Work, question: Question, room: NDArray[np.float64] | None
) -> tuple[Spectrum, tuple[Found, Found] | None]:
    """Measure all multiplets if there is room for them, or draw some and search for extremes."""
    correlation = work.passes.correlation(question, work.sample)
    orders = [k for k in work.settings.orders if k in question.orders] or None
    if room is not None:
        measure = question.measure(correlation)
        room = room[: 1 << measure.n]
        return spectrum_of(measure, orders, threads=work.threads, table=room), None
    target, seed = None if question.target is None else question.n, work.settings.seed
    spectrum = sampled_spectrum(correlation, question.name, target, seed=seed, orders=orders)
    lowest = find_extremes(
        correlation, question.name, target, side="lowest", seed=seed, orders=orders
    )
    highest = find_extremes(
        correlation, question.name, target, side="highest", seed=seed, orders=orders
    )
    return spectrum, (lowest, highest)


def _fits(n: int) -> bool:
    available = available_memory()
    return available is None or table_bytes(n) + _BESIDE_THE_TABLE < available
