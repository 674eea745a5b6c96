"""``ionfo analyse``; with ``--group``, which its help does not show, it is ``ionfo groups``."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import IonfoError, tell
from ..limits import split
from ..terminal.options import (
    BootstrapOption,
    DecimalOption,
    DropMissingOption,
    Estimators,
    EstimatorsOption,
    ExcludeOption,
    ExhaustiveNullsOption,
    KeepOption,
    OrdersOption,
    Pairs,
    PairsOption,
    PermutationsOption,
    SeedOption,
    SeparatorOption,
    ShufflesOption,
    TargetsOption,
    ThreadsOption,
)
from ..terminal.output import add_result
from .groups import groups_command


def analyse(
    population: Annotated[
        Path, typer.Argument(help="A population, or any table: .parquet, .csv or .h5ad.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and figures.")],
    targets: TargetsOption = None,
    exclude: ExcludeOption = None,
    orders: OrdersOption = None,
    estimator: EstimatorsOption = Estimators.both,
    pairs: PairsOption = Pairs.knn,
    keep: KeepOption = None,
    drop_missing: DropMissingOption = False,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    bootstrap: BootstrapOption = 50,
    shuffles: ShufflesOption = 100,
    permutations: PermutationsOption = 1000,
    exhaustive_nulls: ExhaustiveNullsOption = 0,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
) -> None:
    """Measure mutual information, O-information and redundancy-synergy with their nulls.

    Example: ionfo analyse population.parquet --out report
    """
    from ..studies.plan import AnalysisSettings
    from ..studies.population import analyse_population, parse_orders

    settings = AnalysisSettings(
        targets=split(targets, "--targets"),
        exclude=split(exclude, "--exclude"),
        orders=() if orders is None else parse_orders(orders),
        estimator=estimator.value,
        bootstrap=bootstrap,
        shuffles=shuffles,
        permutations=permutations,
        exhaustive_nulls=exhaustive_nulls,
        seed=seed,
        threads=threads,
        pairs=pairs.value,
        keep=split(keep, "--keep"),
        drop_missing=drop_missing,
        separator=separator,
        decimal=decimal,
    )
    found = analyse_population(population, out, settings=settings)
    add_result(found.summary)
    for line in [*found.sentences(), f"tables and figures in {out}"]:
        tell(line)


def or_groups(function: Callable[..., None], groups: Callable[..., None]) -> Callable[..., None]:
    """Let a command be `groups` where ``--group`` is given, by options that its help hides."""
    own = inspect.signature(function, eval_str=True).parameters
    theirs = inspect.signature(groups, eval_str=True).parameters
    hidden = {name: _hidden(one) for name, one in theirs.items() if name not in own}

    @wraps(function)
    def command(**named: Any) -> None:
        if named["group"] is not None:
            for name in ("keep", "drop_missing"):
                if named[name]:
                    raise IonfoError(f"{_option(own[name])} does not go with --group")
            groups(**{name: named[name] for name in theirs})
            return
        for name, one in hidden.items():
            if named[name] != one.default:
                raise IonfoError(f"{_option(one)} goes with --group COLUMN, which names the labels")
        function(**{name: named[name] for name in own})

    parameters = [*own.values(), *hidden.values()]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return command


def _option(parameter: inspect.Parameter) -> str:
    info = parameter.annotation.__metadata__[0]
    # what stands first in Option(...) is its default by that name
    names = [one for one in (info.default, *info.param_decls) if isinstance(one, str)]
    return names[0].partition("/")[0]


def _hidden(parameter: inspect.Parameter) -> inspect.Parameter:
    """Make an option that may be left out and that no help shows."""
    kind, info = parameter.annotation.__origin__, copy.copy(parameter.annotation.__metadata__[0])
    info.hidden = True
    default = None if parameter.default is inspect.Parameter.empty else parameter.default
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        default=default,
        annotation=Annotated[kind if default is not None else kind | None, info],
    )


analyse_command = or_groups(analyse, groups_command)
