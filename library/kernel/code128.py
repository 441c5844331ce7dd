"""Code 128 as a picture, for codes of digits that a scanner reads off paper (ISO/IEC 15417, code set C, two digits a symbol).

Drawn here because the printed sheets need one kind of bar code in one colour, and the table of the standard is a hundred
short lines.
"""

import re
from itertools import accumulate

START_C, STOP = 105, 106
QUIET = 10
# Widths of bar, space, bar, space, bar, space of the symbols 0 to 105; the stop symbol has one bar more.
_WIDTHS = re.findall(
    r"\d+",
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112",
)


def symbols(digits: str) -> list[int]:
    """Return the symbols of an even number of digits: start, pairs, check, stop."""
    if len(digits) % 2 or not (digits.isascii() and digits.isdigit()):
        msg = f"code set C takes pairs of digits: {digits[:20]}"
        raise ValueError(msg)
    pairs = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    check = (START_C + sum(place * value for place, value in enumerate(pairs, start=1))) % 103
    return [START_C, *pairs, check, STOP]


def bars(digits: str) -> tuple[list[tuple[int, int]], int]:
    """Return the bars as (left, width) in modules, and how wide the whole is, quiet zones included."""
    widths = [int(width) for symbol in symbols(digits) for width in _WIDTHS[symbol]]
    edges = list(accumulate(widths, initial=QUIET))
    return [(edges[at], widths[at]) for at in range(0, len(widths), 2)], edges[-1] + QUIET
