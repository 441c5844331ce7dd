"""Settings: defaults, the words of an error, and the keys made on the first start."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from library.settings import Settings, SettingsError, kept_key, load_settings


def test_the_database_stands_in_the_data_folder_unless_said_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIBRARY_DATA_DIR", str(tmp_path))
    assert load_settings().database == f"sqlite:///{tmp_path}/county.sqlite"
    assert load_settings().search == f"whoosh:{tmp_path}/index"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRARY_PORT", "")
    assert load_settings().port == Settings.model_fields["port"].default


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p@h/county", "postgresql+psycopg://u:p@h/county"),
        ("postgres://h/county", "postgresql+psycopg://h/county"),
        ("postgresql+psycopg://h/county", "postgresql+psycopg://h/county"),
        ("sqlite:////srv/county.sqlite", "sqlite:////srv/county.sqlite"),
    ],
)
def test_a_database_url_names_the_installed_driver(given: str, used: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRARY_DATABASE_URL", given)
    assert load_settings().database == used


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LIBRARY_PORT", "eighty"),
        ("LIBRARY_PORT", "70000"),
        ("LIBRARY_TIMEZONE", "Mars/Base"),
        ("LIBRARY_TIMEZONE", "../../etc/passwd"),
        ("LIBRARY_LOCALE", "fr"),
        ("LIBRARY_DATABASE_URL", "mysql://root:secretword@h/db"),
        ("LIBRARY_SECRET_KEY", "short"),
        ("LIBRARY_WORKERS", "1"),
    ],
)
def test_an_error_names_the_variable_and_keeps_its_value_to_itself(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=f"^{variable}: ") as caught:
        load_settings()
    assert "secretword" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1


def test_the_key_is_made_once_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "secret.key"
    assert kept_key(path) == kept_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR
    assert [entry.name for entry in path.parent.iterdir()] == ["secret.key"]


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: kept_key(path), range(8)))) == 1


def test_a_truncated_key_is_refused_instead_of_being_used(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("abc")
    with pytest.raises(SettingsError, match="too short"):
        kept_key(tmp_path / "secret.key")


def test_the_two_keys_differ(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert settings.signing_key() != settings.identity_hash_key()
