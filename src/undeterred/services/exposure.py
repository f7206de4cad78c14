"""On an open network nobody may have a blank password: whoever logs in may run code here."""

from undeterred.errors import FailedPrecondition
from undeterred.store import users
from undeterred.store.db import Tx

REFUSED = (
    "{name} would have a blank password while this master listens beyond loopback, and anybody could run code here: "
    'give a password in the same request (`"password"` beside `"user"` in POST /api/v1/users; `det user create --password`)'
)


def check(tx: Tx, exposed: bool, user_id: int, even_inactive: bool = False) -> None:
    """After a change of a user: FailedPrecondition, which undoes the change, if it leaves an open account on an open network."""
    if not exposed:
        return
    row = users.by_id(tx, user_id)
    if row is not None and row.password_hash is None and not row.remote and (row.active or even_inactive):
        raise FailedPrecondition(REFUSED.format(name=row.username))
