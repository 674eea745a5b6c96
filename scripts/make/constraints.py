"""Write the versions that the packages of ionfo have in this environment, for pip's --constraint.

    python scripts/make/constraints.py --out constraints.txt    # after the whole suite has passed
    python scripts/make/constraints.py --oldest                 # lower bounds of pyproject.toml

The first lists all that ionfo and its extras need, directly or not, as far as it is installed; the
second the lower bounds of what ionfo needs itself, and of the tools that its tests run with.
"""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
TESTED_WITH = ("pytest", "pytest-xdist", "mpmath", "anndata")
"""Of the extra ``dev``, what the tests of analysis and tables import."""


def stated(extras: bool) -> list[Requirement]:
    """List the requirements of pyproject.toml, those of the extras with them if wanted."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    lines = list(project["dependencies"])
    if extras:
        lines += [one for group in project["optional-dependencies"].values() for one in group]
    return [Requirement(one) for one in lines]


def installed(wanted: list[Requirement]) -> dict[str, str]:
    """Version of each requirement that is installed, and of all that these require in turn."""
    versions: dict[str, str] = {}
    seen: set[str] = set()
    waiting = list(wanted)
    while waiting:
        one = waiting.pop()
        if str(one) in seen:
            continue
        seen.add(str(one))
        try:
            found = distribution(one.name)
        except PackageNotFoundError:  # an extra that nobody asked for
            continue
        versions[canonicalize_name(one.name)] = found.version
        for line in found.requires or []:
            needed = Requirement(line)
            is_needed = needed.marker is None or any(
                needed.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)
            )
            if is_needed:
                waiting.append(needed)
    return versions


def oldest() -> Iterator[tuple[str, str]]:
    """Lower bound of each requirement.

    Raises
    ------
    SystemExit
        If one has none.
    """
    names = {one.name for one in stated(extras=False)} | set(TESTED_WITH)
    for one in stated(extras=True):
        if one.name in names:
            names.remove(one.name)
            bounds = [bound.version for bound in one.specifier if bound.operator == ">="]
            if len(bounds) != 1:
                raise SystemExit(f"pyproject.toml states no oldest version of {one.name}")
            yield one.name, bounds[0]


def main() -> None:
    """Print the list, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--oldest", action="store_true", help="the lower bounds of pyproject.toml")
    parser.add_argument("--out", type=Path, help="file; by default the list is printed")
    options = parser.parse_args()
    if options.oldest:
        versions, head = dict(oldest()), "# The oldest versions that pyproject.toml allows."
    else:
        versions = installed(stated(extras=True))
        head = (
            f"# Versions that the tests of ionfo passed with: Python {platform.python_version()}, "
            f"{platform.system()} {platform.machine()};\n"
            "# made by scripts/make/constraints.py, used by: pip install -c constraints.txt -e ."
        )
    text = "\n".join([head, *(f"{name}=={versions[name]}" for name in sorted(versions))]) + "\n"
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
