"""Pages of the site from the scripts of docs/gallery, with what their cells show.

A script is in the percent format: ``# %% [markdown]`` begins prose, ``# %%`` begins code.  The
code runs once in a folder of its own; what it showed is kept in .cache/gallery under a hash of the
script, so that a second build is quick.  With IONFO_GALLERY=show the pages hold prose and code
alone.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
GALLERY = HERE.parents[1] / "gallery"
CACHE = HERE.parents[2] / ".cache" / "gallery"


@dataclass(frozen=True)
class Cell:
    """One cell of a script: prose in Markdown, or code."""

    is_prose: bool
    text: str


def read_cells(script: str) -> list[Cell]:
    """Split a script in the percent format into its cells."""
    parts = re.split(r"^# %%(.*)\n", script, flags=re.M)
    if parts[0].strip():
        raise ValueError("a gallery script must begin with a '# %%' line")
    cells = []
    for head, body in zip(parts[1::2], parts[2::2], strict=True):
        is_prose = "[markdown]" in head
        text = re.sub(r"^# ?", "", body, flags=re.M) if is_prose else body
        cells.append(Cell(is_prose, text.strip("\n")))
    return cells


def run_cells(cells: list[Cell]) -> list[str]:
    """Run the code cells in one namespace; give what each shows, as HTML."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    names: dict[str, Any] = {"__name__": "__main__"}
    shown = []
    for cell in cells:
        if cell.is_prose:
            shown.append("")
            continue
        body = ast.parse(cell.text).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        printed, value = io.StringIO(), None
        with contextlib.redirect_stdout(printed):
            exec(compile(ast.Module(body, []), "cell", "exec"), names)
            if isinstance(last, ast.Expr):
                value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        outputs = [f"<pre>{escape(printed.getvalue())}</pre>"] if printed.getvalue() else []
        open_figures = [pyplot.figure(number) for number in pyplot.get_fignums()]
        figures = open_figures or ([value] if isinstance(value, matplotlib.figure.Figure) else [])
        if hasattr(value, "_repr_html_"):
            outputs.append(f'<div style="overflow-x: auto">{value._repr_html_()}</div>')
        elif last is not None and value is not None and not figures:
            outputs.append(f"<pre>{escape(repr(value))}</pre>")
        outputs += [_picture(figure) for figure in figures]
        pyplot.close("all")
        shown.append("\n".join(outputs))
    return shown


def _picture(figure: Any) -> str:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=90, bbox_inches="tight")
    data = base64.b64encode(content.getvalue()).decode()
    return f'<img alt="figure of the cell above" src="data:image/png;base64,{data}">'


def resized(script: str, sizes: Mapping[str, object]) -> str:
    """Set sizes that a script assigns in one line, such as ``steps, search = 8, 480``."""
    for line in re.findall(r"^[a-z_, ]+ = [\d., ]+$", script, re.M):
        left, right = line.split(" = ")
        values = zip(left.split(", "), right.split(", "), strict=True)
        new = ", ".join(str(sizes.get(name, value)) for name, value in values)
        script = script.replace(line, f"{left} = {new}")
    return script


def shown_by(script: str) -> list[str]:
    """Run a script in a process and a folder of its own, or take what it showed before."""
    kept = CACHE / f"{hashlib.sha256(script.encode() + HERE.read_bytes()).hexdigest()}.json"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, HERE, "script.html.json"], input=script, cwd=folder,
                capture_output=True, text=True,
            )  # fmt: skip
            if done.returncode:
                raise RuntimeError(f"a gallery script failed:\n{done.stderr}")
            content = (Path(folder) / "script.html.json").read_text()
        whole = kept.with_suffix(f".{os.getpid()}")
        whole.write_text(content)
        whole.replace(kept)
    shown: list[str] = json.loads(kept.read_text())
    return shown


def page_of(file: Path, run: bool = True) -> str:
    """Write the page of a script in Markdown."""
    script = file.read_text()
    cells = read_cells(script)
    shown = shown_by(script) if run else [""] * len(cells)
    parts = []
    for cell, output in zip(cells, shown, strict=True):
        parts.append(cell.text if cell.is_prose else f"```python\n{cell.text}\n```")
        if output:  # blank lines would end a block of HTML
            parts.append(re.sub(r"\n\s*\n", "\n", output))
    parts.append(
        f"[Download the script]({file.name}){{download}}; it runs as it is and opens as a notebook."
    )
    return "\n\n".join(parts)


def on_files(files: Any, config: Any) -> Any:
    """Add a page for every script."""
    from mkdocs.structure.files import File

    run = os.environ.get("IONFO_GALLERY") != "show"
    for script in sorted(GALLERY.glob("*.py")):
        content = page_of(script, run)
        files.append(File.generated(config, f"gallery/{script.stem}.md", content=content))
    return files


if __name__ == "__main__":
    shown_in_order = run_cells(read_cells(sys.stdin.read()))
    Path(sys.argv[1]).write_text(json.dumps(shown_in_order))
