"""Settings of a user: JSON values by path and key. An empty value removes; values come back in one canonical form."""

import json
from decimal import Decimal
from typing import Any

from undeterred.errors import InvalidArgument
from undeterred.services.identity import Caller
from undeterred.store import user_settings
from undeterred.store.db import Tx
from undeterred.wire.user_settings import UserWebSetting

EXPONENT_MAX = 400


def of(tx: Tx, user_id: int) -> list[UserWebSetting]:
    """A user's settings."""
    return [UserWebSetting(key=row.key, storage_path=row.path, value=row.value) for row in user_settings.of(tx, user_id)]


def keep(tx: Tx, who: Caller, settings: list[UserWebSetting]) -> None:
    """Keep or, where the value is empty, remove settings, in their order. InvalidArgument (and nothing kept) for a value that is no JSON."""
    for setting in settings:
        if setting.value:
            user_settings.put(tx, who.user_id, setting.storage_path, setting.key, canonical(setting.value))
        else:
            user_settings.remove(tx, who.user_id, setting.storage_path, setting.key)


def reset(tx: Tx, who: Caller) -> None:
    """Remove all of the caller's settings."""
    user_settings.clear(tx, who.user_id)


def canonical(text: str) -> str:
    """JSON text as PostgreSQL's jsonb writes it: shorter keys first, the last of doubled keys, a blank after `:` and `,`, plain numbers.
    InvalidArgument if it is no JSON."""
    try:
        return _written(json.loads(text, parse_int=Decimal, parse_float=Decimal, parse_constant=_no_constant))
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"a setting's value must be JSON: {error}") from error


def _written(value: Any) -> str:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode("utf-8", "surrogatepass")), key))
        return "{" + ", ".join(f"{_text(key)}: {_written(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, Decimal):
        return _number(value)
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(value: str) -> str:
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise ValueError("a text holds NUL or half a surrogate pair")
    return json.dumps(value, ensure_ascii=False)


def _number(value: Decimal) -> str:
    if abs(value.adjusted()) > EXPONENT_MAX:
        raise ValueError(f"a number is beyond 1e{EXPONENT_MAX}")
    shown = format(value, "f")
    return shown.lstrip("-") if value == 0 else shown


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
