"""What the import API takes and answers."""

from marshmallow import fields

from catalog.marc.batches import PROFILES
from library.kernel.api import OperationIn, Schema, Text


class ImportFormIn(OperationIn):
    """A multipart form: the files and what is to become of them."""

    file = fields.Raw(
        metadata={"type": "string", "format": "binary", "description": "A MARC file; may stand several times."}
    )

    branch = Text(max_length=32, metadata={"description": "Code of the branch that gets the copies."})
    profile = Text(max_length=40, load_default="default", metadata={"description": " | ".join(PROFILES)})


class ImportErrorOut(Schema):
    file = fields.String()
    offset = fields.Integer(metadata={"description": "Bytes in ISO 2709, ordinal of the record in XML."})
    reason = fields.String()


class ImportOut(Schema):
    batch = fields.Integer()
    state = fields.String()
    files = fields.List(fields.String())
    started_at = fields.String()
    records = fields.Integer()
    new = fields.Integer()
    matched = fields.Integer()
    merged = fields.Integer()
    conflict = fields.Integer()
    rejected = fields.Integer()
    authorities = fields.Integer()
    holdings = fields.Integer()
    items = fields.Integer()
    errors = fields.List(fields.Nested(ImportErrorOut))
