"""The first schema."""

from alembic import op

from undeterred.store.migrate import head_script

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Until the first release the initial revision is the head script itself; afterwards it is frozen."""
    name = {"sqlite": "sqlite", "postgresql": "postgres"}[op.get_bind().dialect.name]
    for statement in head_script(name):
        op.execute(statement)
