"""A PostgreSQL database that is emptied after each test: to make one from a template takes 150 ms, to empty it 20.

What tests may not leave to each other is the schema: whoever has changed it is given a new database by the next.
"""

from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from library.kernel.operations import new_id
from tests.postgres import Server

# Whatever a test might change of tables, columns, triggers, keys, functions and schemas.
_SHAPE = """
    SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
        SELECT format('%s %s %s', oid, relname, relkind) FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT format('%s %s %s %s %s', attrelid, attname, atttypid, attnotnull, attisdropped)
            FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
        UNION ALL SELECT format('%s %s', oid, tgenabled) FROM pg_trigger
        UNION ALL SELECT format('%s %s', oid, convalidated) FROM pg_constraint
        UNION ALL SELECT format('%s %s', oid, proname) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'
    ) AS parts (part)
"""
_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
_COUNTED_ON = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


@dataclass
class Reused:
    """The database of one worker; `template` is what each test begins with."""

    server: Server
    template: str
    _url: str | None = None
    _shape: str = ""
    _rows: dict[str, bytes] = field(default_factory=dict)

    def take(self) -> str:
        """Return the URL of a database as the template is."""
        if self._url is None:
            self._url = self.server.create_database(f"county_{new_id().replace('-', '')}", template=self.template)
            with self._connected() as connection:
                self._shape = self._shape_of(connection)
                self._rows = {name: _read(connection, name) for name in _filled(connection)}
        return self._url

    def give_back(self) -> None:
        """Empty the database, or drop it when its schema is another now."""
        assert self._url is not None
        with self._connected() as connection:
            connection.execute(_OTHERS)
            if self._shape_of(connection) == self._shape:
                self._empty(connection)
                return
        self.server.drop_database(self._url.rpartition("/")[2])
        self._url = None

    def _connected(self) -> "psycopg.Connection[tuple[str]]":
        assert self._url is not None
        return psycopg.connect(self._url.replace("+psycopg", ""), autocommit=True)

    def _shape_of(self, connection: "psycopg.Connection[tuple[str]]") -> str:
        found = connection.execute(_SHAPE).fetchone()
        assert found is not None
        return found[0]

    def _empty(self, connection: "psycopg.Connection[tuple[str]]") -> None:
        with connection.transaction():
            connection.execute(
                "SET LOCAL session_replication_role = replica"
            )  # no keys, and nothing that guards the audit
            for name in _filled(connection):
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            for name, rows in self._rows.items():
                with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
                    copy.write(rows)
            for (name,) in connection.execute(_COUNTED_ON).fetchall():
                connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name)))


def _filled(connection: "psycopg.Connection[tuple[str]]") -> list[str]:
    names = [name for (name,) in connection.execute(_TABLES).fetchall()]
    asked = [sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name)) for name in names]
    return [name for (name,) in connection.execute(sql.SQL(" UNION ALL ").join(asked)).fetchall()]


def _read(connection: "psycopg.Connection[tuple[str]]", name: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as copy:
        return b"".join(copy)
