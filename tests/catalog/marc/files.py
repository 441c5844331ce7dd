"""The small real files in `tests/data/marc`, read."""

from pathlib import Path

from catalog.marc.reading import Found, Refused, read

FOLDER = Path(__file__).parents[2] / "data" / "marc"


def outcomes(name: str) -> list[Found | Refused]:
    with (FOLDER / name).open("rb") as stream:
        return list(read(stream))


def found(name: str) -> list[Found]:
    return [one for one in outcomes(name) if isinstance(one, Found)]


def refused(name: str) -> list[Refused]:
    return [one for one in outcomes(name) if isinstance(one, Refused)]
