"""A plan as it is shown: the stored codes and numbers with their sentences, made after the database was left."""

from typing import Any

from circulation.restocking.labels import CLASS_NAMES
from circulation.restocking.sentences import confidence, sentences
from library.kernel.pages import page_locale


def present(plan: dict[str, Any]) -> dict[str, Any]:
    """Add sentences in the present language to what `queries.plan_view` found."""
    for room in plan["rooms"]:
        room["shown_name"] = in_language(room["name"], room["name_en"])
        room["classes"] = [worded(cell) for cell in room["classes"]]
    for line in plan["lines"]:
        source = in_language(line["from_name"] or "", line["from_name_en"])
        line["source"] = source
        line["class_name"] = class_name(line["class"])
        line["reasons"] = sentences(line["kind"], line["evidence"], source=source, rival=line["rival"])
        line["confidence_text"] = confidence(line["confidence"])
    return plan


def worded(cell: dict[str, Any]) -> dict[str, Any]:
    """Return a cell of the forecast with its words."""
    return cell | {"name": class_name(cell["class"]), "confidence_text": confidence(cell["confidence"])}


def in_language(name: str, name_en: str | None) -> str:
    """Return the name of a place in the reader's language."""
    return name_en if name_en and page_locale() == "en" else name


def class_name(code: str) -> str:
    """Return the short name of a planning class."""
    return str(CLASS_NAMES.get(code, code))
