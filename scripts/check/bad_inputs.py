"""Check that bad inputs are refused in one sentence, at once and in little memory.

Makes bad options, tables, definitions, morphologies, mechanisms, run folders and paths in a
temporary folder, the same ones every time, and gives each of them to a command in a process of
its own.  A case is ok when the command ends with exit code 2 (or 0 where the input is odd but
fit), says so in lines that start with ``ionfo:`` without a traceback, takes less than 60 s and
less than 1 GiB more memory than the same command takes with a valid input.

    python scripts/check/bad_inputs.py
    python scripts/check/bad_inputs.py --only walkers --keep bad
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ionfo.emodels.definition import FOLDER as EMODELS
from ionfo.mechanisms.build import BUNDLED as MECHANISMS
from ionfo.tables.files import write_table
from ionfo.terminal.output import mistakes_told

SECONDS = 60.0
EXCESS = 2**30
LONGEST_SENTENCE = 1500  # characters
_WATCH = 0.05  # s between looks at the memory
QUICK = "--shuffles 2 --bootstrap 2 --permutations 2"
HUGE, BEYOND = "2000000000", "99999999999999999999999999999"

DEFINITION: dict[str, Any] = json.loads((EMODELS / "soma.json").read_text())


@dataclass(frozen=True)
class Case:
    """A command line with a bad input in it.

    Attributes
    ----------
    line : str
        Arguments of ``ionfo``; ``{o}`` is a new name for the output.
    is_fit : bool
        Whether the command may also do its work.
    has_rights : bool
        Whether it runs with the rights of the superuser, when this script does.
    """

    line: str
    is_fit: bool = False
    has_rights: bool = True


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it took."""

    case: Case
    code: int
    seconds: float
    peak: int
    output: str
    errors: str


# -- numbers ------------------------------------------------------------------------

COUNTS = ("-3", "1.5", "x", HUGE, BEYOND)
"""Of every count: negative, broken, no number, too large for any memory, too large for 64 bits."""

OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    f"analyse plain.csv --out {{o}} {QUICK}": {
        "--orders": ("3-99999999999", "3-", "x", "1-3", f"3-{BEYOND}", "5-3", "3,,4x", "³"),
        "--bootstrap": COUNTS,
        "--shuffles": COUNTS,
        "--permutations": COUNTS,
        "--exhaustive-nulls": COUNTS,
        "--threads": ("0", *COUNTS),
        "--seed": ("-1", "1.5", BEYOND),
        "--estimator": ("x",),
        "--targets": ("none", ",", "a,,none"),
        "--exclude": ("none", "a,b"),
    },
    f"analyse cells.csv --values log --genes all --no-median --group type --out {{o}} {QUICK}": {
        "--equal-rows": ("-1", "0", HUGE, BEYOND),
        "--group-permutations": ("-1", HUGE, BEYOND),
        "--target-sum": ("0", "-1", "nan", "inf"),
        "--groups": ("none", "A,none"),
        "--regress": ("none",),
    },
    f"report plain.csv --out {{o}} {QUICK}": {
        "--bootstrap": (HUGE,),
        "--shuffles": (HUGE,),
        "--permutations": (HUGE,),
        "--seed": ("-1", BEYOND),
        "--burn-in": ("-1", BEYOND),
        "--max-cost": ("nan",),
    },
    "sample soma --out {o}": {
        "--steps": ("0", *COUNTS),
        "--walkers": ("0", "7", *COUNTS),
        "--ensembles": ("0", *COUNTS),
        "--seed": ("-1", BEYOND),
        "--temperature": ("0", "-1", "nan", "inf", "x"),
        "--max-cost": ("0", "-1", "nan"),
        "--start-spread": ("-0.1", "0", "nan", "inf", "2"),
        "--start-evaluations": COUNTS,
        "--adapt-steps": COUNTS,
        "--processes": ("0", *COUNTS),
        "--moves": ("x", "de:nan", "de:-1", "de:1e999", "de,de", "isotropic-redraw,de"),
        "--cost": ("x",),
        "--start": ("none.parquet", "folder", "plain.csv", "hostile.csv"),
        "--learn": ("none.parquet", "folder", "plain.csv"),
    },
    "optimise soma --out {o}": {
        "--generations": ("0", *COUNTS),
        "--offspring": ("1", *COUNTS),
        "--seeds": ("0", *COUNTS),
        "--seed": ("-1", BEYOND),
        "--hall": ("0", *COUNTS),
        "--max-steps": ("0", "x"),
        "--budget-quantile": ("0", "-1", "nan", "inf", "2"),
        "--processes": ("0", HUGE),
        "--targets": ("none.json", "folder", "deep.json", "text.csv"),
        "--stages": ("none.json", "folder", "deep.json", "stages_many.json", "zero.json"),
    },
    "score soma models.csv --out {o}.parquet": {
        "--processes": ("0", HUGE),
        "--max-steps": ("0", "-1", "x"),
        "--cost": ("x",),
        "--morphology": ("none.swc", "folder", "nothing"),
        "--mechanisms": ("none", "plain.csv", "folder"),
    },
    "collect run --out {o}.parquet": {
        "--burn-in": ("-1", "x", HUGE, BEYOND),
        "--max-cost": ("nan", "-1", "x"),
        "--min-cost": ("nan", "inf", "1e9"),
    },
    "validate population.parquet --out {o}.parquet --experiment population.parquet --percent 180": {
        "--row": ("-1", HUGE, BEYOND),
        "--sd": ("0", "-1", "nan", "inf"),
        "--noise-duration": ("0", "-1", "nan", "inf", "1e12"),
        "--trials": ("0", "-1", HUGE),
        "--private": ("-1", "nan", "inf"),
        "--noise-seed": ("-1", BEYOND),
        "--percent": ("x", "nan", "inf", "1e12", "-1e12"),  # negative ones are steps down
        "--processes": ("0", HUGE),
    },
    "trace population.parquet --out {o}.png": {"--model": ("-1", HUGE, BEYOND, "x")},
    "export population.parquet --out {o}.hoc": {"--model": ("-1", HUGE, BEYOND, "x")},
    "plot analysis o_information --out {o}.png": {
        "--dpi": ("0", HUGE, "x"),
    },
    "plot analysis parameters --out {o}.png": {"--population": ("none.csv", "folder", "nan.csv")},
    "genes sizes cells.csv --values log --genes all --no-median --group type --out {o}": {
        "--sizes": (f"30-{BEYOND}", "1-99999999999", "x", "3", HUGE),
        "--draws": COUNTS,
        "--seed": ("-1", BEYOND),
        "--target-sum": ("0", "nan"),
    },
    "genes identify cells.csv --values log --genes all --no-median --labels type --out {o}": {
        "--random": COUNTS,
        "--replicates": COUNTS,
        "--seed": ("-1", BEYOND),
        "--processes": ("0", HUGE),
        "--target-sum": ("nan",),
    },
    "genes beside a=cells.csv b=cells.csv --values log --genes all --no-median --out {o}": {
        "--rows": ("-1", HUGE),
        "--draws": ("0", "-1", HUGE),
        "--shuffles": ("1", HUGE),
        "--bootstrap": ("1", HUGE),
        "--permutations": ("0", HUGE),
        "--threads": ("0", HUGE),
        "--seed": ("-1", BEYOND),
    },
}
"""Command -> option -> values that it must refuse."""

LINES = (
    "",
    "none",
    "analyse",
    "analyse plain.csv",
    "analyse plain.csv --out",
    "analyse plain.csv --none --out {o}",
    "analyse plain.csv plain.csv --out {o}",
    "analyse plain.csv --genes all --out {o}",
    "genes",
    "genes none",
    "genes channels none",
    "emodels none",
    "emodels ../../x",
    "emodels /etc/passwd",
    "emodels folder.json",
    "emodels zero.json",
    "emodels pipe.json",
    "score soma models.csv",
    "score soma models.csv --out models.csv",
    "score soma models.csv --out {o}.txt",
    "score soma models.csv --out nowhere/{o}.csv",
    "score soma models.csv --out models.csv/x.csv",
    "score soma ./reference --out {o}.csv",
    "score 'so\nma' models.csv --out {o}.csv",
    "score '$(x)' models.csv --out {o}.csv",
    "score l5pcc models.csv --out {o}.csv",
    "status folder",
    "status plain.csv",
    "status nothing",
    "status /dev/zero",
    "status run_foreign",
    "status run_empty",
    "status run_cut",
    "status run_deep",
    "status run_pipe",
    "status run_kinds",
    "collect folder --out {o}.csv",
    "collect run_foreign --out {o}.csv",
    "collect run_empty --out {o}.csv",
    "collect run_cut --out {o}.csv",
    "collect run_kinds --out {o}.csv",
    "collect run --out run",
    "collect run --out {o}.csv --every",
    "sample soma --out plain.csv",
    "sample soma --out plain.csv/x",
    "sample soma --out run_foreign",
    "sample soma --out run_cut",
    "optimise soma --out run",
    "analyse plain.csv --out plain.csv",
    "analyse plain.csv --out plain.csv/x",
    "analyse plain.csv --out /proc/none",
    "analyse plain.csv --out /dev/null",
    "analyse '' --out {o}",
    "analyse loop.csv --out {o}",
    "analyse /dev/zero --out {o}",
    "analyse /dev/stdin --out {o}",
    "report plain.csv --out plain.csv",
    "report loop.csv --out {o}",
    "plot analysis none --out {o}.png",
    "plot analysis ../../x --out {o}.png",
    "plot folder o_information --out {o}.png",
    "plot analysis o_information --out {o}.txt",
    "plot analysis_cut o_information --out {o}.png",
    "plot analysis_deep o_information --out {o}.png",
    "plot analysis_kinds o_information --out {o}.png",
    "import folder --out {o}.csv",
    "import zero.json --out {o}.csv",
    "import pipe.json --out {o}.csv",
    "import deep.json --out {o}.csv",
    "import plain.csv --out plain.csv",
    "export none --out {o}.hoc",
    "export soma --out plain.csv",
    "export soma --out run",
    "export population.parquet --out {o}.xyz",
    "trace plain.csv --out {o}.png",
    "trace population.parquet --out {o}.txt",
    "trace population.parquet --out nowhere/x.png",
    "validate plain.csv --out {o}.csv --experiment plain.csv --percent 180",
    "validate population.parquet --out {o}.csv",
    "validate population.parquet --out {o}.csv --held-out deep.json",
    "genes identify plain.csv --values log --labels none --out {o}",
    "genes identify cells.csv --values counts --labels type --out {o}",
    "genes identify cells.csv --labels type --out {o}",
    "genes identify cells.csv --values log --labels type --genes zero.txt --out {o}",
    "genes identify cells.csv --values log --labels type --genes pipe.txt --out {o}",
    "genes identify cells.csv --values log --labels type --genes folder --out {o}",
    "genes identify cells.csv --values log --labels type --cells none.csv --out {o}",
    "genes sizes folder --values log --group type --out {o}",
    "genes beside a=cells.csv --values log --out {o}",
    "genes beside cells.csv cells.csv --values log --out {o}",
    "genes beside a=none.csv b=cells.csv --values log --out {o}",
    "genes beside '../../x=cells.csv' '../../x=cells.csv' --values log --genes all --out {o}",
)
"""Command lines that must be refused for their words, files or folders."""


# -- tables -------------------------------------------------------------------------

PLAIN = pd.DataFrame(
    np.random.default_rng(0).normal(size=(60, 4)).round(6), columns=["a", "b", "c", "d"]
)


def with_column(name: str, values: Any) -> pd.DataFrame:
    """Give the plain table with another column."""
    return PLAIN.assign(**{name: values})


def populations() -> Iterator[tuple[str, pd.DataFrame, bool]]:
    """Give tables of parameters whose book-keeping is unfit, and whether they may be taken."""
    of_population = PLAIN.rename(columns=lambda name: f"parameters/{name}")
    n = len(PLAIN)
    for name, weight in (
        ("zero", 0.0), ("negative", -1.0), ("nan", np.nan), ("inf", np.inf), ("words", "x"),
        ("date", pd.Timestamp("2020-01-01")), ("tiny", 1e-320), ("large", 1e308),
    ):  # fmt: skip
        yield f"weight_{name}.parquet", of_population.assign(weight=weight), False
    one_weight = np.where(np.arange(n) == 3, -1.0, 1.0)
    yield "weight_one.csv", of_population.assign(weight=one_weight), False
    for name, key in (("words", "x"), ("nan", np.nan), ("huge", 1e300), ("inf", np.inf)):
        chain = of_population.assign(ensemble=0, walker=0, step=np.arange(n), weight=1)
        yield f"step_{name}.csv", chain.assign(step=key), True
    yield "cost_words.csv", of_population.assign(cost="x"), True
    yield "cost_nan.csv", of_population.assign(cost=np.nan), True
    yield "parameter_words.csv", of_population.assign(**{"parameters/e": "x"}), False
    yield (
        "parameter_bool.csv",
        of_population.assign(**{"parameters/e": np.arange(n) % 2 == 0}),
        True,
    )
    yield "feature_words.csv", of_population.assign(**{"features/e": "x"}), False


def plain_tables() -> Iterator[tuple[str, pd.DataFrame, bool]]:
    """Give plain tables that are odd, and whether they may be taken."""
    n = len(PLAIN)
    rng = np.random.default_rng(1)
    for i, name in enumerate(
        (
            r"$\frac{$", "$x^{", "$$", "a$b$c_{", "<script>alert(1)</script>", "=cmd()", "$(x)",
            "../../x", "/etc/passwd", "tab\there", "null\x00byte", "\x1b[31mred", "\u202eright",
            "line\nbreak", "[bold]x[/bold]", "[/]", "%s{0}{x}", "\\", "'quoted\"", " ",
        )
    ):  # fmt: skip
        yield f"name_{i}.csv", with_column(name, rng.normal(size=n)), True
    yield "name_long.csv", with_column("x" * 5000, rng.normal(size=n)), False
    yield "name_long.parquet", with_column("x" * 5000, rng.normal(size=n)), False
    yield "one_column.csv", PLAIN[["a"]], False
    yield "one_row.csv", PLAIN[:1], False
    yield "two_rows.csv", PLAIN[:2], False
    yield "no_rows.csv", PLAIN[:0], False
    yield "no_rows.parquet", PLAIN[:0], False
    yield "no_columns.parquet", PLAIN[[]], False
    yield "constant.csv", PLAIN * 0 + 1, False
    yield "nan.csv", PLAIN * np.nan, False
    yield "one_nan.csv", PLAIN.mask(PLAIN == PLAIN.iloc[3, 1]), False
    yield "inf.csv", PLAIN.replace(PLAIN.iloc[3, 1], np.inf), False
    yield "inf.parquet", PLAIN.replace(PLAIN.iloc[3, 1], -np.inf), False
    yield "same.csv", with_column("e", PLAIN["a"]), False
    yield "sum.csv", with_column("e", PLAIN.sum(axis=1)), True  # by ranks, and that is told
    yield "huge.csv", PLAIN * 1e307, True
    yield "tiny.csv", PLAIN * 1e-320, True
    yield "offset.csv", PLAIN * 1e-9 + 1e9, True
    yield "complex.csv", with_column("e", [f"{x}+1j" for x in PLAIN["a"]]), True
    yield "dates.csv", with_column("e", pd.date_range("2020", periods=n).astype(str)), True
    yield "dates.parquet", with_column("e", pd.date_range("2020", periods=n)), True
    yield "booleans.csv", with_column("e", rng.random(n) < 0.5), True
    yield "integers.csv", with_column("e", [str(10**400 + i) for i in range(n)]), True
    yield "integers64.csv", with_column("e", 2**63 + np.arange(n, dtype=np.uint64)), True
    yield "categories.parquet", with_column("e", pd.Categorical(["x", "y"] * (n // 2))), True
    yield "nested.parquet", with_column("e", [[1.0, 2.0]] * n), True
    yield "structs.parquet", with_column("e", [{"x": 1}] * n), True
    yield "durations.parquet", with_column("e", pd.to_timedelta(np.arange(n), "s")), True
    yield "nullable.parquet", with_column("e", pd.array([None, *range(1, n)], "Int64")), False
    yield "weight_of_plain.csv", with_column("weight", 0.0), True


def write_texts(folder: Path) -> dict[str, bool]:
    """Write tables that are no tables; file name -> whether they may be taken."""
    text = PLAIN.to_csv(index=False)
    header, _, rows = text.partition("\n")
    contents: dict[str, bytes] = {
        "empty.csv": b"",
        "blank.csv": b"\n\n\n",
        "header.csv": b"a,b,c,d\n",
        "header_no_end.csv": b"a,b,c,d",
        "nul.csv": text.replace("1", "\0", 1).encode(),
        "all_nul.csv": bytes(100_000),
        "latin.csv": (text + "\xe9,1,2,3\n").encode("latin-1"),
        "utf16.csv": text.encode("utf-16"),
        "twice.csv": ("a,b,c,a\n" + rows).encode(),
        "ragged.csv": (text + "1,2\n").encode(),
        "ragged_long.csv": (text + "1,2,3,4,5\n").encode(),
        "quote.csv": (text + '"1,2,3,4\n').encode(),
        "text.csv": b"This is no table.\nIt holds words.\n",
        "html.csv": b"<html><body>not found</body></html>\n",
        "json.csv": b'{"a": [1, 2]}\n',
        "parquet.csv": b"PAR1" + bytes(range(256)) * 8,
        "semicolons.csv": text.replace(",", ";").encode(),
        "commas.csv": text.replace(",", ";").replace(".", ",").encode(),
        "words.csv": (header + "\n" + "x,y,z,w\n" * 20).encode(),
        "one_word.csv": (text + "x,1,2,3\n").encode(),
        "cell.csv": (text + "9" * 50_000_000 + ",1,2,3\n").encode(),
        "cell_words.csv": (text + "x" * 50_000_000 + ",1,2,3\n").encode(),
        "wide.csv": (
            ",".join(f"c{i}" for i in range(1_000_000)) + "\n" + ("1," * 999_999 + "2\n") * 3
        ).encode(),
        "cut.parquet": b"",
        "text.parquet": b"This is no table.\n",
        "magic.parquet": b"PAR1PAR1",
        "footer.parquet": b"PAR1" + bytes(8) + b"\xff\xff\xff\x7f" + b"PAR1",
        "text.h5ad": b"This is no table.\n",
        "text.txt": text.encode(),
    }
    fit = {"nul.csv", "crlf.csv", "bom.csv", "one_word.csv", "cell_words.csv", "garbled.parquet"}
    contents["crlf.csv"] = text.replace("\n", "\r\n").encode()
    contents["bom.csv"] = b"\xef\xbb\xbf" + text.encode()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    PLAIN.to_parquet(folder / "whole.parquet")
    whole = (folder / "whole.parquet").read_bytes()
    (folder / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (folder / "garbled.parquet").write_bytes(
        whole[:40] + bytes(x ^ 255 for x in whole[40:400]) + whole[400:]
    )
    wide = pa.table({f"c{i}": [1.0, 2.0, 3.0] for i in range(20_000)})
    pq.write_table(wide, folder / "wide.parquet")
    return {name: name in fit for name in (*contents, "garbled.parquet", "wide.parquet")}


def write_models(folder: Path) -> dict[str, bool]:
    """Write files of models for e-model soma; name -> whether they may be taken."""
    reference = DEFINITION["reference"]
    name = next(iter(reference))
    contents: dict[str, str] = {
        "m_empty.json": "",
        "m_null.json": "null",
        "m_number.json": "3",
        "m_list.json": "[]",
        "m_nested.json": "[[1]]",
        "m_huge.json": json.dumps(reference).replace(json.dumps(reference[name]), "1e999", 1),
        "m_nan.json": json.dumps({**reference, name: float("nan")}),
        "m_text.json": json.dumps({**reference, name: "x"}),
        "m_null_value.json": json.dumps({**reference, name: None}),
        "m_bool.json": json.dumps({**reference, name: True}),
        "m_integer.json": json.dumps({**reference, name: 10**400}),
        "m_digits.json": json.dumps(reference).replace(json.dumps(reference[name]), "9" * 9999, 1),
        "m_twice.json": json.dumps(reference)[:-1] + f', "{name}": 1}}',
        "m_missing.json": json.dumps({k: v for k, v in reference.items() if k != name}),
        "m_more.json": json.dumps({**reference, "none.somatic": 1.0}),
        "m_script.json": json.dumps({**reference, "<script>.somatic": 1.0}),
        "m_cut.json": json.dumps(reference)[:50],
    }
    far = {key: value * 1e9 for key, value in reference.items()}
    contents["m_far.json"] = json.dumps(far)
    contents["m_far_below.json"] = json.dumps({key: -value for key, value in far.items()})
    contents["m_largest.json"] = json.dumps(dict.fromkeys(reference, 1e308))
    contents["m_tiny.json"] = json.dumps(dict.fromkeys(reference, 1e-320))
    for file, text in contents.items():
        (folder / file).write_text(text)
    fit = ("m_far.json", "m_far_below.json", "m_largest.json", "m_tiny.json")
    return {file: file in fit for file in contents}


# -- definitions --------------------------------------------------------------------


def definitions() -> Iterator[tuple[str, str, bool]]:
    """Give bad definitions, and whether they may be scored."""

    def changed(change: Callable[[dict[str, Any]], object]) -> str:
        content = json.loads(json.dumps(DEFINITION))
        change(content)
        return json.dumps(content)

    def at(*path: Any, value: Any) -> str:
        def put(content: Any) -> None:
            for part in path[:-1]:
                content = content[part]
            content[path[-1]] = value

        return changed(put)

    yield "empty", "", False
    yield "text", "no definition", False
    yield "list", "[]", False
    yield "null", "null", False
    yield "deep", "[" * 200_000, False
    yield "nan", json.dumps({**DEFINITION, "cvode_atol": float("nan")}), False
    yield "overflow", at("cvode_atol", value=7).replace(": 7", ": 1e999"), False
    yield "more", at("unknown", value=1), False
    for key in ("name", "morphology", "mechanisms", "parameters", "protocols", "features"):
        yield f"without_{key}", changed(lambda content, key=key: content.pop(key)), False
        yield f"kind_{key}", at(key, value=7), False
    yield "name_long", at("name", value="x" * 5000), False
    yield "name_empty", at("name", value=""), False
    yield "name_hostile", at("name", value="../../<script>$(x)"), True
    yield "name_newline", at("name", value="a\nb"), False
    yield "parameter_long", at("parameters", 2, "name", value="x" * 5000 + ".somatic"), False
    yield "parameter_hostile", at("parameters", 2, "name", value="__class__.somatic"), False
    yield "parameter_method", at("parameters", 2, "name", value="connect.somatic"), False
    yield "parameter_huge", at("parameters", 2, "value", value=1e308), True
    yield "celsius", at("parameters", 1, "value", value=1e30), True
    yield "v_init", at("parameters", 0, "value", value=-1e30), True
    yield "protocol_long", at("protocols", 0, "name", value="x" * 5000), False
    for i, key, value in (
        (0, "duration", 1e12), (0, "max_depth", 10**9), (0, "max_depth", -1), (0, "lower", 1e30),
        (0, "target_voltage", 1e300), (1, "duration", 1e12), (1, "delay", 1e12),
        (1, "delay", -1e12), (1, "total", 1e12), (1, "total", -1), (1, "amplitude", 1e30),
        (2, "duration", 1e12), (3, "max_depth", 10**12), (3, "precision", 1e-300),
        (3, "max_current", 1e30), (3, "duration", 0), (4, "percent", 1e30), (4, "duration", -5),
        (4, "window_end", 1e30), (4, "delay", 0), (4, "total", 1e300),
    ):  # fmt: skip
        yield f"protocol_{i}_{key}_{value:g}", at("protocols", i, key, value=value), key in (
            "lower", "target_voltage", "precision", "delay",
        ) and value != 1e12 and value != -1e12  # fmt: skip
    yield "protocol_twice", changed(lambda c: c["protocols"].append(c["protocols"][-1])), False
    yield (
        "protocols_many",
        changed(
            lambda c: c["protocols"].extend(
                {**c["protocols"][-1], "name": f"Step_{i}"} for i in range(20_000)
            )
        ),
        False,
    )
    yield "regions_many", at("regions", value={f"r{i}": ["all"] for i in range(200_000)}), False
    yield "features_twice", changed(lambda c: c["features"].append(c["features"][-1])), False
    yield "features_none", at("features", value=[]), False
    yield "feature_std", at("features", 0, "std", value=0), False
    yield "feature_tiny", at("features", 0, "std", value=1e-320), False
    yield "feature_window", at("features", 5, "window", value=[100, -100]), False
    yield "atol", at("cvode_atol", value=1e-300), True
    yield "interp", at("efel", "interp_step", value=1e-12), False
    yield "segment", at("morphology", "segment_length", value=1e-9), False
    yield "max_steps", at("max_steps", value=10**15), False
    yield "file_hostile", at("morphology", "file", value="../../../etc/passwd"), False
    yield "mechanism_none", at("mechanisms", "somatic", value=["pas", "none"]), False
    yield "mechanism_hostile", at("mechanisms", "somatic", value=["../../x"]), False
    yield "bounds_fall", changed(lambda c: c["parameters"][-1].update(bounds=[2, 1])), False
    yield "formula", at("distributions", value={"x": "__import__('os')"}), False
    yield "formula_power", at("distributions", value={"x": "9**9**9**9**9*distance"}), True
    yield "formula_deep", at("distributions", value={"x": "(" * 5000 + "1" + ")" * 5000}), False


# -- morphologies and mechanisms ----------------------------------------------------


def morphologies() -> Iterator[tuple[str, str, bool]]:
    """Give bad reconstructions, and whether a cell may be made of them."""
    soma = "1 1 0 0 0 5 -1\n2 1 5 0 0 5 1\n3 1 10 0 0 5 2\n"
    yield "empty.swc", "", False
    yield "text.swc", "This is no cell.\n", False
    yield "comment.swc", "# nothing\n", False
    yield "one_line.swc", "1 1 0 0 0 5 -1\n", True
    yield "no_soma.swc", soma.replace(" 1 ", " 3 "), False
    yield "cycle.swc", "1 1 0 0 0 5 3\n2 1 5 0 0 5 1\n3 1 10 0 0 5 2\n", False
    yield "own_parent.swc", "1 1 0 0 0 5 1\n2 1 5 0 0 5 1\n", False
    yield "missing.swc", soma + "4 3 0 0 0 1 99\n", False
    yield "twice.swc", soma + "3 3 20 0 0 1 2\n4 3 30 0 0 1 3\n", False
    yield "negative.swc", soma.replace(" 5 -1", " -5 -1"), False
    yield "zero.swc", soma.replace(" 5 -1", " 0 -1"), False
    yield "nan.swc", soma.replace("10 0 0", "nan 0 0"), False
    yield "inf.swc", soma.replace("10 0 0", "1e999 0 0"), False
    yield "far.swc", soma + "4 3 1000000000 0 0 1 3\n5 3 2000000000 0 0 1 4\n", False
    yield "long.swc", soma + "4 3 20 0 0 1 3\n5 3 2000000 0 0 1 4\n", False
    yield "thick.swc", soma + "4 3 20 0 0 1e30 3\n5 3 40 0 0 1e30 4\n", False
    yield "short.swc", soma + "4 3 10 0 0 1 3\n5 3 10 0 0 1 4\n", True
    yield "index.swc", soma + f"{10**30} 3 20 0 0 1 3\n", False
    yield "index_negative.swc", soma + "-7 3 20 0 0 1 3\n-8 3 30 0 0 1 -7\n", False
    yield "kinds.swc", soma + "4 99 20 0 0 1 3\n5 99 30 0 0 1 4\n", False
    yield "kind_negative.swc", soma + "4 -3 20 0 0 1 3\n5 -3 30 0 0 1 4\n", False
    yield "kind_huge.swc", soma + "4 2000000000 20 0 0 1 3\n5 2000000000 30 0 0 1 4\n", False
    yield "two_somata.swc", soma + "4 1 100 0 0 5 -1\n5 1 105 0 0 5 4\n", False
    yield "cut.swc", soma + "4 3 20 0", False
    yield "words.swc", soma + "4 3 x 0 0 1 3\n", False
    yield (
        "many.swc",
        soma + "".join(f"{i} 3 {10 + i} {i % 7} 0 1 {i - 1}\n" for i in range(4, 60_000)),
        False,
    )
    yield "empty.asc", "", False
    yield "text.asc", "This is no cell.\n", False
    yield "open.asc", '("soma" (CellBody) (0 0 0 5) (5 0 0 5)', False
    yield "one.asc", '("soma" (CellBody) (0 0 0 5))', False
    yield "words.asc", '("soma" (CellBody) (x 0 0 5) (5 0 0 5))', False
    yield "nan.asc", '("soma" (CellBody) (0 0 0 nan) (5 0 0 5) (0 5 0 5))', False
    yield "no_soma.asc", "((Dendrite) (0 0 0 5) (5 0 0 5))", False
    yield "flat.asc", '("soma" (CellBody) (0 0 0 0) (0 0 0 0) (0 0 0 0))', False
    yield (
        "negative.asc",
        '("soma" (CellBody) (0 0 0 1) (9 0 0 1) (9 9 0 1))'
        + ("((Dendrite) (0 0 0 -1) (50 0 0 -1))"),
        False,
    )
    yield "far.asc", '("soma" (CellBody) (0 0 0 1) (1e9 0 0 1) (1e9 1e9 0 1))', False
    yield "deep.asc", "(" * 20_000 + ")" * 20_000, False


def write_mechanisms(folder: Path) -> list[str]:
    """Write folders with .mod files that do not compile, or are none; their names."""
    broken = {
        "mod_text": "This is no mechanism.\n",
        "mod_empty": "",
        "mod_syntax": "NEURON { SUFFIX pas2 }\nBREAKPOINT { x = }\n",
        "mod_binary": "\x00\x01\x02" * 100,
    }
    for name, text in broken.items():
        shutil.copytree(MECHANISMS, folder / name, ignore=shutil.ignore_patterns("*.py", "__*"))
        (folder / name / "broken.mod").write_text(text)
    (folder / "mod_folder" / "x.mod").mkdir(parents=True)
    for name, target in (("mod_zero", "/dev/zero"), ("mod_loop", "x.mod")):
        (folder / name).mkdir()
        (folder / name / "x.mod").symlink_to(target)
    (folder / "mod_pipe").mkdir()
    os.mkfifo(folder / "mod_pipe" / "x.mod")
    return [*broken, "mod_folder", "mod_zero", "mod_loop", "mod_pipe"]


# -- all of it ----------------------------------------------------------------------


def write_common(folder: Path, run: Callable[[str], None]) -> None:
    """Write what many cases share: valid tables, a run, an analysis, and odd files."""
    PLAIN.to_csv(folder / "plain.csv", index=False)
    reference = DEFINITION["reference"]
    pd.DataFrame([reference]).to_csv(folder / "models.csv", index=False)
    rng = np.random.default_rng(2)
    cells = pd.DataFrame(rng.normal(5, 1, size=(80, 5)), columns=[f"log/g{i}" for i in range(5)])
    cells.assign(type=["A", "B"] * 40).to_csv(folder / "cells.csv", index=False)
    free = [one for one in DEFINITION["parameters"] if one.get("bounds")]
    theta = {
        f"parameters/{one['name']}": rng.uniform(*one["bounds"], size=40) for one in free
    }  # fmt: skip
    metadata = {"emodel": DEFINITION}
    write_table(folder / "population.parquet", pd.DataFrame(theta).assign(cost=1.0), metadata)
    pd.DataFrame({"$(x)": [1.0], "=cmd()": [2.0]}).to_csv(folder / "hostile.csv", index=False)
    (folder / "folder").mkdir()
    (folder / "folder.json").mkdir()
    (folder / "deep.json").write_text("[" * 200_000)
    many = [{"name": "x", "generations": 10**12, "seeds": 10**9}]
    (folder / "stages_many.json").write_text(json.dumps(many))
    for suffix in ("json", "csv", "txt", "swc", "asc", "parquet", "h5ad"):
        (folder / f"zero.{suffix}").symlink_to("/dev/zero")
        os.mkfifo(folder / f"pipe.{suffix}")
        (folder / f"loop.{suffix}").symlink_to(f"loop.{suffix}")
        (folder / f"dangling.{suffix}").symlink_to("nothing")
        (folder / f"locked.{suffix}").write_text("a,b,c\n1,2,3\n")
        (folder / f"locked.{suffix}").chmod(0)
    PLAIN.to_csv(folder / "new\nline.csv", index=False)
    (folder / "sealed").mkdir()
    (folder / "sealed").chmod(0o555)
    run("sample soma --out run --steps 2 --ensembles 1 --start-evaluations 0")
    run(f"analyse plain.csv --out analysis {QUICK}")
    told = {"run": ("run.json", ("foreign", "cut", "deep", "empty", "kinds")),
            "analysis": ("summary.json", ("cut", "deep", "kinds"))}  # fmt: skip
    for name, (file, kinds) in told.items():
        text = (folder / name / file).read_text()
        contents = {
            "foreign": '{"program": "another"}', "cut": text[: len(text) // 2],
            "deep": "[" * 200_000, "empty": "", "kinds": '{"settings": 3, "emodel": []}',
        }  # fmt: skip
        for kind in kinds:
            shutil.copytree(folder / name, folder / f"{name}_{kind}")
            (folder / f"{name}_{kind}" / file).write_text(contents[kind])
    (folder / "run_pipe").mkdir()
    os.mkfifo(folder / "run_pipe" / "run.json")


def write_cases(folder: Path) -> list[Case]:
    """Write all bad inputs into a folder and give the commands that meet them."""
    cases = [
        Case(f"{line} {option}={shlex.quote(value)}")
        for line, options in OPTIONS.items()
        for option, values in options.items()
        for value in values
        if not (option in ("--model", "--percent") and value == "")
    ]
    cases += [Case(line) for line in LINES]
    analyse, report = (
        f"analyse {{}} --out {{{{o}}}} {QUICK}",
        f"report {{}} --out {{{{o}}}} {QUICK}",
    )
    for name, frame, is_fit in (*plain_tables(), *populations()):
        if name.endswith(".csv"):
            frame.to_csv(folder / name, index=False)
        else:
            frame.to_parquet(folder / name)
        cases.append(Case(analyse.format(name), is_fit))
        if name.startswith(("weight", "step", "name_0", "name_4.", "cost", "dates")):
            cases.append(Case(report.format(name), is_fit))
    for name, is_fit in write_texts(folder).items():
        cases.append(Case(analyse.format(name), is_fit))
        if name in ("cell.csv", "wide.csv", "latin.csv", "nul.csv", "header.csv", "cut.parquet"):
            cases.append(Case(f"import {name} --out {{o}}.parquet", name == "nul.csv"))
            cases.append(Case(f"score soma {name} --out {{o}}.parquet"))
    for suffix in ("csv", "parquet", "json", "h5ad"):
        for kind in ("zero", "pipe", "loop", "dangling"):
            if suffix != "json":
                cases.append(Case(analyse.format(f"{kind}.{suffix}")))
            cases.append(Case(f"score soma {kind}.{suffix} --out {{o}}.csv"))
    cases += [
        Case("analyse locked.csv --out {o}", has_rights=False),
        Case("score soma locked.json --out {o}.csv", has_rights=False),
        Case("score soma models.csv --morphology locked.swc --out {o}.csv", has_rights=False),
        Case("score soma models.csv --out sealed/x.csv", has_rights=False),
        Case(f"analyse plain.csv --out sealed {QUICK}", has_rights=False),
        Case("analyse plain.csv --out sealed/x", has_rights=False),
        Case("sample soma --out sealed/x", has_rights=False),
        Case("export population.parquet --out sealed/x.csv", has_rights=False),
    ]
    for name, is_fit in write_models(folder).items():
        cases.append(Case(f"score soma {name} --out {{o}}.parquet", is_fit))
    for name, text, is_fit in definitions():
        (folder / f"d_{name}.json").write_text(text)
        cases.append(Case(f"score d_{name}.json reference --out {{o}}.parquet", is_fit))
    for name, text, is_fit in morphologies():
        (folder / f"c_{name}").write_text(text)
        line = f"score soma models.csv --morphology c_{name} --out {{o}}.parquet"
        cases.append(Case(line, is_fit))
    for kind in ("zero", "pipe", "loop", "dangling"):
        for suffix in ("swc", "asc"):
            line = f"score soma models.csv --morphology {kind}.{suffix} --out {{o}}.parquet"
            cases.append(Case(line))
    for name in write_mechanisms(folder):
        cases.append(Case(f"score soma models.csv --mechanisms {name} --out {{o}}.parquet"))
    return cases


# -- running ------------------------------------------------------------------------


def run_case(
    case: Case, folder: Path, number: int, limit: int, most_seconds: float = SECONDS
) -> Outcome:
    """Run a command in a process of its own, and watch its time and memory."""
    arguments = [one.replace("{o}", f"out/{number}") for one in shlex.split(case.line)]
    command = [sys.executable, "-m", "ionfo", *arguments]
    with (
        open(folder / f"out/{number}.stdout", "w+", errors="replace") as output,
        open(folder / f"out/{number}.stderr", "w+", errors="replace") as errors,
    ):
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
            preexec_fn=None if case.has_rights else drop_rights,
        )
        peak = 0
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(_WATCH):
                peak = max(peak, resident(process.pid))
                if peak > limit or time.monotonic() - began > most_seconds:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)

        watcher = threading.Thread(target=watch)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        done.set()
        watcher.join()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it may have left behind
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        output.seek(0)
        errors.seek(0)
        return Outcome(
            case,
            process.returncode,
            seconds,
            max(peak, usage.ru_maxrss * 1024),
            output.read(100_000),
            errors.read(1_000_000),
        )


def resident(pid: int) -> int:
    """Resident memory of a process and its children (bytes)."""
    total = 0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) * 1024
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            total += resident(int(child))
    return total


def drop_rights() -> None:
    """Give up reading and writing what permissions forbid, in the child of a superuser."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP, in force from the next program on


def fault(outcome: Outcome, usual: int) -> str:
    """Say what is wrong with an outcome; empty when it is ok."""
    lines = [one for one in outcome.errors.splitlines() if one.strip()]
    if outcome.seconds > SECONDS:
        return f"took {outcome.seconds:.0f} s"
    if outcome.peak - usual > EXCESS:
        return f"took {(outcome.peak - usual) / 2**20:.0f} MiB more than a valid input"
    if "Traceback" in outcome.errors + outcome.output:
        return "traceback: " + (lines[-1] if lines else "")[:100]
    if outcome.code not in ((0, 2) if outcome.case.is_fit else (2,)):
        return f"exit code {outcome.code}"
    if lines and lines[0].startswith("Usage: "):
        return ""
    # NEURON warns of absurd models by itself, and evaluates them all the same
    strange = [one for one in lines if not one.startswith(("ionfo: ", "    "))]
    if strange and outcome.code == 2:
        return f"said: {strange[0][:100]}"
    if outcome.code == 2 and not lines:
        return "said nothing"
    if lines and max(map(len, lines)) > LONGEST_SENTENCE:
        return f"said a line of {max(map(len, lines))} characters"
    return ""


def main() -> int:
    """Make the inputs, run the commands and show the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", help="cases whose command line holds these words")
    parser.add_argument("--keep", type=Path, help="make the inputs in this folder and keep it")
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2))
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        if arguments.keep is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ionfo_bad_")))
        else:
            folder = arguments.keep.resolve()
            folder.mkdir(parents=True)
        (folder / "out").mkdir()
        return check(folder, arguments.only, arguments.processes)


def check(folder: Path, only: str | None, n_processes: int) -> int:
    """Run all cases in a folder; the number of faults decides the exit code."""
    peaks: dict[str, int] = {}

    def run_valid(line: str) -> None:
        outcome = run_case(Case(line), folder, -1 - len(peaks), 8 * 2**30, 600.0)
        if outcome.code != 0:
            raise SystemExit(f"the valid command 'ionfo {line}' failed: {outcome.errors[-500:]}")
        peaks[command_of(line)] = outcome.peak

    write_common(folder, run_valid)
    run_valid("score soma models.csv --out valid.parquet")
    run_valid("export population.parquet --out valid.hoc")
    cases = [one for one in write_cases(folder) if only is None or only in one.line]

    def usual(case: Case) -> int:
        return usual_peak(peaks, case)

    def one(numbered: tuple[int, Case]) -> Outcome:
        number, case = numbered
        return run_case(case, folder, number, usual(case) + EXCESS + 2**29)

    verdicts: Counter[str] = Counter()
    print(f"{'verdict':8} {'code':>4} {'s':>5} {'MiB':>6} {'excess':>6}  command")
    with ThreadPoolExecutor(n_processes) as pool:
        for outcome in pool.map(one, enumerate(cases)):
            wrong = fault(outcome, usual(outcome.case))
            verdicts["BAD" if wrong else "ok"] += 1
            excess = max(0, outcome.peak - usual(outcome.case))
            line = outcome.case.line.encode("unicode_escape").decode()
            print(
                f"{'BAD' if wrong else 'ok':8} {outcome.code:4d} {outcome.seconds:5.1f} "
                f"{outcome.peak / 2**20:6.0f} {excess / 2**20:6.0f}  {line[:150]}"
                + (f"\n{'':34}{wrong}" if wrong else ""),
                flush=True,
            )
    print(f"{len(cases)} bad inputs: {verdicts['ok']} ok, {verdicts['BAD']} bad")
    (folder / "sealed").chmod(0o755)  # so that the folder can be removed
    return int(verdicts["BAD"] > 0)


def command_of(line: str) -> str:
    """Command of a line, without its arguments."""
    return next(iter(line.split()), "")


def usual_peak(peaks: Mapping[str, int], case: Case) -> int:
    """Memory that the command takes with a valid input; of the smallest one if not measured."""
    return peaks.get(command_of(case.line), min(peaks.values()))


if __name__ == "__main__":
    with mistakes_told():
        sys.exit(main())
