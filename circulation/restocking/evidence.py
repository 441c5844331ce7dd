"""Why a line is proposed, as numbers, ids and codes: sentences are made of it when it is shown, in the reader's
language. Pure.

Every line says what it gains net of what it takes away, how sure that is, whose loans it rests on, the days observed
and the rule that decided it. Positions of the problem become ids here, because evidence outlives the computation.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from circulation.restocking.allocation import Pick
from circulation.restocking.history import IntArray
from circulation.restocking.moves import Move
from circulation.restocking.proposal import Problem, Proposal, interval, title_of
from circulation.restocking.rules import BUY, CLASSES, MOVE

GAINS_MORE_HERE = "gains_more_here"


@dataclass(frozen=True)
class Line:
    """One proposed line with ids; money in fen, ``gain`` in net loans a year."""

    kind: str
    branch_id: int
    bib_id: int
    item_id: int | None
    from_branch_id: int | None
    cost: int
    cls: str
    gain: float
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class Account:
    """Gives account of a proposal in the ids of the database."""

    problem: Problem
    proposal: Proposal
    branch_ids: IntArray
    bib_ids: IntArray
    since: date

    def lines(self) -> Iterator[Line]:
        """Yield every line, moves first, room by room in the order of their codes."""
        at = {int(item): index for index, item in enumerate(self.problem.idle.item)}
        requests: Counter[int] = Counter()
        for (_, title), count in self.problem.asked.items():
            requests[title] += count
        for move in sorted(self.proposal.moves, key=lambda each: (each.room, each.copy.item)):
            yield self._move(move, at[move.copy.item], requests)
        for pick in self.proposal.purchases.picks:
            yield self._purchase(pick, requests)

    def forecast(self) -> dict[str, list[list[Any]]]:
        """Return per served branch id and class: expected loans a year, its 80 % interval, loans seen, evidence
        code.
        """
        demand, shelf = self.proposal.demand, self.proposal.demand.expected / self.proposal.demand.annual
        return {
            str(self.branch_ids[room]): [
                [
                    code,
                    _short(demand.expected[room, cls]),
                    _short(demand.low[room, cls] * shelf[room, cls]),
                    _short(demand.high[room, cls] * shelf[room, cls]),
                    int(demand.loans[room, cls]),
                    str(demand.evidence[room, cls]),
                ]
                for cls, code in enumerate(CLASSES)
            ]
            for room in self.problem.eligible.nonzero()[0]
        }

    def _common(self, room: int, cls: int, title: int, gain: float, requests: Mapping[int, int]) -> dict[str, Any]:
        demand, records = self.proposal.demand, self.proposal.records
        low, high = interval(demand, room, cls, gain)
        return {
            "class": CLASSES[cls],
            "confidence": str(demand.evidence[room, cls]),
            "own_weight": _short(demand.own_weight[room, cls]),
            "enough_data": bool(demand.enough[room]),
            "net": _short(gain),
            "low": _short(low),
            "high": _short(high),
            "window": [self.since.isoformat(), self.problem.on.isoformat()],
            "room_loans": int(demand.loans[room, cls]),
            "room_mass": _short(demand.mass[room, cls]),
            "room_demand": _short(demand.annual[room, cls]),
            "township_demand": _short(demand.shared.rate[self.problem.history.township[room], cls]),
            "title_loans": int(records.loans[title]),
            "title_expected": _short(records.expected[title]),
            "requests_here": self.problem.asked.get((room, title), 0),
            "requests_county": requests.get(title, 0),
            "copies_in_county": int(self.problem.titles.copies[title]),
        }

    def _purchase(self, pick: Pick, requests: Mapping[int, int]) -> Line:
        title = title_of(self.proposal, pick)
        cls, price = int(self.problem.titles.cls[title]), int(self.problem.titles.price[title])
        records, rival = self.proposal.records, pick.next_best
        evidence = self._common(pick.room, cls, title, pick.gain, requests) | {
            "constraint": pick.constraint,
            "price_cents": price,
            "gain_per_yuan": _short(100 * pick.gain / price, 5),
            "shadow_price": _short(self.proposal.purchases.shadow_price, 5),
            "author_loans": int(records.author_loans[title]),
            "author_expected": _short(records.author_expected[title]),
            "author_titles": int(records.author_titles[title]),
            "next_best_bib": None if rival is None else int(self.bib_ids[self.proposal.offered[rival]]),
        }
        branch, bib = int(self.branch_ids[pick.room]), int(self.bib_ids[title])
        return Line(BUY, branch, bib, None, None, price, CLASSES[cls], pick.gain, evidence)

    def _move(self, move: Move, idle: int, requests: Mapping[int, int]) -> Line:
        copy, facts = move.copy, self.problem.idle
        lent = int(facts.last_lent[idle])
        evidence = self._common(move.room, copy.cls, copy.bib, move.net, requests) | {
            "constraint": GAINS_MORE_HERE,
            "gain": _short(move.gain),
            "keep": _short(move.keep),
            "last_lent_on": date.fromordinal(lent).isoformat() if lent else None,
            "shelf_days": self.problem.on.toordinal() - int(facts.arrived[idle]),
            "never_held": True,
        }
        branches = int(self.branch_ids[move.room]), int(self.branch_ids[copy.room])
        return Line(
            MOVE,
            branches[0],
            int(self.bib_ids[copy.bib]),
            copy.item,
            branches[1],
            0,
            CLASSES[copy.cls],
            move.net,
            evidence,
        )


def _short(value: float, digits: int = 3) -> float:
    return round(float(value), digits)
