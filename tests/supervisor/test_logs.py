"""From a pipe to the master: splitting, marks, order, exactly once over outages, bounded memory."""

import json
import random
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.supervisor.ground import Ground, until
from undeterred.supervisor import lines
from undeterred.supervisor.reports import Shipper
from undeterred.supervisor.spool import Spool


def test_marks(quick: Ground) -> None:
    """Rank and level are taken off in this order; anything else stays as it is."""
    told = [
        "[rank=3] INFO: [12] det: hello",
        "WARNING: careful",
        "[rank=0] plain",
        "CRITICAL:no blank",
        "INFO not a level",
        " ERROR: not first",
        "INFO: [rank=1] wrong order",
        "[rank=99999999999999999999] no rank of ours",
    ]
    quick.end(quick.sh("\n".join(f"echo '{text}'" for text in told)))
    got = [(line["log"], line.get("rankId"), line.get("level")) for line in quick.stub.lines if line["stdtype"] == "stdout"]
    assert got == [
        ("[12] det: hello\n", 3, "LOG_LEVEL_INFO"),
        ("careful\n", None, "LOG_LEVEL_WARNING"),
        ("plain\n", 0, None),
        ("no blank\n", None, "LOG_LEVEL_CRITICAL"),
        ("INFO not a level\n", None, None),
        (" ERROR: not first\n", None, None),
        ("[rank=1] wrong order\n", None, "LOG_LEVEL_INFO"),
        ("[rank=99999999999999999999] no rank of ours\n", None, None),
    ]


def test_bytes(quick: Ground) -> None:
    """Invalid UTF-8 is replaced, carriage returns end lines, long lines are cut at 8 KiB, a last line needs no end."""
    script = r"printf 'a\377b\n10%%\r20%%\r\n'; head -c 20000 /dev/zero | tr '\0' x; printf '\nlast'"
    quick.end(quick.sh(script))
    text = quick.stub.text()
    assert text[:4] == ["a\ufffdb", "10%", "20%", ""]
    assert [len(t) for t in text[4:7]] == [8191, 8191, 3618]
    assert text[7] == "last"


@given(st.lists(st.binary(max_size=40)), st.integers(1, 7))
def test_splitting_does_not_depend_on_reads(parts: list[bytes], size: int) -> None:
    """Any cutting of the stream into reads gives the same lines, and no byte is lost."""
    data = b"\n".join(parts)
    whole, pieces = lines.Splitter(), lines.Splitter()
    expected = whole.feed(data) + whole.end()
    got = [line for at in range(0, len(data), size) for line in pieces.feed(data[at : at + size])] + pieces.end()
    assert got == expected
    assert b"\n".join(expected) == data.replace(b"\r", b"\n").removesuffix(b"\n")


@given(st.integers(0, 4), st.text(min_size=1, max_size=5, alphabet="äx数😀"))
@settings(max_examples=20, deadline=None)
def test_no_character_is_cut(before: int, repeated: str) -> None:
    """A cut falls between characters."""
    text = "x" * before + repeated * 3000
    splitter = lines.Splitter()
    cut = splitter.feed(text.encode() * 3) + splitter.end()
    assert all(len(piece) <= lines.LIMIT for piece in cut)
    assert "".join(piece.decode() for piece in cut) == text * 3


def test_clock() -> None:
    """Instants grow even when the clock stands still or goes back."""
    clock = lines.Clock()
    got = [clock.next(now) for now in (1_700_000_000_999_999, 1_700_000_000_999_999, 1_600_000_000_000_000)]
    assert got == ["2023-11-14T22:13:20.999999Z", "2023-11-14T22:13:21.000000Z", "2023-11-14T22:13:21.000001Z"]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5), st.integers(0, 9)), max_size=30))
@settings(max_examples=60, deadline=None)
def test_spool(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, int]]) -> None:
    """Whatever is written comes out once, in order, over any acknowledgements, small segments and a restart in the middle."""
    folder = tmp_path_factory.mktemp("spool")
    spool, written, got = Spool(str(folder), segment_bytes=20), 0, list[bytes]()
    for count, limit, ahead in steps:
        spool.append([b"line %d" % n for n in range(written, written + count)])
        written += count
        first, taken = spool.take(limit)
        assert first == len(got)
        known = taken[: len(taken) if ahead else len(taken) // 2]
        got += known
        spool.acknowledge(first + len(known))
        if ahead == 9:
            spool.close()
            spool.release()
            spool = Spool(str(folder), segment_bytes=20)
            spool.acknowledge(len(got))
            assert spool.end == written
    first, rest = spool.take(1000)
    assert got + rest == [b"line %d" % n for n in range(written)]
    spool.acknowledge(written)
    assert len(list(folder.iterdir())) <= 1
    spool.close()
    spool.release()


def test_half_written_line(tmp_path: Path) -> None:
    """A supervisor killed in the middle of a write leaves half a line: it is cut off, and what follows is whole."""
    (tmp_path / "7.jsonl").write_bytes(b"seven\neight\nhal")
    spool = Spool(str(tmp_path))
    assert spool.take(10) == (7, [b"seven", b"eight"])
    spool.append([b"nine"])
    assert spool.take(10) == (7, [b"seven", b"eight", b"nine"])
    spool.close()
    spool.release()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_exactly_once_over_a_bad_master(quick: Ground, seed: int) -> None:
    """The master refuses, cuts connections before and after its work, dies and comes back elsewhere: every line arrives once and in order."""
    dice = random.Random(seed)
    quick.stub.before = lambda path: dice.choice([200, 200, 503, 500, -1, -2])
    container = quick.sh("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); [ $((i % 300)) = 0 ] && sleep 0.1; done")
    for _ in range(3):
        time.sleep(0.25)
        quick.stub.down()
        time.sleep(0.15)
        quick.stub.up()
    quick.stub.before = lambda _path: 200
    assert quick.end(container, 60)["exitCode"] == 0
    assert quick.stub.text() == [f"line {n}" for n in range(3000)]


def test_first_line_is_not_held_back(quick: Ground) -> None:
    """A line is at the master within 0.2 s of being printed, while the task goes on."""
    quick.sh("for i in 1 2 3 4 5; do date +%s.%N; sleep 0.15; done; sleep 1000")
    until(lambda: len(quick.stub.text()) == 5)
    delays = [at - float(line["log"]) for line, at in zip(quick.stub.lines, quick.stub.seen_at, strict=True) if line["stdtype"] == "stdout"]
    assert sorted(delays)[2] < 0.2, delays
    quick.stop(quick.ids[0])
    quick.end(quick.ids[0])


def test_flood(quick: Ground) -> None:
    """100,000 lines: all arrive, the supervisor stays small, batches are bounded."""
    container = quick.start("awk", 'BEGIN { for (i = 0; i < 100000; i++) print "line number " i " of a flood of lines with some length" }')
    peak = [0]

    def watch() -> None:
        while quick.stub.ended() is None:
            try:
                status = Path(f"/proc/{quick.supervisor(container)}/status").read_text()
            except (OSError, AssertionError):
                return
            found = re.search(r"VmRSS:\s+(\d+)", status)
            peak[0] = max(peak[0], int(found[1]) if found else 0)
            time.sleep(0.05)

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert quick.end(container, 60)["exitCode"] == 0
    watcher.join()
    text = quick.stub.text()
    assert len(text) == 100_000
    assert text[-1].startswith("line number 99999 ")
    assert 0 < peak[0] < 64 * 1024, f"{peak[0]} KiB"


def test_flood_waits_in_the_task(tmp_path: Path) -> None:
    """With a silent master the spool fills to its bound and the writer is stopped, not the memory filled."""
    spool = Spool(str(tmp_path), bound_bytes=1000)
    while not spool.full:
        spool.append([b"x" * 100])
    spool.close()
    assert spool.end == 10
    spool.acknowledge(5)
    assert spool.full  # one segment: it goes when all of it is known
    assert json.dumps(sorted(p.name for p in tmp_path.iterdir())) == '["0.jsonl"]'


@pytest.mark.slow
def test_back_pressure(quick: Ground) -> None:
    """While the master is away, a flood larger than the spool pauses; nothing is lost when it comes back."""
    quick.stub.before = lambda path: 503 if path.endswith("/logs") else 200
    container = quick.start("awk", 'BEGIN { s = sprintf("%8000s", "x"); for (i = 0; i < 12000; i++) print i s }')
    spool = quick.place(container) / "spool"

    def size() -> int:
        return sum(file.stat().st_size for file in spool.glob("*.jsonl")) if spool.exists() else 0

    until(lambda: size() > 64 * 1024 * 1024, 60)
    time.sleep(0.5)
    full = size()
    time.sleep(0.5)
    assert size() == full < 70 * 1024 * 1024
    quick.stub.before = lambda _path: 200
    assert quick.end(container, 90)["exitCode"] == 0
    assert len(quick.stub.text()) == 12000


@pytest.mark.parametrize("folder_stays", [True, False])
def test_a_spool_that_cannot_be_read(tmp_path: Path, folder_stays: bool) -> None:
    """It is read again when it can be; where the task's folder is gone, nobody waits for it."""
    place, gone, sent = tmp_path / "task", threading.Event(), list[bytes]()
    place.mkdir()
    (place / "spec.json").write_text("{}")
    spool = Spool(str(place / "spool"))
    spool.append([b'{"log": "a"}'])
    aside = place / "aside.jsonl"
    (place / "spool" / "0.jsonl").rename(aside)
    spec = {"allocation_id": "a", "container_id": "c", "epoch": 1, "master_url": "http://127.0.0.1:1", "place": str(place), "key": "k"}
    shipper = Shipper(spec, spool, gone.set)

    def report(_path: str, body: bytes) -> dict[str, Any]:
        sent.append(body)
        return {"next": 1}

    shipper._link.report = report  # type: ignore[method-assign, assignment]
    if not folder_stays:
        (place / "spec.json").unlink()
    shipper.start()
    if folder_stays:
        time.sleep(0.2)
        aside.rename(place / "spool" / "0.jsonl")
    spool.close()
    shipper.join(60)
    spool.release()
    assert not shipper.is_alive()
    assert gone.is_set() == (not folder_stays)
    assert [json.loads(body)["lines"] for body in sent] == ([[{"log": "a"}]] if folder_stays else [])
