"""The parts of the web kernel, put around an application in the one order that works."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from library.kernel import api, assets, compression, guard, headers, health, pages, problems, rates, telemetry
from library.settings import Settings

LARGEST_UPLOAD = 64_000_000
LARGEST_FORM = 1_000_000


def register(app: Flask, settings: Settings) -> api.Api:
    """Prepare `app` and return the API on which rooms register their blueprints.

    Telemetry comes first, so that a refused request has an id and is counted; problems come after the API, whose own
    error handler they replace.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app.secret_key = settings.signing_key()
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        MAX_FORM_MEMORY_SIZE=LARGEST_FORM,
        SESSION_COOKIE_NAME="library_notices",
        SESSION_COOKIE_SAMESITE="Lax",
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    compression.register(app)
    telemetry.register(app, level=settings.log_level)
    headers.register(app)
    rates.register(app, settings.anonymous_per_minute)
    app.before_request(lambda: api.limit_body(settings.api_body_bytes))
    pages.register(app, locale=settings.locale, timezone=settings.timezone)
    assets.register_assets(app)
    rooms = api.register(app)
    problems.register(app)
    guard.register(app)
    health.register(app)
    return rooms
