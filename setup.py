"""Refuse to build a package whose folders are missing; everything else is in pyproject.toml."""

from pathlib import Path

from setuptools import setup

for name in ("analysis", "emodels", "features", "mechanisms", "morphologies", "sampling"):
    if not (Path(__file__).parent / "src" / "ionfo" / name).is_dir():
        raise SystemExit(
            f"src/ionfo/{name} must be a symbolic link to ../../{name}, and it is no folder: this "
            "copy has lost its links, as an unpacked zip or a clone without symbolic links does; "
            "clone again with: git clone -c core.symlinks=true"
        )
setup()
