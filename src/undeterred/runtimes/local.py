"""This machine: a folder and a supervisor process per container, under `<data>/tasks`. Supervisors outlive the master."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from undeterred import errors
from undeterred.domain.launch.facts import LaunchSpec
from undeterred.runtimes import isolation
from undeterred.runtimes.base import ASSIGNED, LOST, STARTING, TERMINATED, Exit, Node, Seen, Slot
from undeterred.supervisor import folder

_EPOCH = ".epoch"
LINGER_S = 5.0  # how long a stopped supervisor may take to die before it is killed itself


class Local:
    """One node, this one.

    data: the data folder; epoch: the master's, greater with every master that takes the folder's lease; mode: A, B or D (isolation.probe).
    """

    capabilities: frozenset[str] = frozenset()

    def __init__(self, data: Path, epoch: int, slots: list[Slot], node_id: str = "", address: str = "127.0.0.1", mode: str = "") -> None:
        self._master_file = os.path.abspath(data / "master.json")
        self._tasks = data / "tasks"
        self._tasks.mkdir(mode=0o711, parents=True, exist_ok=True)
        with contextlib.suppress(OSError):  # another's folder stays as it is
            self._tasks.chmod(0o711)  # whatever the umask: another user's task passes through it to its own
        self._tasks = self._tasks.resolve()  # it may lie on a disk of its own, behind a link that a task does not see
        self.epoch, self.mode = epoch, mode or isolation.probe().mode
        host = socket.gethostname()
        self._node = Node(node_id or host, host, address, slots)
        self._children: list[int] = []
        self._specs: dict[str, tuple[str, int]] = {}  # container id -> (allocation id, epoch): a spec never changes
        self._collectors: dict[str, int] = {}  # container id -> the process that finishes for its dead supervisor
        self._forget_at = 0.0
        self._raise_epoch()

    async def inventory(self) -> list[Node]:
        """This machine."""
        return [self._node]

    async def start(self, spec: LaunchSpec) -> None:
        """Write the spec and start the supervisor. Raises Conflict for an older epoch, Unavailable when the disk or the machine refuses."""
        await asyncio.to_thread(self._start, spec)

    async def stop(self, container_id: str) -> None:
        """SIGTERM to the supervisor, and SIGKILL if it lingers; a placed start that nobody claimed is claimed and ended here."""
        for attempt in range(2):
            pid = await asyncio.to_thread(self._stop, container_id, hard=attempt == 1)
            if pid is None or attempt == 1 or await self._obeys(container_id):
                return

    async def _obeys(self, container_id: str) -> bool:
        """Whether the supervisor heard the signal: its task ended (it may then wait for the master's answer as long as it takes)."""
        place = str(self._tasks / container_id)
        for _ in range(int(LINGER_S / 0.02)):
            if await asyncio.to_thread(_ended, place):
                return True
            await asyncio.sleep(0.02)
        return False

    async def observe(self) -> list[Seen]:
        """Scan the folders; for a supervisor that died, start the one who finishes for it."""
        return await asyncio.to_thread(self._observe)

    async def stop_all(self) -> None:
        """Stop every container here."""
        await asyncio.gather(*(self.stop(seen.container_id) for seen in await self.observe()))

    def _start(self, spec: LaunchSpec) -> None:
        place = self._tasks / spec.container_id
        if spec.container_id != place.name or spec.container_id.startswith("."):
            raise errors.InvalidArgument(f"{spec.container_id!r} is no container id")
        try:
            self._check_epoch()
            place.mkdir(mode=0o700, exist_ok=True)
            if folder.ended(str(place)):
                with contextlib.suppress(OSError):
                    place.rmdir()  # only if it is the empty one just made
                return
            if not (place / folder.SPEC).exists():
                ready = spec if spec.isolation else msgspec.structs.replace(spec, isolation=self.mode)
                folder.write(str(place / folder.SPEC), msgspec.json.encode(ready))
            if folder.claimed(str(place))[0]:
                return
            self._launch(str(place), str(place))
        except OSError as error:
            if folder.ended(str(place)):
                return
            raise errors.Unavailable(f"The task {spec.allocation_id} could not be started on this machine: {error}") from error

    def _launch(self, place: str, *arguments: str) -> int:
        """Start a supervisor in a session of its own; what it has to say of itself goes to supervisor.log in its folder."""
        words, log = isolation.command(*arguments), os.path.join(place, "supervisor.log")
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        pid = os.posix_spawn(words[0], words, _quiet(os.environ), file_actions=files, setsid=True, setsigmask=())
        self._children.append(pid)
        return pid

    def _reap(self) -> None:
        """Take the ends of our children off the kernel's list; those of an earlier master have no parent to wait."""
        for pid in list(self._children):
            with contextlib.suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG)[0] == 0:
                    continue
            self._children.remove(pid)

    def _stop(self, container_id: str, *, hard: bool) -> int | None:
        """Signal the supervisor; returns its id while it lives."""
        self._check_epoch()
        place = str(self._tasks / container_id)
        if not os.path.isdir(place):
            return None
        claimed, pid = folder.claimed(place)
        if not claimed and folder.claim(place, dead=True):
            # Nobody will ever start it now; the collector reports the end.
            folder.write(os.path.join(place, folder.EXIT), msgspec.json.encode({"exitCode": 137}), sync=True)
            self._collect(place)
            return None
        if pid is None:
            finishing = folder.collector(place)
            if finishing is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(finishing, signal.SIGTERM)
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if hard else signal.SIGTERM)
        return pid

    def _observe(self) -> list[Seen]:
        self._reap()
        self._forget_ended()
        found = []
        try:
            entries = list(os.scandir(self._tasks))
        except OSError as error:
            raise errors.Unavailable(f"the tasks' folder cannot be read: {error}") from error
        for entry in entries:
            if entry.name.startswith(".gone-"):
                shutil.rmtree(entry.path, ignore_errors=True)
            elif entry.is_dir() and not entry.name.startswith("."):
                with contextlib.suppress(FileNotFoundError):  # removed while we look: it ended and was acknowledged
                    seen = self._look(entry.name, entry.path)
                    if seen is not None:
                        found.append(seen)
        for gone in self._specs.keys() - {seen.container_id for seen in found}:
            del self._specs[gone]
        return sorted(found, key=lambda seen: seen.container_id)

    def _look(self, container_id: str, place: str) -> Seen | None:
        if container_id not in self._specs:
            spec = folder.read_json(os.path.join(place, folder.SPEC))
            if spec is None:
                return None  # placed by half: start writes it anew
            self._specs[container_id] = (spec["allocation_id"], spec["epoch"])
        allocation_id, epoch = self._specs[container_id]
        claimed, pid = folder.claimed(place)
        record = folder.read_json(os.path.join(place, folder.EXIT))
        ended = Exit(record.get("exitCode"), record.get("failure") or "") if record else None
        if not claimed:
            if not os.path.exists(os.path.join(place, folder.SPEC)):
                return None
            return Seen(container_id, allocation_id, epoch, alive=False, state=ASSIGNED)
        if pid is not None:
            return Seen(container_id, allocation_id, epoch, alive=True, state=TERMINATED if ended else _state(place), exit=ended)
        if not os.path.isdir(place):
            return None
        self._collect(place)
        lost = Exit(None, "lost: the supervisor of this task was killed")
        return Seen(container_id, allocation_id, epoch, alive=True, state=TERMINATED if ended else LOST, exit=ended or lost)

    def _collect(self, place: str) -> None:
        """Let somebody finish for a dead supervisor; one at a time, and never two at work (folder.lock)."""
        name = os.path.basename(place)
        self._collectors = {name: pid for name, pid in self._collectors.items() if pid in self._children}
        if name not in self._collectors and folder.collector(place) is None:  # an earlier master's may still be at work
            self._collectors[name] = self._launch(place, "--collect", place, self._master_file)

    def _forget_ended(self) -> None:
        """Once an hour: a start can't come later than a day after the end."""
        now = time.time()
        if now < self._forget_at:
            return
        self._forget_at = now + 3600
        with contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self._tasks / folder.ENDED):
                if entry.stat().st_mtime < now - 86400:
                    os.unlink(entry.path)

    def _raise_epoch(self) -> None:
        """Let it be known that this epoch was here: older ones are refused from now on."""
        if self._highest_epoch() < self.epoch:
            folder.write(str(self._tasks / _EPOCH), str(self.epoch).encode(), sync=True)

    def _highest_epoch(self) -> int:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((self._tasks / _EPOCH).read_text())
        return 0

    def _check_epoch(self) -> None:
        """The master's own epoch counts; a spec may be older, when an earlier master made it and did not come to start it."""
        highest = self._highest_epoch()
        if self.epoch < highest:
            raise errors.Conflict(
                f"A newer master (epoch {highest}) has this data folder; the one with epoch {self.epoch} may start and stop nothing."
            )


def _quiet(environ: Mapping[str, str]) -> dict[str, str]:
    """What a supervisor may be told of our environment: nothing of the master's own configuration, which may hold passwords."""
    return {name: value for name, value in environ.items() if not name.startswith(("UNDETERRED_", "PG"))}


def _ended(place: str) -> bool:
    return not os.path.isdir(place) or os.path.exists(os.path.join(place, folder.EXIT)) or folder.claimed(place)[1] is None


def _state(place: str) -> str:
    try:
        with open(os.path.join(place, folder.STATE)) as file:
            return file.read()
    except FileNotFoundError:
        return STARTING
