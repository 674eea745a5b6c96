"""The JSON Schema of definitions, by which editors complete keys and mark mistakes."""

from __future__ import annotations

import json
from typing import Any

from .definition import EModel

SCHEMA_FILE = "emodel.schema.json"
"""Name of the file that is put beside a definition, which its ``$schema`` names."""


def definition_schema() -> dict[str, Any]:
    """Give the JSON Schema of a definition.

    Rules between parts, such as that a feature names a protocol, are none of it:
    `ionfo check` knows them.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An e-model of ionfo",
        **{key: one for key, one in EModel.model_json_schema().items() if key != "title"},
    }


def schema_text() -> str:
    """Write the schema as the text of its file."""
    return json.dumps(definition_schema(), indent=1, sort_keys=True) + "\n"
