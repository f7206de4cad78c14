"""One task from claim to removal: the main thread reads its output and waits for its end, `prologue` prepares, `ship` sends."""

import contextlib
import json
import os
import selectors
import signal
import sys
import threading
import time
from typing import Any, NoReturn

from undeterred.supervisor import cgroup, entry, first, folder, kernel, lines, prepare, probe, reports, tree
from undeterred.supervisor.link import Link, Refused, Stopped, dismissed
from undeterred.supervisor.spool import Spool

READ_BYTES = 65536
DRAIN_S = 2.0  # for output still in the pipes when all processes are gone
FULL_DISK_S = 600.0  # for the last lines to find room
RETRY_S = 0.1  # while the spool is full or the disk is


def main(arguments: list[str]) -> NoReturn:
    """The program."""
    if arguments == ["--probe"]:
        sys.stdout.write(json.dumps(probe.probe()) + "\n")
        sys.stdout.flush()
    elif len(arguments) in (2, 3) and arguments[0] == "--collect":
        collect(*map(os.path.abspath, arguments[1:]))
    elif len(arguments) == 1:
        supervise(os.path.abspath(arguments[0]))
    else:
        sys.stderr.write("usage: supervisor <task folder> | --collect <task folder> [<master.json>] | --probe\n")
        os._exit(2)
    os._exit(0)


def supervise(place: str) -> None:
    """Run the task of this folder, unless somebody claimed it before."""
    os.chdir("/")
    os.umask(0o022)  # whatever the master's: what is private says so itself
    wake, wake_w = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.signal(signal.SIGTERM, lambda *_: dismissed.set())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    signal.set_wakeup_fd(wake_w, warn_on_full_buffer=False)
    if not folder.claim(place):
        return
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("-500")  # when memory is short the task goes, not the one who reports it
    spec = folder.read_json(os.path.join(place, folder.SPEC))
    if spec is None:  # somebody removes it at this moment
        folder.remove(place)
        return
    spec["place"] = place
    task = Task(spec, place)
    task.start()
    task.watch(wake)
    cgroup.remove(task.group)
    finish(spec, place, task.log.spool, task.shipper, task.record())


def collect(place: str, master_file: str = "") -> None:
    """Finish for a supervisor that died: end what lives, send what is unsent, report the end, remove the folder.
    master_file: of the master that wants it; the spec knows another where the data folder was moved or copied."""
    signal.signal(signal.SIGTERM, lambda *_: dismissed.set())
    held = folder.lock(place)
    if held is None or folder.claimed(place)[1] is not None:
        return
    spec = folder.read_json(os.path.join(place, folder.SPEC))
    if spec is None:
        folder.remove(place)
        return
    spec["place"] = place
    if master_file:
        spec["master_file"] = master_file
        spec["master_url"] = (folder.read_json(master_file) or {}).get("url", spec["master_url"])
    if not folder.is_copy(place):
        cgroup.remove(cgroup.find(spec["container_id"]))
        tree.kill_marked(spec["container_id"])
    spool = Spool(os.path.join(place, "spool"))
    shipper = reports.Shipper(spec, spool)
    shipper.start()
    record = folder.read_json(os.path.join(place, folder.EXIT)) or {
        "failure": f"lost: the supervisor of this task was killed{_last_words(place)}"
    }
    finish(spec, place, spool, shipper, record)


def _last_words(place: str) -> str:
    """What a dead supervisor wrote of its own trouble, if anything."""
    with contextlib.suppress(OSError), open(os.path.join(place, "supervisor.log"), errors="replace") as file:
        words = file.read()[-1000:].strip().splitlines()
        return f" ({words[-1]})" if words else ""
    return ""


def finish(spec: dict[str, Any], place: str, spool: Spool, shipper: reports.Shipper, record: dict[str, Any]) -> None:
    """Keep the exit record, send the last lines, report TERMINATED, and leave nothing behind."""
    spool.close()
    with contextlib.suppress(OSError):
        folder.write(os.path.join(place, folder.EXIT), json.dumps(record).encode(), sync=True)
        folder.write(os.path.join(place, folder.STATE), b"TERMINATED")
    shipper.join()
    with contextlib.suppress(Refused, Stopped):
        reports.state(Link(spec), spec, "TERMINATED", exitCode=record.get("exitCode"), failure=record.get("failure"))
    folder.remove(place)


class Log:
    """The task's lines on their way to the spool; used by two threads."""

    def __init__(self, place: str) -> None:
        self.spool = Spool(os.path.join(place, "spool"))
        self._clock = lines.Clock()
        self._lock = threading.Lock()
        self._held: list[bytes] = []  # what the disk had no room for

    def write(self, found: list[bytes], stdtype: str) -> bool:
        """Take lines; False when the disk refused them: they are held, and the caller reads no more until `retry` says True."""
        with self._lock:
            now = time.time_ns() // 1000
            self._held.extend(lines.encode(line, stdtype, self._clock.next(now)) for line in found)
            return self._flush()

    def retry(self) -> bool:
        """Try again to write what is held."""
        with self._lock:
            return self._flush()

    def say(self, text: str) -> None:
        """A line of our own, as the reference's preparation writes them."""
        self.write([text.strip().replace("{pid}", str(os.getpid())).encode()], "stderr")

    def _flush(self) -> bool:
        try:
            self.spool.append(self._held)
        except OSError:
            return False
        self._held = []
        return True


class Task:
    """The running task, seen from the supervisor."""

    def __init__(self, spec: dict[str, Any], place: str) -> None:
        self.spec, self.place = spec, place
        self.log = Log(place)
        self.shipper = reports.Shipper(spec, self.log.spool, self.kill)
        self.over = threading.Event()
        self.group: str | None = None
        self._pid = 0
        self._failure: str | None = None
        self._lock = threading.Lock()  # of the note and the failure, which two threads may come to
        self._noted = False
        self._problem: str | None = None
        self._code: int | None = None

    def start(self) -> None:
        """Lay everything out and start the first process, then the threads (clone wants a single one)."""
        try:
            if self.spec["isolation"] == "D":
                kernel.adopt_orphans()
            prepare.lay_out(self.spec, self.place)
            command = entry.write(self.spec, self.place)
            self._pipes = first.Pipes()
            self.group, problem = cgroup.make(self.spec["container_id"], self.spec.get("limits", {}))
            if problem:
                self.log.say(f"WARNING: [{{pid}}] determined: {problem}")
            self._pid = first.start(self.spec, self.place, command, entry.environment(self.spec, self.place), self._pipes, self.group)
        except (OSError, ValueError, KeyError) as error:
            self._fail(f"start: the task could not be laid out: {error}")
        self.shipper.start()
        if self._pid:
            threading.Thread(target=self._prologue, name="prologue", daemon=True).start()

    def _fail(self, text: str) -> None:
        with self._lock:
            known, self._failure = self._failure is not None, self._failure or text
        if not known:
            self.log.say(f"ERROR: [{{pid}}] determined: {text.partition(': ')[2]}")
        self.kill()

    def _isolated(self) -> bool:
        """Read the first process's note, once, whoever asks: whether its view stands. It fails the task where it does not."""
        with self._lock:
            if not self._noted:
                self._noted, self._problem = True, first.done(self._pipes.note)
        if self._problem is not None:
            self._fail(f"start: the task could not be isolated: {self._problem}")
        return self._problem is None

    def _prologue(self) -> None:
        """Tell the master, fetch the model definition, let the entry start, meet the peers."""
        link = Link(self.spec, self.over)
        try:
            self._report(link, "STARTING")
            if not self._isolated():
                return
            self._report(link, "RUNNING", addresses=self.spec.get("addresses", []))
            gates = prepare.Gates(self.place)
            prepare.bind_plainly(self.spec, self.place, self.log.say)
            prepare.fetch(self.spec, self.place, link, self.log.say)
            os.write(self._pipes.go_w, b"+")
            if self.spec.get("rendezvous"):
                gates.wait(self.over)
                prepare.meet(self.spec, self.place, link)
                gates.open()
        except Stopped:
            return
        except Exception as error:  # whatever it is: a thread that dies would leave the task waiting for ever
            self._fail(f"start: the task could not be prepared: {error}")

    def _report(self, link: Link, name: str, **more: Any) -> None:
        with contextlib.suppress(OSError):
            folder.write(os.path.join(self.place, folder.STATE), name.encode())
        reports.state(link, self.spec, name, **more)

    def kill(self) -> None:
        """End every process of the task, at once."""
        self.over.set()
        if self.spec["isolation"] == "D":
            tree.kill(os.getpid())
        elif self._pid and self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    def watch(self, wake: int) -> None:
        """Read output and signals until the first process has ended and the pipes are empty."""
        if not self._pid:
            return
        selector = selectors.DefaultSelector()
        selector.register(wake, selectors.EVENT_READ, None)
        streams = {self._pipes.out: ("stdout", lines.Splitter()), self._pipes.err: ("stderr", lines.Splitter())}
        open_, paused, until = set(streams), True, float("inf")
        while self._code is None or (open_ and time.monotonic() < until):
            wait = self._code is None and (self.log.spool.full or not self.log.retry())
            if wait != paused or self._code is not None:
                _attend(selector, open_, attend=not wait)
                paused = wait
            timeout = RETRY_S if wait else None if self._code is None else max(until - time.monotonic(), 0)
            for key, _ in selector.select(timeout):
                if key.fd == wake:
                    self._signalled(wake)
                    if self._code is not None:
                        until = min(until, time.monotonic() + DRAIN_S)
                elif data := os.read(key.fd, READ_BYTES):
                    stdtype, splitter = streams[key.fd]
                    self.log.write(splitter.feed(data), stdtype)
                else:
                    selector.unregister(key.fd)
                    open_.discard(key.fd)
        for stdtype, splitter in streams.values():
            self.log.write(splitter.end(), stdtype)
        if self._code == first.BROKEN:
            self._isolated()  # its own code, unless the prologue has not come to read why
        self.over.set()
        until = time.monotonic() + FULL_DISK_S
        while not self.log.retry() and time.monotonic() < until and not folder.taken_away(self.place):
            time.sleep(RETRY_S)

    def _signalled(self, wake: int) -> None:
        numbers = os.read(wake, 4096)
        if signal.SIGTERM in numbers:
            self.kill()
        while self._code is None:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._pid:
                self._code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        if self.spec["isolation"] == "D":
            tree.kill(os.getpid())

    def record(self) -> dict[str, Any]:
        """The exit record."""
        if self._failure is not None:
            return {"failure": self._failure}
        return {"exitCode": self._code}


def _attend(selector: selectors.BaseSelector, fds: set[int], *, attend: bool) -> None:
    """Watch these descriptors, or leave them alone for a while."""
    for fd in fds:
        if attend and fd not in selector.get_map():
            selector.register(fd, selectors.EVENT_READ)
        elif not attend and fd in selector.get_map():
            selector.unregister(fd)
