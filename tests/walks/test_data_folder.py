"""A data folder that is copied, moved or taken away, with tasks running: each cluster touches its own tasks only, and nothing is stuck."""

import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.det import cluster_config
from tests.support.server import Server
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(360)]

SLEEPS = "echo begun; exec sleep 65432.1098"
MARK = "65432.1098"
SECOND_RUN = ".2)"


def test_a_copy_leaves_the_tasks_of_the_original_alone(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """Both run at once: the copy has lost the task that it knows of and runs its own; what it kills is its own."""
    config = cluster_config(task_python, tmp_path / "checkpoints")
    server = serve(config=config, slots=1, data=tmp_path / "data")
    number = walk.shell(server, SLEEPS)
    walk.until_line(server, number, "begun")
    process = walk.user_process(server)
    shutil.copytree(server.data, tmp_path / "copy", symlinks=True, ignore=shutil.ignore_patterns("run", "tmp", "vartmp"))
    copy = serve(config=config, slots=1, data=tmp_path / "copy")
    walk.until_line(copy, number, SECOND_RUN)
    walk.until(lambda: walk.log(copy, number).count("begun") == 2)
    assert walk.trial(copy, number)["restarts"] == 0
    walk.act(copy, number, "kill")
    walk.until_state(copy, number, "CANCELED")
    walk.nothing_left(copy)
    assert process.is_running()
    assert walk.experiment(server, number)["state"] == "STATE_RUNNING"
    assert walk.log(server, number).count("begun") == 1
    walk.act(server, number, "kill")
    walk.until_state(server, number, "CANCELED")
    walk.nothing_left(server, MARK)


@pytest.mark.parametrize("how", ["terminate", "kill9"])
def test_a_move_while_the_master_is_down(serve: Callable[..., Server], task_python: Path, tmp_path: Path, how: str) -> None:
    """Another path, another port: a task that speaks is lost with the old path and run again, no restart counted; a kill ends a silent one."""
    config = cluster_config(task_python, tmp_path / "checkpoints")
    server = serve(config=config, slots=2, data=tmp_path / "data")
    speaks = walk.shell(server, "while :; do echo begun; sleep 0.1; done")
    silent = walk.shell(server, SLEEPS)
    for number in (speaks, silent):
        walk.until_line(server, number, "begun")
    getattr(server, how)()
    shutil.move(server.data, tmp_path / "moved")
    moved = serve(config=config, slots=2, data=tmp_path / "moved")
    walk.until_line(moved, speaks, SECOND_RUN)
    assert walk.trial(moved, speaks)["restarts"] == 0
    for number in (speaks, silent):
        walk.act(moved, number, "kill")
        walk.until_state(moved, number, "CANCELED")
    walk.nothing_left(moved, MARK)


@pytest.mark.parametrize("how", ["moved", "removed"])
def test_it_goes_under_a_running_master(serve: Callable[..., Server], task_python: Path, tmp_path: Path, how: str) -> None:
    """The master ends with a sentence rather than acknowledge what nobody would find; where it was removed, its tasks end too."""
    config = cluster_config(task_python, tmp_path / "checkpoints")
    server = serve(config=config, slots=1, data=tmp_path / "data")
    number = walk.shell(server, "while :; do echo begun; sleep 0.1; done")
    walk.until_line(server, number, "begun")
    process, master = walk.user_process(server), psutil.Process(server.pid)
    if how == "moved":
        shutil.move(server.data, tmp_path / "elsewhere")
    else:
        (tmp_path / "elsewhere").mkdir()
        shutil.move(server.data, tmp_path / "elsewhere" / "data")  # at once, as nobody can remove what a task is writing
        shutil.rmtree(tmp_path / "elsewhere", ignore_errors=True)
    assert master.wait(60) in (1, None)
    assert "was moved or removed under the running master, which ended: start again with --data naming" in server.tail()
    if how == "moved":
        moved = serve(config=config, slots=1, data=tmp_path / "elsewhere")
        walk.until_line(moved, number, SECOND_RUN)
        walk.act(moved, number, "kill")
        walk.until_state(moved, number, "CANCELED")
        walk.nothing_left(moved)
    walk.until(lambda: not process.is_running(), what="the end of the task")


def test_a_terminal_that_closes(serve: Callable[..., Server], task_python: Path, tmp_path: Path) -> None:
    """SIGHUP is a clean end, and its tasks go on."""
    server = serve(config=cluster_config(task_python, tmp_path / "checkpoints"), slots=1)
    number = walk.shell(server, "echo begun; sleep 3; echo over")
    walk.until_line(server, number, "begun")
    master = psutil.Process(server.pid)
    master.send_signal(signal.SIGHUP)
    assert master.wait(60) in (0, None)
    assert not (server.data / "master.json").exists(), "it said good-bye"
    server.restart()
    walk.until_state(server, number, "COMPLETED")
    assert walk.log(server, number).count("over") == 1
    assert walk.trial(server, number)["restarts"] == 0
