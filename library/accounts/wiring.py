"""Puts access around the application."""

from flask import Flask
from flask_babel import lazy_gettext as _

from library.accounts import identity, jobs, services
from library.accounts.access import permits
from library.kernel import backup
from library.kernel.actors import current_actor
from library.kernel.problem_texts import define

define("unknown_account", _("No such account"), _("Check the name, or list them with `library user list`."))
define("account_exists", _("This account exists already"), _("Choose another name."))
define("account_name_invalid", _("This name cannot be used"), _("Use 1 to 60 characters without spaces."))
define("unknown_role", _("No such role"), _("The roles are: %(roles)s."))


def register(app: Flask) -> None:
    """Find out who makes each request, clean up what ended, and let no ended session return with a backup."""
    identity.register(app)
    backup.after_restore(app, services.end_all_sessions)
    app.jinja_env.globals["may"] = _may
    jobs.register()


def _may(permission: str) -> bool:
    """Tell a page whether whoever looks at it may do something anywhere, so that it shows no way that ends in a refusal."""
    return permits(current_actor(), permission)
