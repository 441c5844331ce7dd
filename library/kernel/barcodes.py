"""Printed codes as Code 128 (ISO/IEC 15417), drawn as the path of an SVG: black bars on white, in modules.

The bars are computed by python-barcode; its own SVG writer is not used, because it styles elements inline, which our
Content-Security-Policy refuses.
"""

from dataclasses import dataclass
from itertools import groupby

from barcode.codex import Code128

QUIET_MODULES = 10


@dataclass(frozen=True, slots=True)
class Bars:
    """A barcode of `width` modules, quiet zones included; `path` draws the bars one unit high, as an SVG path."""

    code: str
    width: int
    path: str


def code128(code: str) -> Bars:
    """Return the bars of a code of digits or other printable ASCII."""
    modules: str = Code128(code).build()[0]
    at, drawn = QUIET_MODULES, []
    for bar, run in groupby(modules):
        width = len(list(run))
        if bar == "1":
            drawn.append(f"M{at} 0h{width}v1h-{width}z")
        at += width
    return Bars(code, at + QUIET_MODULES, "".join(drawn))
