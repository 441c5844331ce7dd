"""Planning classes, in Python and in SQL alike."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.bibs.models import Bib
from circulation.restocking.labels import CLASS_NAMES
from circulation.restocking.overview import class_column
from circulation.restocking.rules import CHILDREN, CLASSES, OTHER, class_of
from tests.factories import a_bib

NUMBERS = [
    ("S512.1", "general", "S"),
    ("s6", "general", "S"),
    (" I247.5", "general", "I"),
    ("I287.7", "general", CHILDREN),
    ("G624.2", "youth", CHILDREN),
    ("K209", "children", CHILDREN),
    ("TS972", "elders", "T"),
    ("L1", "general", OTHER),
    ("", "general", OTHER),
    ("823.7", "general", OTHER),
]


@pytest.mark.parametrize(("clc", "audience", "expected"), NUMBERS)
def test_audience_decides_before_the_subject(clc: str, audience: str, expected: str) -> None:
    assert class_of(clc, audience) == expected


def test_the_database_and_the_rules_agree_on_every_class(session: Session) -> None:
    made = {a_bib(session, clc=clc, clc_top="", audience=audience).id: expected for clc, audience, expected in NUMBERS}
    found = {row[0]: row[1] for row in session.execute(select(Bib.id, class_column()))}
    assert found == made


def test_a_title_without_a_class_number_is_other() -> None:
    assert class_of(None, None) == OTHER


def test_every_class_has_a_name() -> None:
    assert set(CLASS_NAMES) == set(CLASSES)
