"""The JSON Schema: the copy in the docs is current, and it takes the bundled definitions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ionfo.emodels import list_emodels
from ionfo.emodels.definition import FOLDER
from ionfo.emodels.schema import definition_schema, schema_text


def test_the_copy_in_the_docs_is_current(root: Path) -> None:
    # made again by: ionfo emodels --schema > docs/reference/emodel.schema.json
    kept = json.loads((root / "docs" / "reference" / "emodel.schema.json").read_text())
    assert kept == json.loads(schema_text())


def test_it_takes_the_bundled_definitions_and_refuses_a_wrong_key() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="comes with pynwb")
    validator = jsonschema.Draft202012Validator(definition_schema())
    for name in list_emodels():
        content = json.loads((FOLDER / f"{name}.json").read_text())
        assert list(validator.iter_errors(content)) == []
        assert list(validator.iter_errors({**content, "$schema": "x", "to_fill": []})) == []
        assert list(validator.iter_errors({**content, "feautres": []}))
