"""A methods paragraph of what ran, to paste, and what to cite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...analysis.measures.estimators import ESTIMATOR_NAMES
from ...sampling.runs.quality import Quality
from .section import Section
from .sureness import importance_of
from .tables import Material

_SIGN = (
    "Positive O-information and RSI mean redundancy, negative ones synergy; RSI is the sum of the "
    "informations that single predictors carry about the target less the information that they "
    "carry together."
)
CITATIONS = (
    "Reva et al. (2025), Higher-order interactions in neuronal function: From genes to ionic "
    "currents in biophysical models, PNAS",
    "Arnaudon et al. (2023), Controlling morpho-electrophysiological variability of neurons with "
    "detailed biophysical models, iScience",
    "Rosas et al. (2019), Quantifying high-order interdependencies via multivariate extensions of "
    "the mutual information, Physical Review E 100:032305",
    "Ince et al. (2017), A statistical framework for neuroimaging data analysis based on mutual "
    "information estimated via a Gaussian copula, Human Brain Mapping 38:1541",
    "Kraskov et al. (2004), Estimating mutual information, Physical Review E 69:066138",
    "Foreman-Mackey et al. (2013), emcee: the MCMC hammer, PASP 125:306",
    "Vehtari et al. (2021), Rank-normalization, folding, and localization: an improved R-hat, "
    "Bayesian Analysis 16:667",
    "Benjamini & Hochberg (1995), Controlling the false discovery rate, JRSS B 57:289",
)
_COSTS = {"max": "the largest score", "sum": "the sum of the scores", "mean": "the mean score"}


def methods(material: Material, quality: Quality) -> Section:
    """Write a paragraph to paste, and what to cite."""
    summary, metadata = material.summary, material.metadata
    section = Section("methods", "Methods, ready to paste")
    told = [*sampling_method(metadata, material)]
    if quality.is_chain:
        told.append(f"Quality of the chains: {quality.told()}.")
    other = summary.get("estimator_other")
    told.append(
        f"Information measures were computed with ionfo on {summary['rows']} models and "
        f"{len(material.parameters)} parameters with the {summary['estimator']}"
        + (
            f"; the {ESTIMATOR_NAMES.get(other, other)} estimator was computed beside it"
            if other
            else ""
        )
        + f"; all values are in nats. Both estimators know a table by its pairs. {_SIGN}"
    )
    if summary.get("pairs_by"):
        told.append(f"Pairs were measured by {summary['pairs_by']}.")
    if summary.get("shuffles"):
        told.append(
            f"Null distributions came from {summary['shuffles']} column-wise shuffles of "
            f"{summary['tested_rows']} rows, p-values were adjusted over orders by the method of "
            "Benjamini and Hochberg"
            + (
                f", and confidence bands came from {summary['bootstrap']} subsamples of "
                f"{summary['rows_per_subsample']} rows."
                if summary.get("bootstrap")
                else "."
            )
        )
    told.append(f"The seed of the analysis was {summary['seed']}.")
    versions = metadata.get("versions")
    if isinstance(versions, Mapping):
        listed = ", ".join(f"{name} {one}" for name, one in sorted(versions.items()))
        told.append(f"Versions: {listed}.")
    section.words.append(" ".join(told))
    sources = () if material.emodel is None else material.emodel.sources
    cited = [*CITATIONS, *(one for one in sources if one not in CITATIONS)]
    section.words.append("Please cite: " + "; ".join(cited) + ".")
    return section


def sampling_method(metadata: Mapping[str, Any], material: Material) -> list[str]:
    """Tell how the models came about: what ran, and not what was asked."""
    if material.emodel is None:
        return []
    emodel = material.emodel
    told = (
        f"Models of the e-model {emodel.name} (definition {emodel.content_hash[:12]}, "
        f"{len(emodel.free_names)} free parameters, {len(emodel.features)} features)"
    )
    settings, collected = metadata.get("settings"), metadata.get("collect")
    if not isinstance(settings, Mapping) or "temperature" not in settings:
        return [told + "."]
    collected = collected if isinstance(collected, Mapping) else {}
    moves = _moves(settings.get("moves"))
    tries = int(collected.get("tries") or settings.get("tries") or 1)
    n_steps, asked = collected.get("n_steps"), settings.get("steps")
    length = f"{asked if n_steps is None else n_steps} steps"
    if tries > 1:
        length += f" of {tries} proposals each"
    if n_steps is not None and asked is not None and n_steps < asked:
        length += f" (of {asked} that were asked for)"
    draws = importance_of(material)
    how = f"sampled by ensemble MCMC (emcee, {moves})"
    if draws is not None:
        how = (
            f"{draws['n_draws']} independent draws of a learned density, weighted with "
            f"Pareto-smoothed importance sampling (k = {draws['pareto_k']:.2f}),"
        )
    told += (
        f" were {how} in "
        f"{_counted(settings.get('ensembles'), 'ensemble')} of {settings.get('walkers')} "
        f"{'walkers, ' + length if draws is None else 'walks'}, seed {settings.get('seed')}, "
        f"from exp(-cost/T) with T = {settings['temperature']} and "
        f"{_COSTS.get(str(settings.get('cost')), 'a score')} in standard deviations of the "
        "experiment as cost"
    )
    bound = settings.get("max_cost")
    if bound is not None:
        told += f", among models with a cost of at most {bound:g}"
    lines = [told + ".", _start(settings)]
    learned = settings.get("learn")
    if isinstance(learned, Mapping) and learned.get("n"):
        lines.append(
            f"Its surrogate learned from {learned['n']} evaluations of earlier runs besides its "
            "own search."
        )
    frozen = metadata.get("learned")
    if isinstance(frozen, Mapping) and {"kind", "n_rows", "n_partial", "walk"} <= frozen.keys():
        kind = "neural network" if frozen["kind"] == "network" else "quadratic function"
        rounds = _counted(settings.get("rounds", 0), "round")
        lines.append(
            f"Proposals walked {frozen['walk']} steps on a surrogate of the cell (a {kind} of the "
            f"parameters, fitted to {frozen['n_rows']} whole and {frozen['n_partial']} partial "
            f"evaluations in {rounds}, and then left as it was)."
        )
    return [*lines, *_collected(collected, is_chain=draws is None)]


def _start(settings: Mapping[str, Any]) -> str:
    start = settings.get("start")
    if not isinstance(start, list):
        n = settings.get("start_evaluations") or 40 * int(settings.get("walkers") or 0)
        of = f" of up to {n} evaluations" if n else ""
        return (
            f"The walkers of each ensemble started at models that a search{of} of its own inside "
            "the bounds had found."
        )
    depth, inner = 0, start
    while isinstance(inner, list) and inner:
        depth, inner = depth + 1, inner[0]
    if depth == 3:
        return "Every ensemble started at models of its own that were given."
    spread = settings.get("start_spread")
    around = (
        f", and at draws around them (SD {spread:g} of the bounds) where they were too few"
        if spread
        else ""
    )
    n = len(start) if depth == 2 else 1
    return f"The walkers started at {_counted(n, 'given model')}{around}."


def _collected(collected: Mapping[str, Any], is_chain: bool) -> list[str]:
    if "burn_in" not in collected:
        return []
    limits = [
        f"that cost {word} than {collected[key]:g}"
        for key, word in (("max_cost", "more"), ("min_cost", "less"))
        if collected.get(key) is not None
    ]
    if not is_chain:
        return [f"Draws {' or '.join(limits)} were dropped."] if limits else []
    why = collected.get("burn_in_because")
    told = f"The first {_counted(collected['burn_in'], 'step')} were dropped" + (
        f" ({why})" if why else ""
    )
    return [told + "".join(f", and states {limit}" for limit in limits) + "."]


def _moves(moves: Any) -> str:
    if isinstance(moves, Mapping):
        total = sum(map(float, moves.values())) or 1.0
        ordered = sorted(moves.items(), key=lambda one: -float(one[1]))
        parts = [f"{100 * float(share) / total:.0f} % {name}" for name, share in ordered]
        return " and ".join(parts) + " moves"
    if isinstance(moves, str):
        return f"{moves} moves"
    return " and ".join(map(str, moves or ["stretch"])) + " moves"


def _counted(n: Any, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"
