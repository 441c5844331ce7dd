"""The import that runs beside the desks: `library catalog import` of a file of new records, in a process of its own.

The records have 13 to 15 fields and about 700 bytes, with titles in Chinese and an ISBN each; no two are of one book.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from catalog.bibs.description import BibDescription, Creator
from catalog.marc.compose import compose
from catalog.marc.record import Flavour
from catalog.marc.writing import for_carrier, to_iso2709
from circulation.lending.bench.http import command
from circulation.lending.bench.scratch import Scratch
from library.kernel.console import fail, one_line

_CLASSES: Final = ("S512.1", "I247.5", "K928.9", "TS972.1", "R161.7", "G624.2")
_WORDS: Final = "春夏秋冬山河田园麦稻茶果桑麻牛羊鸡鱼农家村乡水土风雨花木种植养殖防治技术问答图解入门手册故事集选"
_PUBLISHERS: Final = ("丰年出版社", "晴川出版社", "远山书局")


def write_records(file: Path, count: int) -> None:
    """Write a file of `count` CNMARC records in ISO 2709."""
    with file.open("wb") as out:
        for number in range(count):
            record = for_carrier(compose(_description(number)), Flavour.CNMARC)
            out.write(to_iso2709(record).raw)


@contextmanager
def importing(place: Scratch, file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Yield a running import; it is stopped when the block ends before it."""
    environment = {
        **os.environ,
        "LIBRARY_DATABASE_URL": place.url,
        "LIBRARY_DATA_DIR": str(place.folder),
        "LIBRARY_SEARCH_URL": place.search,
    }
    log = place.folder / "import.log"
    with log.open("wb") as out:
        arguments = command("catalog", "import", str(file), "--json")
        process = subprocess.Popen(arguments, env=environment, stdout=out, stderr=out)  # noqa: S603  our own command
        try:
            yield process
        finally:
            process.terminate()
            process.wait()
    if process.returncode > 0:
        raise fail(f"the import failed: {one_line(log.read_text(errors='replace'))[-300:]}")


def _description(number: int) -> BibDescription:
    title = "".join(_WORDS[(number // len(_WORDS) ** place + 7 * place) % len(_WORDS)] for place in range(4))
    return BibDescription(
        title=f"{title}第{number}种",
        subtitle="乡村实用读本",
        creators=(Creator(f"作者{_WORDS[number % 40]}{number % 997}", "主编"), Creator("编写组", "编著")),
        publisher=_PUBLISHERS[number % len(_PUBLISHERS)],
        place="示例县",
        year=1995 + number % 30,
        edition="第2版",
        series="农家书屋丛书",
        extent="236页",
        language="chi",
        clc=_CLASSES[number % len(_CLASSES)],
        isbns=(_isbn(number),),
        price_cents=2800,
        summary="本书介绍了适合本地气候的做法，配有插图，供农户、合作社与基层技术员参考。" * 2,
        subjects=("农业技术", "普及读物"),
        control_number=f"bench{number:07d}",
        agency="BENCH",
    )


def _isbn(number: int) -> str:
    """Return an ISBN outside the groups of China, with its check digit."""
    digits = f"97899{number:07d}"
    total = sum(int(digit) * (3 if position % 2 else 1) for position, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
