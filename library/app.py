"""The one module that assembles all three packages into an application."""

from flask import Flask

import catalog.bibs.api
import catalog.bibs.pages
import catalog.items.api
import catalog.marc.api
import catalog.marc.pages
import catalog.search.api
import catalog.search.pages
import catalog.search.wiring
import circulation.claims.api
import circulation.claims.pages
import circulation.claims.reader_pages
import circulation.claims.wiring
import circulation.desk.pages
import circulation.desk.papers
import circulation.groups.api
import circulation.groups.pages
import circulation.holds.api
import circulation.holds.pages
import circulation.holds.wiring
import circulation.lending.api
import circulation.lending.loan_api
import circulation.lending.pages
import circulation.lending.wiring
import circulation.logistics.api
import circulation.logistics.box_api
import circulation.logistics.wiring
import circulation.notebook.api
import circulation.notebook.pages
import circulation.policies.api
import circulation.policies.pages
import circulation.policies.row_pages
import circulation.reports.api
import circulation.reports.wiring
import circulation.restocking.api
import circulation.restocking.pages
import circulation.restocking.wiring
import circulation.whereabouts.wiring
import circulation.wishes.api
import circulation.wishes.pages
import library.accounts.pages
import library.accounts.wiring
import library.branches.api
import library.branches.door_pages
import library.branches.hours_api
import library.branches.hours_pages
import library.branches.wiring
import library.patrons.api
from library import tables
from library.kernel import clock, upkeep, web
from library.kernel.db import EXTENSION, Database
from library.settings import Settings, load_settings

# What a lower package needs of a higher one, consumers of events, scheduled work, health checks.
WIRINGS = (
    upkeep,
    library.accounts.wiring,
    library.branches.wiring,
    catalog.search.wiring,
    circulation.whereabouts.wiring,
    circulation.lending.wiring,
    circulation.claims.wiring,
    circulation.holds.wiring,
    circulation.logistics.wiring,
    circulation.restocking.wiring,
    circulation.reports.wiring,
)
APIS = (
    library.branches.api,
    library.branches.hours_api,
    library.patrons.api,
    catalog.bibs.api,
    catalog.items.api,
    catalog.marc.api,
    catalog.search.api,
    circulation.policies.api,
    circulation.lending.api,
    circulation.lending.loan_api,
    circulation.claims.api,
    circulation.groups.api,
    circulation.notebook.api,
    circulation.holds.api,
    circulation.wishes.api,
    circulation.logistics.api,
    circulation.logistics.box_api,
    circulation.restocking.api,
    circulation.reports.api,
)
PAGES = (
    library.accounts.pages,
    library.branches.hours_pages,
    library.branches.door_pages,
    catalog.bibs.pages,
    catalog.marc.pages,
    catalog.search.pages,
    circulation.lending.pages,
    circulation.holds.pages,
    circulation.wishes.pages,
    circulation.policies.pages,
    circulation.policies.row_pages,
    circulation.desk.pages,
    circulation.desk.papers,
    circulation.claims.pages,
    circulation.claims.reader_pages,
    circulation.groups.pages,
    circulation.notebook.pages,
    circulation.restocking.pages,
)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the whole application; `settings` default to the environment."""
    settings = settings or load_settings()
    clock.set_timezone(settings.timezone)
    app = Flask("library", static_folder=None, template_folder="templates")
    app.extensions["library.settings"] = settings
    app.extensions["library.tables"] = tables.metadata
    app.extensions[EXTENSION] = Database(settings.database, busy_seconds=settings.busy_seconds)
    smorest = web.register(app, settings)
    for wiring in WIRINGS:
        wiring.register(app)
    for api in APIS:
        smorest.register_blueprint(api.blp)
    for pages in PAGES:
        app.register_blueprint(pages.bp)
    return app
