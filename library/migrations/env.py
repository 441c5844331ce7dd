"""How Alembic runs a migration: on the connection it is given, in that connection's transaction."""

from alembic import context

from library.kernel.db import Model

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Model.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transactional_ddl=False,
)
context.run_migrations()
