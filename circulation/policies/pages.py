"""Pages of the rules for staff: read them, see why they say what they say, try a change and save it."""

from flask import Blueprint, current_app, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from circulation.policies import form, listing, overview, services
from circulation.policies.book import COUNTED_SETTING, PLACE_SETTING, book
from circulation.policies.explaining import all_told
from circulation.policies.listing import named
from circulation.policies.named import RULES
from circulation.policies.reasons_help import grouped, overridable, who_may_override
from circulation.policies.words import RULE_WORDS, SETTING_WORDS, SUBJECTS
from library.accounts.access import granted_paths, permits, require
from library.branches.models import Branch
from library.branches.services import branch_by_code, branch_by_id
from library.kernel import clock
from library.kernel.actors import current_actor
from library.kernel.db import reading
from library.kernel.pages import paging, render

bp = Blueprint("circulation_policies", __name__, template_folder="../templates")

WAYS = (
    ("/admin/rules", _l("Lending rules"), _l("How long, how many, for whom, where; and why."), "view"),
    ("/admin/hours", _l("Opening hours"), _l("Weeks, holidays, closures and harvest time."), "set_hours"),
    (
        "/admin/imports",
        _l("Import records"),
        _l("Bring in records and copies from a file, or take them back."),
        "catalogue",
    ),
    ("/plan", _l("Planning"), _l("What each room needs, and plans to bring it there."), "plan"),
    ("/help/reasons", _l("All reasons"), _l("What every refusal and notice means, and what to do."), "view"),
)
HISTORY_A_PAGE = 50
MOST_CODE = 32


@bp.get("/admin")
def manage() -> str:
    """Show what may be managed; a way that does not exist here, or that the actor may not go, is left out."""
    require("view")
    addresses = {rule.rule for rule in current_app.url_map.iter_rules()}
    actor = current_actor()
    ways = [
        (href, name, does) for href, name, does, permission in WAYS if href in addresses and permits(actor, permission)
    ]
    return render("circulation/policies/admin.html", ways=ways)


@bp.get("/admin/rules")
def show_all() -> str:
    """Show every rule with its rows, from the county down to the room."""
    actor = require("view")
    with reading() as session:
        branch = _branch(session, request.args.get("branch", ""))
        rules = book(session)
        page = {
            "subjects": overview.by_subject(session, actor, branch),
            "places": [("", _("Every place")), *overview.branch_options(session)],
            "branch": branch.code if branch else "",
            "settings": [
                (name, SETTING_WORDS[name], str(chosen))
                for name, chosen in ((PLACE_SETTING, rules.place), (COUNTED_SETTING, rules.counted))
            ],
            "may_choose": all(permits(actor, "administer", root) for root in services.roots(session)),
        }
    return render("circulation/policies/rules.html", **page)


@bp.get("/admin/rules/explain")
def explain() -> str:
    """Show what every rule says at a place for a reader and a kind of copy on a day, and why."""
    require("view")
    wrong: dict[str, str] = {}
    given = request.args.get("on", "")
    on = form.read_day(given) if given else clock.today()
    if on is None:
        wrong["on"] = _("Write a day such as 2027-01-15.")
    category, item_class = (request.args.get(name, "")[:20] or None for name in ("category", "class"))
    with reading() as session:
        branch = _branch(session, request.args.get("branch", "")) or _own_branch(session)
        resolved = services.resolve(
            session, item_class=item_class, patron_category=category, branch=branch, on=on or clock.today()
        )
        entries = named(session, resolved.explain())
        page = {
            "branch": {"code": branch.code, "name": branch.name, "name_en": branch.name_en},
            "places": overview.branch_options(session),
        }
    told = {one.rule: one for one in all_told(entries)}
    rows = [
        (str(words), [told[rule.name] for rule in RULES.values() if rule.subject is subject])
        for subject, words in SUBJECTS.items()
    ]
    return render(
        "circulation/policies/explain.html",
        subjects=rows,
        categories=overview.category_options(),
        classes=overview.class_options(item_class),
        category=category or "",
        item_class=item_class or "",
        on=given or clock.today().isoformat(),
        wrong=wrong,
        overridable=overridable(),
        overriders=who_may_override(),
        **page,
    )


@bp.get("/help/reasons")
def reasons() -> str:
    """Show every reason in words, and what to do about it; anybody may read it."""
    return render("circulation/policies/reasons.html", groups=grouped(), overriders=who_may_override())


@bp.get("/admin/rules/history")
def history() -> str:
    """Show every row there ever was, the newest first."""
    require("view")
    rule = request.args.get("rule", "")
    with reading() as session:
        pages = paging(listing.count(session, rule=rule or None), per_page=HISTORY_A_PAGE)
        rows = listing.newest(session, rule=rule or None, offset=pages.offset, limit=pages.per_page)
    names = [("", _("All rules")), *((name, str(words.name)) for name, words in RULE_WORDS.items())]
    return render(
        "circulation/policies/history.html", rows=overview.in_words(rows), names=names, rule=rule, paging=pages
    )


def _branch(session: Session, code: str) -> Branch | None:
    return branch_by_code(session, code[:MOST_CODE]) if code else None


def _own_branch(session: Session) -> Branch:
    """Return the largest place the actor may look at."""
    actor = require("view")
    paths = granted_paths(actor, "view")
    widest = min(paths, key=len)
    return services.roots(session)[0] if widest == "/" else branch_by_id(session, int(widest.split("/")[-2]))
