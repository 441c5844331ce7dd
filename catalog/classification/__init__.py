"""The Chinese Library Classification and the order of call numbers."""
