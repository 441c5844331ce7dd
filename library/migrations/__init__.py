"""The schema, step by step; a file per room."""
