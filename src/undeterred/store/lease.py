"""One database has one master. The lock says who (the kernel or PostgreSQL lets go of it when the holder dies), the epoch says which."""

import fcntl
import os
from pathlib import Path

from undeterred.errors import FailedPrecondition
from undeterred.store.db import Tx


class FolderLock:
    """The data folder's lock file, held as long as this process lives."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._fd, 64).decode(errors="replace").strip() or "another process"
            os.close(self._fd)
            raise FailedPrecondition(
                f"the data folder {folder} already has a master (process {holder}): "
                f"stop it with `undeterred down --data {folder}`, or choose another folder with --data"
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def in_place(self) -> bool:
        """Whether the folder is still where it was, with this very lock: not moved away, not removed, nothing else in its place."""
        try:
            return os.path.samestat(os.stat(self.path), os.fstat(self._fd))
        except OSError:
            return False

    def release(self) -> None:
        os.close(self._fd)


def take(tx: Tx, holder: str) -> int:
    """Become this database's master; the new epoch. An action that carries an older one is refused."""
    epoch = tx.value("SELECT epoch FROM lease WHERE name = 'master'")
    if epoch is None:
        tx.run("INSERT INTO lease (name, epoch, holder, taken_at) VALUES ('master', 1, :holder, :now)", holder=holder, now=tx.now)
        return 1
    tx.run(
        "UPDATE lease SET epoch = :epoch, holder = :holder, taken_at = :now WHERE name = 'master'",
        epoch=epoch + 1,
        holder=holder,
        now=tx.now,
    )
    return int(epoch) + 1
