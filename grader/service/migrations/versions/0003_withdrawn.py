"""What was published can be withdrawn"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from grader.service.tables import Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("published", sa.Column("withdrawn", Moment(), nullable=True))
