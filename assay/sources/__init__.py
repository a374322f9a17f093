"""Read whatever data people bring: open a source, recognise its rows, turn each into a draft.

    source = open_source("train.csv")            # a file, a folder, many of them, hf:OWNER/NAME:train
    shape = recognise(source.parts[0].sample())  # or roles = parse_map("prompt=q", shape.fields)
    for record in source.rows():                   # Row or Bad, in flat memory, as often as needed
        draft_or_bad = record if isinstance(record, Bad) else draft(record, shape.roles)

A record that cannot be read is a `Bad` with its line; a source that cannot be read is a UserError.
Nothing here executes, unpickles or evaluates what it reads.
"""

from assay.sources.drafts import Draft, draft
from assay.sources.roles import ROLES, Roles, parse_map
from assay.sources.rows import Bad, Row
from assay.sources.rules import UNRECOGNISED, Shape
from assay.sources.shapes import recognise
from assay.sources.source import Part, Source, open_source

__all__ = [
    "ROLES",
    "UNRECOGNISED",
    "Bad",
    "Draft",
    "Part",
    "Roles",
    "Row",
    "Shape",
    "Source",
    "draft",
    "open_source",
    "parse_map",
    "recognise",
]
