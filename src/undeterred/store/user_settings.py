"""Settings of users: a value by path and key."""

import msgspec

from undeterred.store.db import Tx


class SettingRow(msgspec.Struct, frozen=True):
    """One setting; `value` is JSON."""

    path: str
    key: str
    value: str


def of(tx: Tx, user_id: int) -> list[SettingRow]:
    """A user's settings, by path and key."""
    sql = "SELECT storage_path, key, value FROM user_settings WHERE user_id = :user_id ORDER BY storage_path, key"
    return tx.all(SettingRow, sql, user_id=user_id)


def put(tx: Tx, user_id: int, path: str, key: str, value: str) -> None:
    """Keep a setting in place of the one that was."""
    tx.run(
        "INSERT INTO user_settings (user_id, storage_path, key, value) VALUES (:user_id, :path, :key, :value)"
        " ON CONFLICT (user_id, storage_path, key) DO UPDATE SET value = excluded.value",
        user_id=user_id,
        path=path,
        key=key,
        value=value,
    )


def remove(tx: Tx, user_id: int, path: str, key: str) -> None:
    """Forget a setting."""
    tx.run(
        "DELETE FROM user_settings WHERE user_id = :user_id AND storage_path = :path AND key = :key", user_id=user_id, path=path, key=key
    )


def clear(tx: Tx, user_id: int) -> None:
    """Forget all of a user's settings."""
    tx.run("DELETE FROM user_settings WHERE user_id = :user_id", user_id=user_id)
