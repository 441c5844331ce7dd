"""Notebook catch-up (补录): numbered loan sheets, printed, filled in by hand, and entered later with their real dates."""
