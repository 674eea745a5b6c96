"""``ionfo analyse``: from a table to information with nulls, figures and a summary."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from . import show
from .analysis import (
    Design,
    Found,
    PairwiseInformation,
    Passes,
    Question,
    Sample,
    Spectrum,
    estimated_correlation,
    figures,
    find_extremes,
    mutual_information,
    pairwise_information,
    plots,
    sampled_spectrum,
)
from .analysis.estimators import ESTIMATORS, Estimator
from .analysis.lattice import table_bytes
from .analysis.measures import Measure
from .analysis.memory import available_memory
from .analysis.multiplets import spectrum_of, usable_cores
from .analysis.report import (
    Answer,
    curve_frame,
    extremes_frame,
    frequency_frame,
    histogram_frame,
    pairs_frame,
    spectrum_frame,
    summary_of,
)
from .analysis.resampling import (
    EXHAUSTIVE_N,
    Bands,
    Null,
    null_of,
    replacement_bands,
    subsample_bands,
)
from .analysis_table import Table, read_analysis_table
from .errors import IonfoError
from .pass_runner import Curves, Request, run_exhaustive, run_passes
from .sampling.files import write_table, write_text

N_DEFAULT_TARGETS = 2
"""Features whose RSI is measured when none is named."""

LARGEST_TABLE = 30
"""Up to so many variables every multiplet is measured, where memory allows."""


@dataclass(frozen=True)
class AnalysisSettings:
    """What to measure and how well to test it.

    Attributes
    ----------
    targets : tuple of str
        Features whose RSI is measured; empty for the two about which the parameters together
        tell most.
    orders : tuple of int
        Orders to report; empty for all.
    estimator : str
        ``gaussian`` or ``copula``.
    bootstrap, shuffles, permutations : int
        Replicates of each kind, shuffles, and draws of the null of each pair; 0 for none.
    exhaustive_nulls : int
        Shuffles that measure every multiplet of more than 24 variables.
    seed : int
        Of all random numbers.
    threads : int or None
        At work at a time; default the cores this process may use.  No result depends on it.
    """

    targets: tuple[str, ...] = ()
    orders: tuple[int, ...] = ()
    estimator: Estimator = "gaussian"
    bootstrap: int = 50
    shuffles: int = 100
    permutations: int = 1000
    exhaustive_nulls: int = 0
    seed: int = 0
    threads: int | None = None


@dataclass(frozen=True)
class _Work:
    """What is analysed: the table, the rows, and the questions put to them."""

    table: Table
    sample: Sample
    targets: list[str]
    questions: tuple[Question, ...]
    passes: Passes
    settings: AnalysisSettings

    @property
    def threads(self) -> int:
        return self.settings.threads or usable_cores()

    def names(self, question: Question) -> tuple[str, ...]:
        return tuple(self.table.parameter_names)

    def target(self, question: Question) -> str | None:
        if question.target is None:
            return None
        return self.targets[question.target - len(self.table.parameter_names)]


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
    _check(asked)
    table = read_analysis_table(file, wanted)
    try:
        work = _work(table, wanted, asked)
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
    _write_tables(out, work, answers, pairs, about)
    _draw(out, work, answers, pairs, about)
    summary = _summary(file, work, answers, pairs)
    write_text(out / "summary.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")
    _tell(answers, work, pairs, out, time.monotonic() - began)


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


def _check(asked: AnalysisSettings) -> None:
    if asked.estimator not in ESTIMATORS:
        raise IonfoError(
            f"--estimator must be one of {', '.join(ESTIMATORS)}, got '{asked.estimator}'"
        )
    for name, value, smallest in (
        ("bootstrap", asked.bootstrap, 2),
        ("shuffles", asked.shuffles, 2),
        ("permutations", asked.permutations, 1),
        ("exhaustive-nulls", asked.exhaustive_nulls, 2),
    ):
        if value != 0 and value < smallest:
            raise IonfoError(f"--{name} must be 0 or at least {smallest}, got {value}")
    if asked.seed < 0:
        raise IonfoError(f"--seed must not be negative, got {asked.seed}")


def _work(table: Table, wanted: list[str], asked: AnalysisSettings) -> _Work:
    n = len(table.parameter_names)
    correlation = estimated_correlation(
        table.parameters, table.weights, asked.estimator, table.parameter_names
    )
    if asked.orders and not 3 <= asked.orders[0] <= asked.orders[-1] <= n:
        raise ValueError(f"--orders must be from 3 to {n} for its {n} parameters")
    for name in wanted:
        _joint(table, name, asked.estimator)  # refuses what follows from the parameters
    targets = wanted or _most_informed(table, correlation, asked.estimator)
    if not targets:
        show.note("no feature varies in all models: no redundancy-synergy index")
    columns = [table.features[:, [table.feature_names.index(name)]] for name in targets]
    sample = Sample(
        np.hstack([table.parameters, *columns]), table.weights, table.walker, table.step
    )
    questions = (
        Question("o_information", tuple(range(n))),
        *(
            Question("redundancy_synergy_index", tuple(range(n)), n + i)
            for i in range(len(targets))
        ),
    )
    rows = sample.thinned(np.random.default_rng([asked.seed, 17]))
    design = Design(n <= EXHAUSTIVE_N, seed=asked.seed)
    passes = Passes(sample, rows, asked.estimator, questions, design, asked.seed)
    return _Work(table, sample, targets, questions, passes, asked)


def _joint(table: Table, feature: str, estimator: Estimator) -> NDArray[np.float64]:
    """Correlation of all parameters and one feature, the feature last."""
    column = table.features[:, [table.feature_names.index(feature)]]
    values = np.hstack([table.parameters, column])
    return estimated_correlation(
        values, table.weights, estimator, [*table.parameter_names, feature]
    )


def _most_informed(
    table: Table, correlation: NDArray[np.float64], estimator: Estimator
) -> list[str]:
    """Features about which all parameters together tell most: the largest R^2."""
    explained = {}
    for name in table.feature_names:
        try:
            link = _joint(table, name, estimator)[-1, :-1]
        except ValueError:  # the parameters tell all of it
            show.note(f"feature '{name}' follows from the parameters and is no target")
            continue
        explained[name] = float(link @ np.linalg.solve(correlation, link))
    best = sorted(explained, key=lambda name: -explained[name])[:N_DEFAULT_TARGETS]
    return [name for name in table.feature_names if name in best]


def _answers(work: _Work, out: Path) -> list[Answer]:
    asked, n = work.settings, len(work.table.parameter_names)
    spectra: list[tuple[Measure, Spectrum, tuple[Found, Found] | None]] = []
    seconds = 0.0
    exhaustive = n <= LARGEST_TABLE and _fits(n)
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
                names=work.names(question),
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
    work: _Work, out: Path, seconds: float | None
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


def _nulls_are_full(work: _Work, exhaustive: bool) -> bool:
    """Whether shuffles measure every multiplet although there are more than 24 variables."""
    asked = work.settings.exhaustive_nulls > 0 and not work.passes.design.exhaustive
    return asked and exhaustive


def _bias(question: Question, nu: float) -> NDArray[np.float64]:
    from .analysis import wishart_bias

    return wishart_bias(question.name, question.orders, nu)[:, None]


def _fits(n: int) -> bool:
    available = available_memory()
    return available is None or table_bytes(n) < available


def _pairs(work: _Work) -> tuple[list[PairwiseInformation], list[PairwiseInformation]]:
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


def _write_tables(
    out: Path,
    work: _Work,
    answers: list[Answer],
    pairs: list[PairwiseInformation],
    about: list[PairwiseInformation],
) -> None:
    names, features = work.table.parameter_names, work.table.feature_names
    correlation = work.passes.correlation(work.questions[0], work.sample)
    matrix = pd.DataFrame(mutual_information(correlation), columns=names)
    matrix.insert(0, "parameter", names)
    write_table(out / "mutual_information.csv", matrix)
    frames: dict[str, pd.DataFrame] = {}
    if pairs:
        frames["mutual_information_pairs"] = pairs_frame(pairs[0], pairs[1], names, names)
    if about:
        frames["mutual_information_features"] = pairs_frame(about[0], about[1], names, features)
    for stem, some in (("o_information", answers[:1]), ("redundancy_synergy", answers[1:])):
        if not some:
            continue
        frames[stem] = _stack([spectrum_frame(one) for one in some])
        frames[f"{stem}_curves"] = _stack([curve_frame(one, work.sample) for one in some])
        frames[f"{stem}_extremes"] = _stack([extremes_frame(one) for one in some])
        if some[0].spectrum.histogram:
            frames[f"{stem}_frequencies"] = _stack([frequency_frame(one) for one in some])
            frames[f"{stem}_histogram"] = _stack([histogram_frame(one) for one in some])
    for stem, frame in frames.items():
        write_table(out / f"{stem}.csv", frame)
        write_table(out / f"{stem}.parquet", frame)


def _stack(frames: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)


def _title(work: _Work) -> str:
    return (
        f"{_estimator(work)}, {work.sample.told}\n{work.settings.shuffles} shuffles of "
        f"{len(work.passes.rows)} rows, {work.settings.bootstrap} replicates"
    )


def _estimator(work: _Work) -> str:
    kind = {"gaussian": "Gaussian", "copula": "Gaussian copula"}[work.settings.estimator]
    exact = work.settings.estimator == "gaussian" and not work.sample.is_chain
    exact = exact and bool(np.ptp(work.sample.weights) == 0)
    how = "exact Wishart bias" if exact else "Wishart bias as an approximation"
    return f"{kind}, {how} with nu = {work.sample.nu:.1f}"


def _draw(
    out: Path,
    work: _Work,
    answers: list[Answer],
    pairs: list[PairwiseInformation],
    about: list[PairwiseInformation],
) -> None:
    title, names = _title(work), work.table.parameter_names
    _save(
        out / "o_information",
        figures.information_by_order(answers[:1], "O-information (nats)", title),
    )
    if answers[1:]:
        _save(
            out / "redundancy_synergy",
            figures.information_by_order(answers[1:], "RSI (nats)", title),
        )
        _save(out / "redundancy_synergy_minimal", figures.synergy_curves(answers[1:], title))
    for stem, some in (("o_information", answers[:1]), ("redundancy_synergy", answers[1:])):
        for i, one in enumerate(some):
            if len(one.spectrum.frequency_lowest):
                number = f"_{i + 1}" if stem != "o_information" else ""
                figure = figures.frequency_maps(one, f"{one.label}; {title}")
                _save(out / f"{stem}_frequencies{number}", figure)
    if pairs:
        told = (
            f"histogram of {pairs[0].n_bins} x {pairs[0].n_bins} bins, n = {pairs[0].n_rows} rows, "
            f"{pairs[0].n_permutations} permutations; dots and lines: adjusted p <= 0.05 and "
            ">= 0.1 nats"
        )
        figure = figures.pair_matrix(pairs[0], names, names, told)
        _save(out / "mutual_information", figure)
        figure = figures.information_network(pairs[0], names, told)
        _save(out / "mutual_information_network", figure)
        if about:
            figure = figures.pair_matrix(about[0], names, work.table.feature_names, told)
            _save(out / "mutual_information_features", figure)
    else:
        correlation = work.passes.correlation(work.questions[0], work.sample)
        figure = plots.information_map(mutual_information(correlation), names, title)
        _save(out / "mutual_information", figure)
    cost = work.table.cost
    _save(
        out / "components",
        figures.components(work.table.parameters, names, cost, "cost", title),
    )
    _draw_distributions(out, work.table)


def _draw_distributions(out: Path, table: Table) -> None:
    units: dict[str, str] = {}
    bounds: dict[str, tuple[float, float]] = {}
    goals: dict[str, tuple[float, float]] = {}
    n_models, emodel = len(table.parameters), table.emodel
    if emodel is not None:
        units = {p.name: p.unit for p in emodel.parameters}
        units |= {feature.name: feature.unit for feature in emodel.features}
        bounds = {p.name: p.bounds for p in emodel.parameters if p.bounds is not None}
        goals = {feature.name: (feature.mean, feature.std) for feature in emodel.features}

    def labelled(name: str) -> str:
        return f"{name} ({units[name]})" if name in units else name

    names = table.parameter_names
    figure = plots.distributions(
        table.parameters,
        table.weights,
        [labelled(name) for name in names],
        ranges=[bounds[name] for name in names] if set(names) <= set(bounds) else None,
        title=f"parameters inside their bounds, n = {n_models} models",
    )
    _save(out / "parameters", figure)
    names = table.feature_names
    if names:
        figure = plots.distributions(
            table.features,
            table.weights,
            [labelled(name) for name in names],
            targets=[goals[name] for name in names] if set(names) <= set(goals) else None,
            title=f"features (bars) and targets (mean ± SD), n = {n_models} models",
        )
        _save(out / "features", figure)


def _save(stem: Path, figure: Figure) -> None:
    figure.savefig(stem.with_suffix(".png"), dpi=130)
    figure.savefig(stem.with_suffix(".svg"))


def _summary(
    file: Path, work: _Work, answers: list[Answer], pairs: list[PairwiseInformation]
) -> Mapping[str, object]:
    sample, spectrum = work.sample, answers[0].spectrum
    return {
        "population": file.name,
        "estimator": _estimator(work),
        "rows": sample.n_rows,
        "distinct_rows": sample.n_distinct,
        "total_weight": float(sample.weights.sum()),
        "kish_effective_sample_size": sample.kish,
        "effective_sample_size": sample.ess if sample.is_chain else None,
        "rows_assumed_independent": not sample.is_chain,
        "nu": sample.nu,
        "tested_rows": len(work.passes.rows),
        "units": "nats",
        "sign": "O-information and RSI: positive redundancy, negative synergy",
        "seed": work.settings.seed,
        "shuffles": 0 if answers[0].null is None else len(answers[0].null.shuffled),
        "bootstrap": len(answers[0].replicates),
        "rows_per_subsample": round(work.passes.fraction * sample.n_rows),
        "parameters": work.table.parameter_names,
        "targets": work.targets,
        "multiplets": int(spectrum.count.sum()) if spectrum.is_exhaustive else None,
        "skipped_orders": list(spectrum.skipped),
        "o_information_min": float(spectrum.minimum.min()),
        "o_information_max": float(spectrum.maximum.max()),
        "o_information": summary_of(answers[0]),
        "redundancy_synergy": {str(one.target): summary_of(one) for one in answers[1:]},
        "significant_pairs": None if not pairs else int(np.triu(pairs[0].is_significant, 1).sum()),
    }


def _tell(
    answers: list[Answer], work: _Work, pairs: list[PairwiseInformation], out: Path, seconds: float
) -> None:
    screen = show.console()
    n_measured = sum(int(one.spectrum.measured.sum()) for one in answers)
    screen.print(work.sample.told)
    screen.print(f"{_estimator(work)}; {n_measured} multiplets measured in {seconds:.0f} s")
    for one in answers:
        spectrum = one.spectrum
        label = "O-information" if one.target is None else f"RSI {one.target}"
        low, high = int(np.argmin(spectrum.minimum)), int(np.argmax(spectrum.maximum))
        how = "" if spectrum.is_exhaustive else " of the multiplets drawn"
        screen.print(
            f"{label}: raw lowest{how} {spectrum.minimum[low]:+.4f} nats at order "
            f"{spectrum.order[low]}{_meaning(spectrum.minimum[low])}, highest "
            f"{spectrum.maximum[high]:+.4f} nats at order {spectrum.order[high]}"
            f"{_meaning(spectrum.maximum[high])}"
        )
        if one.null is not None:
            told = summary_of(one)
            lowest, highest = (
                told[f"orders_where_{side}_differs_from_null"] for side in ("minimum", "maximum")
            )
            screen.print(
                f"  beyond the shuffles after adjustment: minimum at orders {_listed(lowest)}, "
                f"maximum at orders {_listed(highest)}"
            )
    if pairs:
        n_significant = int(np.triu(pairs[0].is_significant, 1).sum())
        n_pairs = len(work.table.parameter_names) * (len(work.table.parameter_names) - 1) // 2
        screen.print(f"{n_significant} of {n_pairs} pairs depend on each other by >= 0.1 nats")
    screen.print(f"tables and figures in {out}")


def _listed(orders: object) -> str:
    assert isinstance(orders, list)
    if not orders:
        return "none"
    if orders == list(range(orders[0], orders[-1] + 1)) and len(orders) > 2:
        return f"{orders[0]} to {orders[-1]}"
    return ", ".join(map(str, orders))


def _meaning(value: float) -> str:
    return " (synergy)" if value < 0 else " (redundancy)" if value > 0 else ""
