"""Bibliographic records: sources, edits, identifiers, authorities."""
