"""Answers a search for the web: the search itself, and afterwards the note of what was not found.

The note is written in a transaction of its own when the reading is over, and a reader whose search
cannot be noted still gets the page.
"""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from catalog.search import services
from catalog.search.services import SearchPage, SearchRequest
from library.kernel.db import writing
from library.kernel.errors import Busy
from library.kernel.operations import system_operation

log = structlog.get_logger()


def note_when_in_vain(request: SearchRequest, page: SearchPage) -> None:
    """Note a search that found nothing in the whole county; never fails."""
    if not services.is_in_vain(request, page):
        return
    try:
        with writing() as session:
            services.note_nothing_found(session, system_operation("note_search"), request)
    except (Busy, SQLAlchemyError) as error:
        log.warning("search_not_noted", error=type(error).__name__)
