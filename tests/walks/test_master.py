"""The real `det master …`: its log, its level, the message to everybody."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.det import Det
from tests.walks import trial as walk

pytestmark = [pytest.mark.slow, pytest.mark.realclient, pytest.mark.timeout(360)]


def test_the_master_s_log_and_level(det: Det, tmp_path: Path) -> None:
    det("user", "login", "determined", typed="\n")
    lines = det("master", "logs").splitlines()
    assert "speaks the API of Determined 0.38.1" in lines[0]
    assert det("master", "logs", "--tail", "1").splitlines() == lines[-1:]
    det("master", "config", "set", "--log.level", "DEBUG", status=1)
    det("user", "login", "admin", typed="\n")

    followed = tmp_path / "followed"
    with followed.open("w") as output:
        following = subprocess.Popen([str(det.program), "master", "logs", "-f"], env=det.environ(), cwd=det.home, stdout=output)
    try:
        walk.until(lambda: lines[-1] in followed.read_text(), 30, "the log so far")
        assert "Successfully made changes" in det("master", "config", "set", "--log.level", "WARNING", "--log.color", "off")
        walk.until(lambda: "the log level is warning now, by a wish of admin" in followed.read_text(), 30, followed.read_text)
        assert following.poll() is None, "it follows until it is ended"
    finally:
        following.terminate()
        following.wait(60)


def test_the_message_to_everybody(det: Det) -> None:
    det("user", "login", "admin", typed="\n")
    assert not yaml.safe_load(det("master", "cluster-message", "get"))["clusterMessage"]
    det("master", "cluster-message", "set", "-m", "down on Friday", "-d", "24h")
    det("master", "cluster-message", "set", "-m", "x" * 251, status=1)
    shown = yaml.safe_load(det("master", "info"))["clusterMessage"]
    assert shown["message"] == "down on Friday"
    det.server.kill9()
    det.server.restart()
    assert yaml.safe_load(det("master", "info"))["clusterMessage"] == shown
    assert yaml.safe_load(det("master", "cluster-message", "get"))["clusterMessage"]["message"] == "down on Friday"
    det("master", "cluster-message", "clear")
    assert not yaml.safe_load(det("master", "info")).get("clusterMessage")
