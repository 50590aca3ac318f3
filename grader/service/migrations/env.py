"""Alembic's environment: the connection that `Database.migrate` gives, and our tables."""

from __future__ import annotations

from alembic import context

from grader.service.tables import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=Base.metadata, render_as_batch=connection.dialect.name == "sqlite"
)
with context.begin_transaction():
    context.run_migrations()
