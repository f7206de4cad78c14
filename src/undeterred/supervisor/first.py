"""The first process of a task: makes its view, starts the entry, reaps what is orphaned, and ends with the entry's exit code.

In modes A and B it is process 1 of a PID namespace: its end is the end of everything in there, whatever the reason. In mode D it adopts
all descendants and kills them itself, also when the supervisor is killed (it is told by a signal that the kernel sends).
"""

import contextlib
import os
import resource
import signal
import sys
from typing import Any, NoReturn

from undeterred.supervisor import cgroup, isolate, kernel, tree

BROKEN = 125  # exit code when the view could not be made; the reason is in the note


class Pipes:
    """The pipe ends between supervisor and first process."""

    def __init__(self) -> None:
        self.out, self.out_w = os.pipe2(os.O_CLOEXEC)
        self.err, self.err_w = os.pipe2(os.O_CLOEXEC)
        self.note, self.note_w = os.pipe2(os.O_CLOEXEC)  # a byte when ready, or the text of a failure
        self.go, self.go_w = os.pipe2(os.O_CLOEXEC)  # a byte when the entry may start

    def supervisor_side(self) -> None:
        """Close what belongs to the first process."""
        for fd in (self.out_w, self.err_w, self.note_w, self.go):
            os.close(fd)

    def first_side(self) -> None:
        """Close what belongs to the supervisor."""
        for fd in (self.out, self.err, self.note, self.go_w):
            os.close(fd)


def start(spec: dict[str, Any], folder: str, entry: list[str], env: dict[str, str], pipes: Pipes, group: str | None = None) -> int:
    """Start the first process and return its id; only while this process has one thread."""
    mode = spec["isolation"]
    uid, gid = os.geteuid(), os.getegid()
    parent = os.getpid()
    pid = kernel.clone(isolate.FLAGS[mode]) if mode in isolate.FLAGS else os.fork()
    if pid:
        pipes.supervisor_side()
        return pid
    code = BROKEN
    try:
        _restore_signals()
        cgroup.join(group)
        pipes.first_side()
        kernel.die_with_parent(signal.SIGTERM if mode == "D" else signal.SIGKILL)
        if mode == "D":
            _own_tree()
            if os.getppid() != parent:
                os._exit(BROKEN)
        if mode == "B":
            isolate.map_user(uid, gid)
        if mode in isolate.FLAGS:
            isolate.enter(spec, folder)
        code = _run(spec, entry, env, pipes)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.write(pipes.note_w, f"!{error}".encode())
    os._exit(code)


def _restore_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())


def _own_tree() -> None:
    def end(_number: int, _frame: object) -> NoReturn:
        tree.kill(os.getpid())
        os._exit(128 + signal.SIGKILL)

    kernel.adopt_orphans()
    signal.signal(signal.SIGTERM, end)


def _run(spec: dict[str, Any], entry: list[str], env: dict[str, str], pipes: Pipes) -> int:
    """Wait for the word to go, start the entry and stay until it ends; returns its code, 128 + N after signal N."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    os.write(pipes.note_w, b"+")
    if not os.read(pipes.go, 1):
        os._exit(128 + signal.SIGKILL)  # the supervisor is gone
    pid = os.fork()
    if pid == 0:
        try:
            _become(spec, entry, env, pipes)
        except OSError as error:
            os.write(pipes.err_w, f"ERROR: {entry[0]} cannot be started: {error}\n".encode())
            os._exit(127 if isinstance(error, FileNotFoundError) else 126)
        except BaseException as error:
            os.write(pipes.err_w, f"ERROR: the task cannot be started: {error}\n".encode())
            os._exit(BROKEN)
    for fd in (pipes.out_w, pipes.err_w, pipes.note_w, pipes.go):
        os.close(fd)
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            return BROKEN
        if ended == pid:
            break
    if spec["isolation"] == "D":
        tree.kill(os.getpid())
    return os.waitstatus_to_exitcode(status) if not os.WIFSIGNALED(status) else 128 + os.WTERMSIG(status)


def _become(spec: dict[str, Any], entry: list[str], env: dict[str, str], pipes: Pipes) -> NoReturn:
    """Turn this process into the task's entry: session, user, limits, folder, output."""
    os.setsid()
    os.dup2(pipes.out_w, 1)
    os.dup2(pipes.err_w, 2)
    run = env["DET_RUN_DIR"]
    logs = os.path.join(run, "train", "logs")
    for name, fd in (("stdout.log", 1), ("stderr.log", 2)):
        link = os.path.join(logs, name)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(link)
        os.symlink(f"/proc/{os.getpid()}/fd/{fd}", link)
    os.umask(0o022)
    for name, most in spec.get("limits", {}).items():
        if name not in cgroup.LIMITS:
            _limit(name, most)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("0")
    if os.geteuid() == 0 and spec["isolation"] == "A":
        kernel.drop_capabilities()
    if os.geteuid() == 0 and spec["isolation"] != "B" and spec.get("uid") is not None:
        for fd in (1, 2):  # opened again by path as /proc/<pid>/fd/N: the pipe must be the user's
            os.fchown(fd, spec["uid"], spec["gid"])
        os.setgroups([spec["gid"], *spec.get("groups", [])])
        os.setgid(spec["gid"])
        os.setuid(spec["uid"])
        _see_environment(spec)
    kernel.stay_small()
    if spec["isolation"] == "D":
        kernel.die_with_parent(signal.SIGKILL)
    os.chdir(spec["work_dir"] if spec["isolation"] != "D" else _mapped(spec["work_dir"], run))
    os.execvpe(entry[0], entry, env)


def _see_environment(spec: dict[str, Any]) -> None:
    """The task's user must be able to run and read its environment, else the shell would quietly take the host's python3. Raises RuntimeError."""
    base = spec.get("environment") or {}
    closed = [p for p in [base.get("python"), *base.get("site_packages", [])] if p and not os.access(p, os.R_OK | os.X_OK)]
    if closed:
        raise RuntimeError(
            f"user {spec['uid']} may not use its Python environment ({closed[0]}): make that readable for every user, or make an environment on an "
            "interpreter that is (`undeterred env create NAME --python /usr/bin/python3`)"
        )


def _mapped(path: str, run: str) -> str:
    """A path under /run/determined where it lies without namespaces."""
    return run + path[len(isolate.RUN) :] if path.startswith(isolate.RUN) else path


def _limit(name: str, most: int) -> None:
    """Set one rlimit by its short name (nofile, as, core …), as far as the hard limit allows."""
    number = getattr(resource, f"RLIMIT_{name.upper()}")
    hard = resource.getrlimit(number)[1]
    value = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(number, (value, value))


def done(fd: int) -> str | None:
    """Read the first process's note: None when it is ready, else why it is not."""
    data = os.read(fd, 1)
    if data == b"+":
        return None
    while more := os.read(fd, 4096):
        data += more
    return data[1:].decode("utf-8", "replace") or f"the first process of the task ended at once ({sys.platform})"
