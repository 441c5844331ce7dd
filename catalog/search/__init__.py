"""Finding a book: analysis, the engine behind a protocol, and keeping it in step."""
