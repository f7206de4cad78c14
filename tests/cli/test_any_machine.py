"""The command on machines of all kinds: no home folder, odd names of folders, narrow terminals, proxies, a folder named in master.yaml."""

import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.server import free_port
from undeterred.cli.main import main
from undeterred.config import places
from undeterred.errors import FailedPrecondition

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run() -> Iterator[Run]:
    """`run("up", status=0, NAME=value)`: the command as it stands, which shows no traceback; masters that it started are stopped."""
    started: list[tuple[str, ...]] = []

    def call(*words: str, status: int = 0, **env: str) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "undeterred.cli.main", *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=180,
            check=False,
            stdin=subprocess.DEVNULL,
            env=os.environ | env,
        )
        if words[0] == "up" and done.returncode == 0:
            started.append(tuple(words[words.index("--data") : words.index("--data") + 2]) if "--data" in words else ())
        assert "Traceback" not in done.stderr
        assert done.returncode == status, f"{words} ended with {done.returncode}: {done.stdout}{done.stderr}"
        return done

    yield call
    for data in started:
        call("down", *data)


def test_a_user_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bare user id in a container: every command says what to do, and with --data all goes its way."""

    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    for name in ("HOME", "XDG_DATA_HOME", "UNDETERRED_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for words in (["up"], ["down"], ["status"], ["doctor"], ["env", "list"]):
        said = CliRunner().invoke(main, words)
        assert said.exit_code == 1, said.output
        assert "no home folder" in said.output
        assert "--data" in said.output
    assert CliRunner().invoke(main, ["status", "--data", "/nowhere"]).exit_code == 3
    assert CliRunner().invoke(main, ["up", "--help"]).exit_code == 0


def test_names_of_folders(run: Run, tmp_path: Path) -> None:
    """Blanks, quotes, letters of any script, and what means something in URLs; on a terminal that has ASCII only."""
    data = tmp_path / "ü 😀 #1%20?x' $y"
    words = ("--data", str(data))
    said = run("up", *words, "--port", "0", "--slots", "1", PYTHONIOENCODING="ascii:replace").stdout
    assert "It is up at" in said
    run("status", *words, PYTHONIOENCODING="ascii")
    assert (data / "undeterred.db").exists()
    assert oct(data.stat().st_mode & 0o777) == "0o700"
    run("down", *words)
    with pytest.raises(FailedPrecondition, match="not UTF-8"):
        places.data_folder(tmp_path / "x\udcff")


def test_the_data_folder_of_master_yaml(run: Run, tmp_path: Path) -> None:
    """`data` in the file counts where no flag and no variable says otherwise, and what is printed names it."""
    file, there = tmp_path / "master.yaml", tmp_path / "there"
    file.write_text(f"data: {there}\nslots: 0\nport: 0\ncluster_name: Zürich ☃\n", "utf-8")
    said = run("up", "--config", str(file), UNDETERRED_DATA="", LANG="C", LC_ALL="C").stdout
    assert f"data in {there}" in said
    assert f"undeterred doctor --data {there}" in said
    assert str(there) in run("doctor", "--config", str(file), "--port", str(free_port()), UNDETERRED_DATA="").stdout
    run("down", "--data", str(there))
    run("status", "--data", str(there), status=3)


def test_a_proxy_in_the_environment(run: Run, tmp_path: Path) -> None:
    """Our own calls go past it; the client, which is none of ours, needs a variable, and is told so where it does."""
    data, dead = ("--data", str(tmp_path / "data")), dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy"), "http://127.0.0.1:9")
    said = run("up", *data, "--port", "0", "--slots", "0", no_proxy="example.org", **dead).stdout
    assert "export no_proxy=example.org,127.0.0.1" in said
    assert "Running at" in run("status", *data, no_proxy="example.org", **dead).stdout
    assert "no_proxy" not in run("status", *data, no_proxy="127.0.0.1", **dead).stdout
    run("down", *data, **dead)


def test_an_ipv6_loopback_without_a_name_is_refused(run: Run, tmp_path: Path) -> None:
    """The reference's client and harness take no IPv6 address in a URL: tasks could not reach such a master."""
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6: boot it with IPv6")
    data = ("--data", str(tmp_path / "data"))
    named = places.names_v6_loopback("localhost")
    done = run("up", *data, "--host", "::1", "--port", "0", "--slots", "1", status=0 if named else 1)
    assert "http://localhost:" in done.stdout if named else "no IPv6 address in a URL" in done.stderr
    run("down", *data)
    assert "http://" in run("up", *data, "--host", "::1", "--port", "0", "--slots", "0").stdout
