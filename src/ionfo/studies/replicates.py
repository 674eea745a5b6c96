"""Shuffles and replicates of an analysis, handed out by question; and by the other estimator."""

from __future__ import annotations

from pathlib import Path

from ..analysis import Passes, wishart_bias
from ..analysis.answers import OtherEstimate
from ..analysis.uncertainty.bands import Null, null_of, subsample_bands
from ..errors import note
from .passes import Curves, Request, run_exhaustive, run_passes
from .plan import Work


def replicates_of(
    work: Work, tested: Passes, kept: Path | None, seconds: float
) -> tuple[list[Null | None], list[Curves], list[Curves]]:
    """Run all passes and hand them out by question: nulls, subsamples, replacements.

    `tested` are the passes whose design the shuffles follow; `seconds` is what measuring every
    question once took.
    """
    passes, questions = work.passes, range(len(work.questions))
    n_shuffles, n_bootstrap = work.settings.shuffles, work.settings.bootstrap
    n_needed = max(len(one.used) for one in work.questions)
    if n_shuffles and len(passes.rows) <= n_needed:
        note(
            f"no null: the sample is worth {len(passes.rows)} independent rows, and more than "
            f"{n_needed} are needed; sample longer"
        )
        n_shuffles = 0
    if n_bootstrap and not can_resample(work):
        note(f"no replicates: {work.sample.n_rows} rows are too few to resample")
        n_bootstrap = 0
    full = tested is not passes and n_shuffles > 0
    requests: list[Request] = [
        *(("shuffle", i) for i in range(0 if full else n_shuffles)),
        *(("subsample", i) for i in range(n_bootstrap)),
        *(("replacement", i) for i in range(n_bootstrap)),
    ]
    found = run_passes(passes, requests, work.threads)
    n_first = len(requests) - 2 * n_bootstrap
    shuffled = found[:n_first]
    subsampled, replaced = found[n_first : n_first + n_bootstrap], found[n_first + n_bootstrap :]
    if full:
        folder = None if kept is None else kept / "exhaustive_nulls"
        shuffled = run_exhaustive(tested, work.settings.exhaustive_nulls, folder, seconds)
    nulls: list[Null | None] = [None for _ in questions]
    if shuffled:
        observed = tested.observed()
        nulls = [
            null_of(work.questions[i], observed[i], [one[i] for one in shuffled], len(passes.rows))
            for i in questions
        ]
    return (
        nulls,
        [[one[i] for one in subsampled] for i in questions],
        [[one[i] for one in replaced] for i in questions],
    )


def by_the_other(work: Work) -> list[OtherEstimate]:
    """Measure every question by the other estimator: curve and confidence, no null."""
    passes = work.other
    if passes is None:
        return []
    n_bootstrap = work.settings.bootstrap if can_resample(work) else 0
    requests: list[Request] = [("subsample", i) for i in range(n_bootstrap)]
    replicates = run_passes(passes, requests, work.threads)
    found = []
    for i, question in enumerate(work.questions):
        correlation = passes.correlation(question, work.sample)
        curve = passes.design.curve(question.measure(correlation), question.orders)
        corrected = curve - wishart_bias(question.name, question.orders, work.sample.nu)[:, None]
        bands = None
        if replicates:
            bands = subsample_bands(
                question,
                corrected,
                [one[i] for one in replicates],
                passes.fraction,
                passes.nu("subsample"),
                len(passes.blocks),
            )
        found.append(OtherEstimate(passes.estimator, curve, corrected, bands))
    return found


def can_resample(work: Work) -> bool:
    """Whether subsamples have more rows than variables, and blocks enough."""
    passes = work.passes
    n_needed = max(len(one.used) for one in work.questions)
    few = passes.fraction * len(passes.blocks) <= 2 and not work.sample.ensembles_differ
    return not few and passes.fraction * work.sample.n_rows > n_needed
