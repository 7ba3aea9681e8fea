"""Print the result of a benchmark and keep it, with where it was measured."""

from __future__ import annotations

import json

from companion.site import provenance
from shalelib.files import write_json


def keep(record, path, **about):
    """Print `record` as JSON; write it to `path`, if there is one, with its provenance."""
    print(json.dumps(record, indent=1))
    if path is not None:
        write_json(path, record | {"provenance": provenance.collect(**about)})
        print(f"written to {path}")
