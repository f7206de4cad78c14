"""Whole tasks with real processes: output, exit codes, hooks, kill, death of each party. Every test also checks that nothing is left."""

import contextlib
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import venv
from pathlib import Path

import msgspec
import pytest

from tests.supervisor.ground import Ground, archive, nothing_left, until
from undeterred.domain.launch.facts import File, Mount
from undeterred.runtimes import environments
from undeterred.supervisor import cgroup, folder, tree


def test_success(ground: Ground) -> None:
    """Lines of both streams arrive in order with their streams, then the end with code 0."""
    container = ground.sh("echo one; echo two; echo three >&2; sleep 0.3; echo four")
    assert ground.end(container) == {"epoch": 1, "containerId": container, "state": "TERMINATED", "exitCode": 0}
    assert ground.stub.text() == ["one", "two", "four"]
    assert ground.stub.text("stderr")[-1] == "three"
    assert [state["state"] for state in ground.stub.states] == ["STARTING", "RUNNING", "TERMINATED"]
    assert ground.stub.states[1]["addresses"] == [{"hostIp": "127.0.0.1"}]
    stamps = [line["timestamp"] for line in ground.stub.lines]
    assert stamps == sorted(set(stamps))
    assert all(len(stamp) == 27 and stamp.endswith("Z") for stamp in stamps)


@pytest.mark.parametrize(("script", "code"), [("exit 3", 3), ("kill -9 $$", 137), ("kill -TERM $$", 143), ("exec no-such-program", 127)])
def test_exit_codes(quick: Ground, script: str, code: int) -> None:
    """As a shell counts them: 128 + N after signal N."""
    assert quick.end(quick.sh(script))["exitCode"] == code


def test_program_missing(quick: Ground) -> None:
    """The entry cannot be started: 127, and the log says what is missing."""
    assert quick.end(quick.start("/no/such/program"))["exitCode"] == 127
    assert "/no/such/program" in quick.stub.text("stderr")[-1]


def test_view(ground: Ground) -> None:
    """The task's own folders, and a /tmp that is its own where there are namespaces."""
    mark = f"/tmp/mark-{os.getpid()}-{time.time_ns()}"
    container = ground.sh(
        f"pwd; echo $HOME; ls -A /run/determined/info; echo x > {mark}; echo y > $TMPDIR/other; echo $$; ls /proc | grep -c '^[0-9]'"
    )
    ground.end(container)
    if ground.mode == "D":
        os.unlink(mark)
        assert ground.stub.text()[:2] == [str(ground.place(container) / "run/workdir")] * 2
        return
    work, home, cluster, resources, pid, processes = ground.stub.text()
    assert (work, home) == ("/run/determined/workdir", "/run/determined/workdir")
    assert (cluster, resources) == ("cluster.json", "resources.json")
    assert int(pid) < 10
    assert int(processes) < 10
    assert not os.path.exists(mark)


def test_other_tasks_are_hidden(ground: Ground) -> None:
    """With namespaces a task sees nothing of the others' folders, which hold tokens, nor of its own spec."""
    container = ground.sh(f"find {ground.data}/tasks -name spec.json | grep -c spec; true")
    ground.end(container)
    assert ground.stub.text() == ["1" if ground.mode == "D" else "0"]


def test_context_and_hook(ground: Ground) -> None:
    """The model definition lies in the working folder and in train/model; its startup hook is sourced before the program."""
    ground.stub.model = {"startup-hook.sh": "export FROM_HOOK=yes\necho hook runs\n", "pkg/data.txt": "content"}
    ground.end(ground.sh("echo $FROM_HOOK; cat pkg/data.txt; echo; cat $DET_RUN_DIR/train/model/pkg/data.txt", context=True))
    assert ground.stub.text() == ["hook runs", "yes", "content", "content"]
    assert [text for text in ground.stub.text("stderr") if text.startswith("+ test -f")][1] == "+ test -f startup-hook.sh"
    data = next(body for verb, path, body in ground.stub.calls if path.endswith("/acceleratorData"))
    assert data["acceleratorData"]["containerId"] == ground.ids[0]
    assert data["acceleratorData"]["acceleratorType"] == "cpu"


def test_failing_hook(quick: Ground) -> None:
    """A hook that fails ends the task with its code."""
    quick.stub.model = {"startup-hook.sh": "echo about to fail\nfalse\n"}
    assert quick.end(quick.sh("echo never", context=True))["exitCode"] == 1
    assert quick.stub.text() == ["about to fail"]


def test_bad_context(quick: Ground) -> None:
    """An archive that reaches out of its folder is refused, and the reason is told."""
    quick.stub.answers["/context_directory"] = lambda: {"b64Tgz": archive({"../../escaped": "x"})}
    record = quick.end(quick.sh("echo never", context=True))
    assert record["failure"].startswith("start: ")
    assert "escaped" in record["failure"]
    assert "exitCode" not in record
    assert quick.stub.text() == []


def test_context_refused(quick: Ground) -> None:
    """A 404 of the master is final and told; an outage is not."""
    answers = iter([503, 500, 404])
    quick.stub.before = lambda path: next(answers) if path.endswith("/context_directory") else 200
    failure = quick.end(quick.sh("echo never", context=True))["failure"]
    assert failure == "start: the task could not be prepared: HTTP 404: not now"


def test_kill_is_quick_and_whole(ground: Ground) -> None:
    """A child that left the session dies too, and the end is reported at once (in less than 0.1 s on an idle machine; `make bench` measures it)."""
    container = ground.sh("setsid sleep 1000 & (trap '' TERM; setsid sh -c 'sleep 1000 & sleep 1000') & echo ready; sleep 1000")
    until(lambda: ground.stub.text() == ["ready"], what="the first line")
    until(lambda: len(tree.marked(container)) >= 5, what="all children")
    began = time.monotonic()
    ground.stop(container)
    until(ground.stub.ended, 5)
    assert time.monotonic() - began < 5
    assert ground.end(container)["exitCode"] == 137
    assert not tree.marked(container)


def test_orphans_end_with_the_task(ground: Ground) -> None:
    """What the program leaves running when it ends is killed, and does not keep the task open."""
    container = ground.sh("setsid sleep 1000 & setsid sleep 1001 >/dev/null 2>&1 </dev/null & echo done")
    assert ground.end(container, 5)["exitCode"] == 0
    assert not tree.marked(container)


def test_supervisor_killed(ground: Ground) -> None:
    """kill -9 of the supervisor takes the whole tree along; what was unsent arrives all the same, then `lost`."""
    ground.stub.before = lambda path: 503 if path.endswith("/logs") else 200
    container = ground.sh("setsid sleep 1000 & echo before; sleep 1000")
    spool = ground.place(container) / "spool"
    until(lambda: any(b"before" in file.read_bytes() for file in spool.glob("*.jsonl")), what="the spooled line")
    os.kill(ground.supervisor(container), signal.SIGKILL)
    until(lambda: len(tree.marked(container)) == 0, 5, "the end of the tree")
    ground.stub.before = lambda _path: 200
    (seen,) = ground.observe()
    assert (seen.container_id, seen.allocation_id, seen.epoch, seen.state) == (container, "1.task.1", 1, "LOST")
    assert ground.end(container)["failure"].startswith("lost: ")
    assert ground.stub.text() == ["before"]


def test_user_killed(ground: Ground) -> None:
    """kill -9 of the user's process is an exit with 137."""
    container = ground.start("sleep", "1000")
    pid = until(
        lambda: [p for p in tree.marked(container) if Path(f"/proc/{p}/cmdline").read_bytes() == b"sleep\x001000\x00"], what="sleep"
    )[0]
    os.kill(pid, signal.SIGKILL)
    record = ground.end(container)
    assert record["exitCode"] == 137
    assert "failure" not in record


def test_both_killed(ground: Ground) -> None:
    """Supervisor and user's process at once: lost, reported by whoever looks next."""
    container = ground.start("sleep", "1000")
    user = until(
        lambda: [p for p in tree.marked(container) if Path(f"/proc/{p}/cmdline").read_bytes() == b"sleep\x001000\x00"], what="sleep"
    )
    for pid in (ground.supervisor(container), *user):
        with contextlib.suppress(ProcessLookupError):  # the task's processes die with their supervisor
            os.kill(pid, signal.SIGKILL)
    until(lambda: folder.claimed(str(ground.place(container)))[1] is None)
    ground.observe()
    assert ground.end(container, 5)["failure"].startswith("lost: ")


def test_killed_after_the_end(quick: Ground) -> None:
    """The exit record outlives a supervisor that could not report it."""
    quick.stub.before = lambda path: 503 if path.endswith("/state") and len(quick.stub.states) == 2 else 200
    container = quick.sh("exit 5")
    record = quick.place(container) / "exit.json"
    until(record.exists, what="the exit record")
    os.kill(quick.supervisor(container), signal.SIGKILL)
    until(lambda: folder.claimed(str(quick.place(container)))[1] is None)
    quick.stub.before = lambda _path: 200
    (seen,) = quick.observe()
    assert seen.exit is not None
    assert seen.exit.code == 5
    assert quick.end(quick.ids[0])["exitCode"] == 5


def test_gone(quick: Ground) -> None:
    """A master that answers 410 never wants it: the task is ended and cleared away."""
    quick.stub.before = lambda path: 410 if path.startswith("/internal") else 200
    container = quick.sh("echo x; sleep 1000")
    until(lambda: not quick.place(container).exists(), 10)


@pytest.mark.parametrize("again", [False, True])
@pytest.mark.parametrize("reports", [0, 2])
def test_data_folder_removed(quick: Ground, reports: int, again: bool) -> None:
    """Somebody deletes everything while the master is down, early or late: the supervisor does not wait for ever; nor when
    it made a part of it again meanwhile, which one does that is laying out."""
    quick.stub.before = lambda _path: 200 if len(quick.stub.states) < reports else 503
    container = quick.sh("sleep 0.5; echo x; sleep 1000")
    pid = quick.supervisor(container)
    until(lambda: len(quick.stub.states) == reports)

    def removed() -> bool:
        shutil.rmtree(quick.place(container), ignore_errors=True)
        return not quick.place(container).exists()

    until(removed)
    if again:
        quick.place(container).mkdir(exist_ok=True)
    until(lambda: folder.start_time(pid) is None, 10, "the supervisor's end")
    if quick.place(container).exists():  # it had ended before this test made it
        shutil.rmtree(quick.place(container))


@pytest.mark.parametrize(("status", "death"), [(404, False), (404, True), (400, False)])
def test_unknown(quick: Ground, status: int, death: bool) -> None:
    """A master that does not know it, or does not understand it, is believed only once the task was told to stop, living or dead."""
    quick.stub.before = lambda path: status if path.startswith("/internal") and quick.stub.text() else 200
    container = quick.sh("echo x; sleep 0.3; echo y; sleep 1000")
    until(quick.stub.text)
    time.sleep(0.5)
    assert quick.place(container).exists()
    if death:
        os.kill(quick.supervisor(container), signal.SIGKILL)
        until(lambda: folder.claimed(str(quick.place(container)))[1] is None)
        quick.observe()
        until(lambda: folder.collector(str(quick.place(container))), what="the collector")
    quick.stop(container)
    until(lambda: not quick.place(container).exists(), 10)


def test_limits_and_folder(quick: Ground) -> None:
    """rlimits, a working folder and variables as asked."""
    container = quick.sh("ulimit -n; pwd; echo $EXTRA", limits={"nofile": 123}, work_dir="/usr", env={"EXTRA": "a b"})
    quick.end(container)
    assert quick.stub.text() == ["123", "/usr", "a b"]


def reachable(base: Path) -> Path:
    """The folder, with every one above it that tests made, open to other users."""
    for parent in (base, *base.parents):
        if str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    return base


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run these tests as root too")
@pytest.mark.parametrize("mode", ["A", "D"])
def test_user(tmp_path_factory: pytest.TempPathFactory, mode: str) -> None:
    """As root: the task runs as the asked user, who owns its folders; /proc/self/fd links for rank logs work."""
    base = reachable(tmp_path_factory.mktemp("user"))
    ground = Ground(base, mode)
    try:
        ground.stub.model = {"a.py": "x"}
        script = "id -u; id -g; touch made a.py && echo wrote; echo linked > $DET_RUN_DIR/train/logs/stdout.log; whoami >/dev/null"
        container = ground.sh(script, uid=65534, gid=65534, context=True)
        assert ground.end(container)["exitCode"] == 0
        assert ground.stub.text() == ["65534", "65534", "wrote", "linked"]
    finally:
        ground.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run these tests as root too")
@pytest.mark.parametrize("mode", ["A", "D"])
def test_an_environment_closed_to_the_user(tmp_path_factory: pytest.TempPathFactory, mode: str) -> None:
    """The shell would quietly find the host's python3; instead, the task ends and says which folder is closed."""
    base = reachable(tmp_path_factory.mktemp("user"))
    prefix = base / "environment"
    venv.create(prefix, symlinks=False)
    ground = Ground(base, mode)
    try:
        environment = environments.describe(base, str(prefix))
        prefix.chmod(0o700)
        container = ground.sh("python3 -c 'print(1)'", uid=65534, gid=65534, environment=environment)
        assert ground.end(container)["exitCode"] == 125
        assert ground.stub.text() == []
        assert f"user 65534 may not use its Python environment ({prefix}" in ground.stub.text("stderr")[-1]
    finally:
        ground.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run these tests as root too")
def test_an_environment_in_a_closed_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Root's home and the data folder are closed to the task's user: the environment in there is seen all the same, and nothing beside it."""
    with tempfile.TemporaryDirectory(prefix="undeterred-closed-", dir="/var/lib") as home:  # mode 0700, and not below /tmp
        (Path(home) / "secret").write_text("precious")
        (Path(home) / "envs").mkdir()
        prefix = Path(home) / "envs" / "mine"
        umask = os.umask(0o022)
        venv.create(prefix, symlinks=False)
        os.umask(umask)
        ground = Ground(Path(home), "A")
        try:
            environment = environments.describe(Path(home), "mine")
            script = f"python3 -c 'import os, sys; print(os.getuid(), sys.base_prefix)'; ls {home}; ls {home}/envs; cat {home}/secret"
            container = ground.sh(script, uid=65534, gid=65534, environment=environment)
            assert ground.end(container)["exitCode"] == 1
            assert ground.stub.text()[0].startswith("65534 "), ground.stub.text("stderr")
            assert ground.stub.text()[1:] == ["envs", "mine"]
            assert "No such file" in ground.stub.text("stderr")[-1]
        finally:
            ground.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run these tests as root too")
def test_what_a_user_cannot_make_root_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The supervisor is root, the task is not: no file is written through the task's links, no folder made where its user may not, no
    mount point left in the host's folders, and set-user-id programs bring no rights."""
    base = reachable(tmp_path_factory.mktemp("user"))
    victim, closed = base / "victim", base / "closed"  # the data folder is root's too
    victim.write_text("precious")
    closed.mkdir(mode=0o755)
    ground = Ground(base, "A")
    try:
        hook = File(path="dynamic-tcd-startup-hook.sh", text=f"ln -sf {victim} $DET_RUN_DIR/info/rendezvous.json\n", mode=0o744)
        mounts = [Mount(str(closed), "there"), Mount(str(closed), "there/new")]
        script = "grep NoNewPrivs /proc/self/status; cat $DET_RUN_DIR/info/rendezvous.json | head -c 1"
        container = ground.sh(script, uid=65534, gid=65534, rendezvous=True, files=[hook], mounts=mounts)
        assert ground.end(container)["exitCode"] == 0
        assert ground.stub.text() == ["NoNewPrivs:\t1", "{"]
        assert victim.read_text() == "precious"
        assert list(closed.iterdir()) == []
    finally:
        ground.close()
    ground = Ground(base, "A")
    try:
        ended = ground.end(ground.sh("true", uid=65534, gid=65534, storage=str(closed / "new")))
        assert "cannot make it" in ended["failure"]
        assert not (closed / "new").exists()
    finally:
        ground.close()


def test_a_mount_that_is_not_there(ground: Ground, tmp_path: Path) -> None:
    """What broke the view is told, however soon the first process ended of it."""
    if ground.mode == "D":
        pytest.skip("mode D has no mounts")
    nowhere = str(tmp_path / "nowhere")
    for _ in range(3):
        record = ground.end(ground.sh("echo never", mounts=[Mount(nowhere, "/seen")]))
        assert record["failure"] == f"start: the task could not be isolated: [Errno 2] No such file or directory: '{nowhere}'"
        assert "exitCode" not in record
    assert ground.stub.text() == []


def test_mounts_and_storage(ground: Ground, tmp_path: Path) -> None:
    """Storage is at its place, bind mounts appear without leaving a mount point on the host, read-only is so."""
    if ground.mode == "D":
        pytest.skip("mode D has no mounts")
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_text("seen")
    mounts = [
        Mount(str(source), "/undeterred-test/deep/er", read_only=True),
        Mount(str(source), "relative"),
    ]
    script = (
        "cat /undeterred-test/deep/er/file; echo; touch /undeterred-test/deep/er/no 2>/dev/null || echo refused; "
        "touch relative/yes; touch /determined_shared_fs/stored; ls -d /etc/hostname /usr /proc/self"
    )
    container = ground.sh(script, storage=str(tmp_path / "storage"), mounts=mounts)
    assert ground.end(container)["exitCode"] == 0
    assert ground.stub.text() == ["seen", "refused", "/etc/hostname", "/proc/self", "/usr"]
    assert (tmp_path / "storage" / "stored").exists()
    assert (source / "yes").exists()
    assert not os.path.exists("/undeterred-test")


def test_storage_in_the_hosts_tmp(ground: Ground) -> None:
    """A storage whose host_path is /tmp itself is the host's, though the task has a /tmp of its own; so is /tmp mounted elsewhere."""
    name = f"undeterred-test-{os.getpid()}-{ground.mode}"
    Path("/tmp", name).mkdir()
    try:
        mounts = [] if ground.mode == "D" else [Mount("/tmp", "/undeterred-test")]
        place = "/tmp" if ground.mode == "D" else "/determined_shared_fs"
        script = f"touch {place}/{name}/stored; ls /tmp/{name}; ls /undeterred-test/{name}"
        ground.end(ground.sh(script, storage="/tmp", mounts=mounts))
        assert Path("/tmp", name, "stored").exists()
        assert ground.stub.text()[-1] == "stored"
        assert len(ground.stub.text()) == 1, "its own /tmp is another"
    finally:
        shutil.rmtree(Path("/tmp", name))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount: run these tests as root too")
def test_the_hosts_tmp_with_a_mount_in_it(ground: Ground, tmp_path: Path) -> None:
    """A user namespace may not show /tmp without what is mounted in there: it comes along."""
    inner = tmp_path / "inner"
    inner.mkdir()
    if not str(tmp_path).startswith("/tmp/") or subprocess.run(["mount", "-t", "tmpfs", "tmpfs", inner], check=False).returncode:
        pytest.skip("no mount below /tmp can be made here: run these tests as root, with the right to mount")
    try:
        place = "/tmp" if ground.mode == "D" else "/determined_shared_fs"
        container = ground.sh(f"touch {place}{str(tmp_path)[4:]}/stored; ls -A /tmp | head -1 >&2", storage="/tmp")
        assert ground.end(container).get("exitCode") == 0
        assert (tmp_path / "stored").exists()
    finally:
        subprocess.run(["umount", inner], check=True)


def test_mode_d_in_a_folder_with_any_name(tmp_path: Path) -> None:
    """Without namespaces a task sees its folders by their real names: blanks, quotes and letters of any script do no harm there."""
    base = tmp_path / "base"
    venv.create(base, symlinks=True)
    tool = base / "bin" / "tool"
    tool.write_text(f"#!{base}/bin/python3 -s\nimport sys\nprint(sys.prefix, sys.flags.no_user_site)\n")
    tool.chmod(0o755)
    package = Path(sysconfig.get_path("purelib", vars={"base": str(base), "platbase": str(base)})) / "determined"
    package.mkdir()
    (package / "__init__.py").write_text('PLACE = "/run/determined/x"\n')
    data = tmp_path / "a b ü 😀 'c' $d"
    data.mkdir()
    ground = Ground(data, "D")
    try:
        hook = File(path="dynamic-tcd-startup-hook.sh", text="echo hooked\n", mode=0o744)
        script = "tool; python3 -c 'import determined; print(determined.PLACE)'"
        container = ground.sh(script, environment=environments.describe(data, str(base)), files=[hook])
        run = f"{ground.place(container)}/run"
        assert ground.end(container).get("exitCode") == 0, ground.stub.text("stderr")
        assert ground.stub.text() == ["hooked", f"{run}/env 1", f"{run}/x"]
        nothing_left(ground)
    finally:
        ground.close()


def test_plain_mounts(tmp_path: Path) -> None:
    """Mode D: a relative bind mount is a link; an absolute one is named in the log."""
    ground = Ground(tmp_path, "D")
    try:
        source = tmp_path / "source"
        source.mkdir()
        (source / "file").write_text("seen")
        mounts = [Mount(str(source), "relative"), Mount(str(source), "/undeterred-test")]
        ground.end(ground.sh("cat relative/file", mounts=mounts))
        assert ground.stub.text() == ["seen"]
        assert any("/undeterred-test" in text for text in ground.stub.text("stderr"))
    finally:
        ground.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make control groups: run these tests as root too")
def test_groups(ground: Ground) -> None:
    """Limits need a control group; where its controllers are missing the log says so. The group goes with the task, also after kill -9."""
    container = ground.sh("cat /proc/self/cgroup; sleep 1000", limits={"memory_bytes": 1 << 30})
    until(ground.stub.text, what="the first line")
    group = cgroup.find(container)
    warned = any("not in force" in text for text in ground.stub.text("stderr"))
    assert group is not None or warned
    if group is not None:
        assert Path(group, "cgroup.procs").read_text().split()
        assert warned or Path(group, "memory.max").read_text().strip() == str(1 << 30)
    os.kill(ground.supervisor(container), signal.SIGKILL)
    until(lambda: folder.claimed(str(ground.place(container)))[1] is None)
    ground.observe()
    ground.end(container)
    assert cgroup.find(container) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user: run these tests as root too")
def test_unprivileged(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Mode B as a user without any rights: own view with mount points out of thin air, files that are the user's, nothing left."""
    from undeterred.runtimes import isolation

    python = next((p for p in ("/usr/bin/python3", "/usr/local/bin/python3") if os.path.exists(p)), None)
    user = {"user": 65534, "group": 65534, "extra_groups": []}
    code = "import sys; assert sys.version_info >= (3, 11)"
    if python is None or subprocess.run([python, "-c", code], check=False, cwd="/", **user).returncode:  # type: ignore[call-overload]
        pytest.skip("no interpreter that every user may run")
    probe = subprocess.run(
        [python, "-I", "-S", "-E", isolation.SUPERVISOR, "--probe"], capture_output=True, text=True, check=False, cwd="/", **user
    )  # type: ignore[call-overload]
    if '"mode": "B"' not in probe.stdout:
        pytest.skip(f"no user namespaces here: {probe.stdout}{probe.stderr}")
    base = reachable(tmp_path_factory.mktemp("nobody"))
    ground = Ground(base, "B")
    try:
        mounts = [Mount(str(base), "/undeterred-test/new", read_only=True)]
        spec = ground.spec(
            "sh", "-c", "id -u; ls /undeterred-test/new; touch stays; echo $$; mkdir -m 0 closed", mounts=mounts, isolation="B"
        )
        place = ground.place(spec.container_id)
        place.mkdir()
        (place / "spec.json").write_bytes(msgspec.json.encode(spec))
        for path in (place.parent, place, place / "spec.json"):
            os.chown(path, 65534, 65534)
        child = subprocess.Popen([python, "-I", "-S", "-E", isolation.SUPERVISOR, str(place)], cwd="/", **user)  # type: ignore[call-overload]
        record = until(ground.stub.ended)
        assert child.wait(10) == 0
        assert record.get("exitCode") == 0, (record, ground.stub.lines)
        assert ground.stub.text()[0] == "65534"
        assert "master.json" in ground.stub.text()
        assert not os.path.exists("/undeterred-test")
        nothing_left(ground)
    finally:
        ground.close()
