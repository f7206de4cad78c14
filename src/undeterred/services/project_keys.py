"""Project keys: the short names that runs are known by (`KEY-7`). A key that runs once had is never given to another project."""

import re
import secrets
import string

from undeterred.errors import InvalidArgument
from undeterred.store import projects
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
        if projects.id_by_key(tx, key) is None and projects.id_by_former_key(tx, key) is None:
            return key
        start = start[:-1]
