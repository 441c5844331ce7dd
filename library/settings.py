"""Settings of one county: typed, frozen, read once from `LIBRARY_*`; an error names the variable to fix."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "LIBRARY_"
KEY_BYTES = 48
SHORTEST_KEY = 32

Port = Annotated[int, Field(ge=0, le=65535)]


class SettingsError(Exception):
    """A variable of the environment cannot be used; the text names it and says what it should be."""


class Settings(BaseSettings):
    """Everything a county may choose from outside; the field `port` is the variable `LIBRARY_PORT`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    data_dir: Path = Path("var")
    """Folder of the database, the index and the kept keys; made when missing."""
    database_url: str = ""
    """SQLAlchemy URL; empty means SQLite in `data_dir`."""
    search_url: str = ""
    """Where the index lives; empty means `whoosh:` in `data_dir`."""
    secret_key: SecretStr | None = None
    """Signs cookies; made and kept in `data_dir` when not given."""
    identity_key: SecretStr | None = None
    """Keys the hash of identity numbers; a key of its own, so that changing the other one loses nobody."""
    host: str = "127.0.0.1"
    port: Port = 8000
    workers: Annotated[int, Field(ge=2, le=64)] = 2
    threads: Annotated[int, Field(ge=1, le=64)] = 8
    locale: Literal["zh_Hans", "en"] = "zh_Hans"
    timezone: str = "Asia/Shanghai"
    trusted_proxies: Annotated[int, Field(ge=0, le=4)] = 0
    """How many proxies in front set `X-Forwarded-*`; with 0 these headers are not believed."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    busy_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    """How long a writer waits for its turn before the answer is 503 `busy`."""
    api_body_bytes: Annotated[int, Field(ge=1024)] = 1_000_000
    """Largest body of an API call, in bytes."""
    anonymous_per_minute: Annotated[int, Field(ge=0)] = 600
    """Requests one address may make in a minute without signing in, per web process; 0 sets no limit."""

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            msg = "must be an IANA timezone such as Asia/Shanghai"
            raise ValueError(msg) from error
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        """Accept the short `postgresql:` forms and name the driver that is installed, psycopg 3."""
        scheme, separator, rest = value.partition("://")
        if not value or scheme in {"sqlite", "postgresql+psycopg"}:
            return value
        if separator and scheme in {"postgres", "postgresql"}:
            return f"postgresql+psycopg://{rest}"
        msg = "must begin with sqlite:// or postgresql://"
        raise ValueError(msg)

    @field_validator("secret_key", "identity_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_KEY:
            msg = f"must have at least {SHORTEST_KEY} characters; leave it out to have one made"
            raise ValueError(msg)
        return value

    @property
    def database(self) -> str:
        """Return the URL of the county's database."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'county.sqlite').absolute()}"

    @property
    def search(self) -> str:
        """Return the URL of the county's search index."""
        return self.search_url or f"whoosh:{(self.data_dir / 'index').absolute()}"

    def signing_key(self) -> str:
        """Return the key that signs cookies, made on the first start."""
        return self.secret_key.get_secret_value() if self.secret_key else kept_key(self.data_dir / "secret.key")

    def identity_hash_key(self) -> str:
        """Return the key under which identity numbers are hashed, made on the first use."""
        return self.identity_key.get_secret_value() if self.identity_key else kept_key(self.data_dir / "identity.key")


def load_settings() -> Settings:
    """Read the environment; raises `SettingsError` with one line for each variable to fix."""
    try:
        return Settings()
    except ValidationError as error:
        raise SettingsError("; ".join(_explain(error))) from None


def _explain(error: ValidationError) -> list[str]:
    """Return one sentence per fault, without the value: it may be a password."""
    return [
        f"{PREFIX}{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg'].removeprefix('Value error, ')}"
        for fault in error.errors(include_url=False, include_input=False)
    ]


def kept_key(path: Path) -> str:
    """Return the key kept in `path`, readable by the owner only; make it when there is none.

    Two processes that start together agree on one key: it is written aside and linked into place, which fails for the
    second one. Raises `SettingsError` when the file cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _link_new_key(path)
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{PREFIX}DATA_DIR: the key {path} can neither be read nor made ({type(error).__name__})"
        raise SettingsError(msg) from error
    if len(key) < SHORTEST_KEY:
        msg = f"{PREFIX}DATA_DIR: the key in {path} is too short; restore it from a backup or delete the file"
        raise SettingsError(msg)
    return key


def _link_new_key(path: Path) -> None:
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links: the race is then possible, a start must still be
            Path(aside).replace(path)
    finally:
        Path(aside).unlink(missing_ok=True)
