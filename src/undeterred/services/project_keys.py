"""Project keys: the short names that runs are known by (`KEY-7`). A key that runs once had is never given to another project."""

import re
import secrets
import string

from undeterred.errors import InvalidArgument
from undeterred.store.db import Tx

KEY_MAX = 5
_LETTERS = string.ascii_uppercase + string.digits


def checked_key(key: str) -> str:
    """A key as it is kept, in capitals; InvalidArgument."""
    key = key.upper()
    if len(key) > KEY_MAX:
        raise InvalidArgument(f"project key cannot be longer than {KEY_MAX} characters")
    if not key:
        raise InvalidArgument("project key cannot be empty")
    if not re.fullmatch(r"[A-Z0-9]+", key):
        raise InvalidArgument(f"project key can only contain alphanumeric characters: {key}")
    return key


def new_key(tx: Tx, name: str) -> str:
    """A free key: the first letters of a name and random ones."""
    start = "".join(letter for letter in name.upper() if letter in _LETTERS)[:3]
    while True:
        key = start + "".join(secrets.choice(_LETTERS) for _ in range(KEY_MAX - len(start)))
        if not key_in_use(tx, key) and former_owner(tx, key) is None:
            return key
        start = start[:-1]


def key_in_use(tx: Tx, key: str) -> int | None:
    """The project that has a key, or None."""
    found = tx.value("SELECT id FROM projects WHERE key = :key", key=key)
    return None if found is None else int(found)


def former_owner(tx: Tx, key: str) -> int | None:
    """The project whose runs are or were known by a key, or None."""
    found = tx.value("SELECT project_id FROM former_keys WHERE key = :key", key=key)
    return None if found is None else int(found)
