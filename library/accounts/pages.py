"""Signing in and out: one page with a form for readers and one for staff."""

from flask import Blueprint, request
from werkzeug.wrappers import Response

from library.accounts import services
from library.accounts.sign_in import sign_in_reader, sign_in_staff
from library.kernel import sessions
from library.kernel.db import writing
from library.kernel.errors import DomainError, Invalid, TooManyAttempts
from library.kernel.pages import local_path, redirect_after_post, render
from library.kernel.problems import problem_of, words

bp = Blueprint("accounts", __name__, template_folder="templates")

READERS_PAGE = "/me"
STAFF_PAGE = "/desk"


@bp.get("/sign-in")
def sign_in() -> str:
    """Show both forms."""
    return render("accounts/sign_in.html", next=local_path(request.args.get("next"), ""), wrong="", given="")


@bp.post("/sign-in")
def sign_in_submit() -> Response | tuple[str, int, dict[str, str]]:
    """Sign in with what one of the forms says, and go on to where the visitor wanted to go."""
    is_staff = request.form.get("who") == "staff"
    try:
        if is_staff:
            secret = sign_in_staff(request.form.get("name", ""), request.form.get("password", ""))
        else:
            secret = sign_in_reader(request.form.get("card", ""), request.form.get("pin", ""))
    except (Invalid, TooManyAttempts) as error:
        return _again(error)
    _end_present_session()
    response = redirect_after_post(local_path(request.form.get("next"), STAFF_PAGE if is_staff else READERS_PAGE))
    sessions.set_cookie(response, secret, sessions.STAFF if is_staff else sessions.READER)
    return response


@bp.post("/sign-out")
def sign_out() -> Response:
    """End the session, on the server and in the browser."""
    _end_present_session()
    response = redirect_after_post("/")
    sessions.drop_cookie(response)
    return response


def _again(error: DomainError) -> tuple[str, int, dict[str, str]]:
    problem = problem_of(error)
    _title, advice = words(problem)
    page = render(
        "accounts/sign_in.html",
        next=local_path(request.form.get("next"), ""),
        wrong=advice,
        given=request.form.get("card", "")[:64],
    )
    return page, problem.status, dict(problem.headers)


def _end_present_session() -> None:
    secret = sessions.secret_of_request()
    if secret is not None:
        with writing() as session:
            services.end_session(session, secret)
