"""Refuse to build a package whose links are lost, and keep them in a source distribution.

Everything else is in pyproject.toml.
"""

from pathlib import Path

from setuptools import setup
from setuptools.command.sdist import sdist

LINKS = ("analysis", "emodels", "features", "mechanisms", "morphologies", "sampling")

for name in LINKS:
    if not (Path(__file__).parent / "src" / "ionfo" / name).is_dir():
        raise SystemExit(
            f"src/ionfo/{name} must be a symbolic link to ../../{name}, and it is no folder: this "
            "copy has lost its links, as an unpacked zip or a clone without symbolic links does; "
            "clone again with: git clone -c core.symlinks=true"
        )


class LinkedSdist(sdist):
    """Every file once, in its folder at the top, and src/ionfo/ with links to these folders."""

    def make_release_tree(self, base_dir, files):
        """Copy all files but those that were reached through a link, and lay the links."""
        linked = tuple(f"src/ionfo/{name}/" for name in LINKS)
        super().make_release_tree(base_dir, [one for one in files if not one.startswith(linked)])
        for name in LINKS:
            (Path(base_dir) / "src" / "ionfo" / name).symlink_to(f"../../{name}")


setup(cmdclass={"sdist": LinkedSdist})
