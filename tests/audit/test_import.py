"""Every file of real records: nothing crashes, nothing is taken quietly mangled, and no fewer records than pymarc's."""

import re
import sys
from pathlib import Path

import pytest
from flask import Flask

from catalog.bibs.description import BibDescription
from catalog.marc.batches import PROFILES, Summary
from catalog.marc.description import describe
from catalog.marc.reading import Found, read
from catalog.marc.record import Kind, Record
from catalog.marc.services import Source, import_files, source_of
from library.kernel.db import Database
from library.kernel.operations import system_operation
from tests.audit.import_table import NOT_MARC, OTHER_FORMS, Line, files_of, is_marc, line_of, table_of

pytestmark = pytest.mark.audit
MANGLED = re.compile("[\ufffd\x00-\x08\x0b\x0c\x0e-\x1f\x80-\x9f]")


@pytest.fixture(scope="module")
def shared(request: pytest.FixtureRequest) -> Path:
    folder = request.config.getoption("--shared")
    if folder is None:
        pytest.skip("needs --shared DIR")
    return Path(folder)


@pytest.fixture(scope="module")
def lines(shared: Path) -> list[Line]:
    return [line_of(path) for path in files_of(shared)]


def test_accepts_at_least_what_pymarc_parses_file_by_file(
    lines: list[Line], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(table_of(lines))
    assert [line.path.name for line in lines if is_marc(line.path) and line.accepted < line.pymarc] == []


def test_refuses_what_is_not_marc_whole(lines: list[Line]) -> None:
    others = [line for line in lines if line.path.name in NOT_MARC or line.path.suffix in OTHER_FORMS]
    assert len(others) == 8
    assert all(line.is_refused_whole for line in others)


def test_no_accepted_text_is_mangled(shared: Path) -> None:
    for path in files_of(shared):
        for found in _found(path):
            if found.kind is Kind.BIBLIOGRAPHIC:
                description = describe(found.record, found.flavour)
                assert not MANGLED.search(_text_of(description)), (path.name, found.offset)


def test_both_encodings_of_the_chinese_records_are_identical_and_readable(shared: Path) -> None:
    folder = shared / "cnmarc-bnu-sru"
    utf8, gb = (_found(folder / name) for name in ("cnmarc_bnu_utf8.iso", "cnmarc_bnu_gbk.iso"))
    assert [found.encoding for found in gb] == ["gb18030"] * 10
    assert [_content(found.record) for found in utf8] == [_content(found.record) for found in gb]
    titles = [describe(found.record, found.flavour).title for found in gb]
    assert sum("中国发展报告" in title for title in titles) == 9


def test_imports_every_file_into_one_catalogue(shared: Path, app: Flask, database: Database) -> None:
    sources = [source_of(path) for path in files_of(shared)]
    with app.app_context():
        first = _import(database, sources).as_json()
        second = _import(database, sources).as_json()
    counted = ("new", "matched", "merged", "conflict", "rejected", "authorities", "holdings")
    assert first["records"] == sum(first[name] for name in counted)
    assert first["authorities"] == 1083
    assert first["holdings"] == 7
    assert len(first["refused_files"]) == 8
    assert second["new"] == 0
    assert (second["matched"], second["merged"]) == (first["new"] + first["matched"] + first["merged"], 0)


def _import(database: Database, sources: list[Source]) -> Summary:
    return import_files(
        database.writing,
        system_operation("import_records"),
        sources,
        profile=PROFILES["default"],
        place=None,
        step=lambda count: None,
    )


def _found(path: Path) -> list[Found]:
    with path.open("rb") as stream:
        return [found for found in read(stream) if isinstance(found, Found)]


def _content(record: Record) -> object:
    return record.as_json()["fields"]


def _text_of(description: BibDescription) -> str:
    creators = " ".join(creator.name for creator in description.creators)
    return " ".join((description.title, description.subtitle, description.publisher, creators, *description.subjects))
