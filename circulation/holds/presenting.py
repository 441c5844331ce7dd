"""Holds and answers about them as the API shows them: with sentences for whoever asks. Made after the transaction."""

from collections.abc import Iterable
from typing import Any

from circulation.holds.queries import View
from circulation.holds.wording import cause_words
from circulation.policies.explaining import explained_all, with_texts
from library.kernel.actors import current_actor
from library.kernel.db import reading
from library.kernel.decisions import render
from library.kernel.operations import Answer


def present(answer: Answer, *, explain: bool = False) -> dict[str, Any]:
    """Return an answer with its sentences; the rules that decided are looked up only when somebody wants to know."""
    audience = current_actor().audience
    shown = {**answer, "reasons": render(answer.get("reasons", ()), audience)}
    hold, asked = answer.get("hold"), answer.get("policy")
    if hold:
        [shown["hold"]] = present_all([hold])
    if explain and asked:
        with reading() as session:
            entries = [entry for found in explained_all(session, asked) for entry in found]
            shown["explain"] = with_texts(entries, audience)
    return shown


def present_all(views: Iterable[View]) -> list[View]:
    """Return holds with the sentence that says why each is as it is."""
    audience = current_actor().audience
    return [{**view, "cause_text": cause_words(view.get("cause"), audience)} for view in views]
