"""Teams hand in together"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("member", sa.Column("team", sa.Text(), nullable=False, server_default=""))
    op.add_column("upload", sa.Column("sent_by", sa.Integer(), nullable=True))
