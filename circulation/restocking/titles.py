"""How much better than its shelf-mates a title lends: records of the title, its author and its readers' requests. Pure,
numpy.

A title in the right place for a long time lends more than one that arrived yesterday, so quality is loans over
*expected* loans (what an ordinary copy would have lent from the same shelves in the same days), shrunk to the author's
record and that to 1.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from circulation.restocking.demand import Shared, mass_on_shelf, season_group
from circulation.restocking.history import FloatArray, History, IntArray, Months, Stays, age_band

AUTHOR_LOANS: Final = 8.0
TITLE_LOANS: Final = 6.0
VOTES: Final = 3.0
_YEAR_DAYS: Final = 365.25


@dataclass(frozen=True, slots=True)
class Records:
    """Evidence per title (J): loans and expected loans of the title and of its author, the author's titles, and the
    quality.
    """

    loans: FloatArray
    expected: FloatArray
    author_loans: FloatArray
    author_expected: FloatArray
    author_titles: IntArray
    quality: FloatArray


def per_copy_day(history: History, shared: Shared, annual: FloatArray) -> FloatArray:
    """Return what one fresh copy lends in a day (R×K×T): V · season / year / (A0 + D), where records were kept."""
    season = shared.season[season_group()][:, history.months.of_year]
    rate = (
        annual[:, :, None] * season[None] / _YEAR_DAYS / (shared.saturation + mass_on_shelf(history, shared.freshness))
    )
    return np.asarray(rate * history.recorded[:, None, :])


def expected_loans(months: Months, stays: Stays, rate: FloatArray, freshness: FloatArray, titles: int) -> FloatArray:
    """Loans an ordinary copy would have had in these stays, summed by title (J); only closed months count."""
    total = np.zeros(titles)
    for month in np.flatnonzero(months.closed):
        start = np.maximum(stays.start, months.edges[month])
        days = np.minimum(stays.end, months.edges[month + 1]) - start
        here = days > 0
        band = age_band((start - stays.arrived)[here] + days[here] // 2)
        worth = rate[stays.room[here], stays.cls[here], month] * freshness[band] * days[here]
        total += np.bincount(stays.bib[here], weights=worth, minlength=titles)
    return total


def closed_loans(months: Months, lent: Stays, titles: int) -> FloatArray:
    """Loans by title in the closed months of the window (J)."""
    month = months.index_of(lent.start)
    within = (month >= 0) & (month < months.count - 1)
    return np.bincount(lent.bib[within], minlength=titles).astype(np.float64)


def judge(loans: FloatArray, expected: FloatArray, author: IntArray, votes: FloatArray, children: IntArray) -> Records:
    """Quality of each title (mean about 1). ``author`` is a group number, −1 unknown; ``votes`` are open requests in
    the county.

    Votes are compared with the mean of their own shelf (children's or general): children and their teachers ask often,
    elders seldom, and without this the elders' books would look unwanted.
    """
    known = author >= 0
    groups = int(author.max(initial=-1)) + 1

    def by_author(values: FloatArray) -> FloatArray:
        sums = np.bincount(author[known], weights=values[known], minlength=groups)
        return np.where(known, sums[author] if groups else 0.0, values)

    author_loans, author_expected = by_author(loans), by_author(expected)
    author_rate = (author_loans + AUTHOR_LOANS) / (author_expected + AUTHOR_LOANS)
    own_rate = (loans + TITLE_LOANS * author_rate) / (expected + TITLE_LOANS)
    return Records(
        loans=loans,
        expected=expected,
        author_loans=author_loans,
        author_expected=author_expected,
        author_titles=by_author(np.ones(len(loans))).astype(np.int64),
        quality=own_rate * (votes + VOTES) / (_usual_votes(votes, children) + VOTES),
    )


def _usual_votes(votes: FloatArray, children: IntArray) -> FloatArray:
    count = np.maximum(np.bincount(children, minlength=2), 1)
    return np.asarray((np.bincount(children, weights=votes, minlength=2) / count)[children])
