"""Pages of the site that lie beside what they describe, and not in docs/.

On GitHub a link to ``../../morphologies/SOURCES.md`` opens the file where it is.  The site copies
the file into the part Reference, and the link follows it.
"""

from __future__ import annotations

import posixpath
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

COPIED = {
    "morphologies/SOURCES.md": "reference/morphologies.md",
    "emodels/populations/README.md": "reference/populations.md",
}
"""File of the repository -> page of the site."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the copied pages."""
    root = Path(config.config_file_path).parent
    for source, page in COPIED.items():
        files.append(File.generated(config, page, content=(root / source).read_text()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links at the copies."""
    here = posixpath.dirname(page.file.src_uri)
    for source, copy in COPIED.items():
        outside = posixpath.relpath(f"../{source}", here or ".")
        markdown = markdown.replace(f"]({outside})", f"]({posixpath.relpath(copy, here or '.')})")
    return markdown
