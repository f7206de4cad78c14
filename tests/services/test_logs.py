"""Task logs: stored once, read back in every way that is offered, looked at by policies, removed when old."""

import json
import re
import time

import msgspec
import pytest

from tests.services.reporting import ADMIN, Lab
from undeterred.errors import InvalidArgument, NotFound, PermissionDenied
from undeterred.services import log_lines, log_policies, logs
from undeterred.services.identity import token_hash
from undeterred.services.log_lines import View, Wanted
from undeterred.store import allocations, log_matches
from undeterred.store import logs as rows
from undeterred.store.db import Database, Tx
from undeterred.wire.logs import LogLevel, TaskLog
from undeterred.wire.supervision import CapturedLine

DAY_US = 86_400_000_000
KEY = token_hash("key")


def post(lab: Lab, task_id: str, *texts: str, **fields: object) -> None:
    lines = [TaskLog(task_id=task_id, log=text, timestamp=f"2026-01-02T03:04:{i:02d}Z", **fields) for i, text in enumerate(texts)]  # type: ignore[arg-type]
    lab.db.write_now(logs.append, logs.of_request(lines), ADMIN)


def read(lab: Lab, task_id: str, wanted: Wanted = log_lines.EVERYTHING, down: bool = False, limit: int = 2**31) -> list[str]:
    """The texts of the lines, page by page."""
    out: list[str] = []
    last, more = 0, True
    while more and limit:
        page = lab.db.read_now(log_lines.page, View(task_id, 0, down, wanted), last, limit)
        out += [json.loads(line)["result"]["log"] for line in page.body.splitlines()]
        last, more, limit = page.last, page.more, limit - page.count
    return out


def test_lines_come_back_as_they_were_sent(db: Database) -> None:
    lab = Lab(db)
    task = lab.task(lab.trial())
    odd = ['quote " and \\ back\\', '"', "", "\n", "nul \x00 é 数\n", '","', "\\n"]
    post(lab, task, *odd, level=LogLevel.LOG_LEVEL_INFO, container_id='con"tainer', rank_id=3)
    assert read(lab, task) == odd
    page = db.read_now(log_lines.page, View(task), 0, 1)
    shown = json.loads(page.body)["result"]
    assert shown["message"] == '[2026-01-02T03:04:00.000000Z] con"tain [rank=3] || INFO: ' + odd[0]
    assert (shown["timestamp"], shown["level"], shown["containerId"]) == ("2026-01-02T03:04:00Z", "LOG_LEVEL_INFO", 'con"tainer')


def test_order_limit_and_pages_over_many_rows(db: Database) -> None:
    lab = Lab(db)
    task = lab.task(lab.trial())
    every = [f"line {i}" for i in range(2600)]
    kinds: list[rows.Kind] = [(None,) * 7] * 2600
    db.write_now(rows.append, task, rows.pack(kinds, [rows.NO_TIME] * 2600, every))
    for i in range(40):
        db.write_now(rows.append_master, task, "a.1", [("INFO", f"master {i}")])
    every += [f"master {i}\n" for i in range(40)]
    assert read(lab, task) == every
    assert read(lab, task, down=True) == every[::-1]
    assert read(lab, task, down=True, limit=1500) == every[::-1][:1500]
    assert read(lab, task, Wanted(text="line 25"), limit=3) == ["line 25", "line 250", "line 251"]
    ids = [json.loads(line)["result"]["id"] for line in db.read_now(log_lines.page, View(task), 0, 10**6).body.splitlines()]
    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids, key=int)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("boom", ["Boom 50%_x"]),
        ("50\\%", ["Boom 50%_x"]),
        ("b%x", ["Boom 50%_x"]),
        ("l_n", ["a\\b lan"]),
        ("\\\\b", ["a\\b lan"]),
        ("é", []),
        ("%", ["Boom 50%_x", "a\\b lan"]),
    ],
)
def test_search(db: Database, text: str, found: list[str]) -> None:
    lab = Lab(db)
    task = lab.task(lab.trial())
    post(lab, task, "Boom 50%_x", "a\\b lan")
    assert read(lab, task, Wanted(text=text)) == found


def test_search_texts_cannot_make_it_slow() -> None:
    assert not log_lines.searcher("%a" * 200 + "b")("a" * 8000)


def test_filters_by_kind_and_time(db: Database) -> None:
    lab = Lab(db)
    task = lab.task(lab.trial())
    post(lab, task, "one", "two", rank_id=0, agent_id="n1")
    post(lab, task, "three", level=LogLevel.LOG_LEVEL_ERROR)
    assert read(lab, task, Wanted(ranks=(-1,))) == ["three"]
    assert read(lab, task, Wanted(agents=("n1",), levels=("INFO",))) == []
    second = 1_767_323_040_000_000
    assert read(lab, task, Wanted(after=second)) == ["two"]
    assert read(lab, task, Wanted(before=second)) == ["one", "three"]
    fields = db.read_now(logs.task_fields, task)
    assert (fields.agent_ids, fields.rank_ids, fields.stdtypes) == (["n1"], [0], [])


def running(tx: Tx, task_id: str) -> str:
    allocation = f"{task_id}.1"
    allocations.insert(tx, allocation, task_id, 1, None, "default", 0)
    place = {"node_id": "n1", "slot_ids": "[]", "container_id": "c1", "ports": "{}", "epoch": 1, "token_hash": "t", "secrets": None}
    assert allocations.assign(tx, allocation, supervisor_hash=KEY, **place)
    return allocation


def test_captured_lines_are_stored_once_and_none_is_lost(db: Database) -> None:
    lab = Lab(db)
    task = lab.task(lab.trial())
    allocation = db.write_now(running, task)
    lines = [CapturedLine(timestamp="2026-01-02T03:04:05Z", stdtype="stdout", log=f"{i}\n") for i in range(10)]

    def send(first: int, last: int, key: str = KEY) -> int:
        return db.write_now(logs.append_captured, key, allocation, "c1", first, lines[first:last])

    assert [send(0, 4), send(0, 4), send(2, 7), send(9, 10), send(7, 10), send(0, 10)] == [4, 4, 7, 7, 10, 10]
    assert read(lab, task) == [f"{i}\n" for i in range(10)]
    with pytest.raises(PermissionDenied):
        send(0, 1, token_hash("another"))


def test_posts_that_are_refused(db: Database) -> None:
    with pytest.raises(InvalidArgument, match="greater than 0"):
        logs.of_request([])
    with pytest.raises(InvalidArgument, match="single taskID"):
        logs.of_request([TaskLog(task_id="a"), TaskLog(task_id="b")])
    with pytest.raises(NotFound, match="task 'nope' not found"):
        db.write_now(logs.append, logs.of_request([TaskLog(task_id="nope")]))
    for body in (b"{}", b"no", b'[{"task_id": "a", "timestamp": "yesterday"}]', b'[{"task_id": 5}]'):
        with pytest.raises(InvalidArgument):
            logs.of_old(body)
    assert logs.of_old(b" null\n") == logs.of_old(b"[]") == []
    (found,) = logs.of_old(b'[{"task_id": "a", "timestamp": "2024-02-29T01:00:00+01:00", "log": null}, {"log": "x"}]')
    assert (found.task_id, found.chunks[0].times, found.texts) == ("a", "2024-02-29T00:00:00.000000Z", [""])


def test_policies_note_the_first_line_and_what_makes_failures_final_stays(db: Database) -> None:
    lab = Lab(db)
    trial = lab.trial()
    task = lab.task(trial)
    policies = [
        {"name": "cuda", "pattern": ".*CUDA.*"},
        {"name": "end", "pattern": "^fatal$", "action": "cancel_retries"},
        {"name": "off", "pattern": None},
    ]
    db.write_now(
        lambda tx: tx.run("UPDATE experiments SET config = :c, job_id = 'policies-' || id", c=json.dumps({"log_policies": policies}))
    )
    db.write_now(lambda tx: tx.run("UPDATE tasks SET job_id = (SELECT 'policies-' || :n || job_id FROM experiments)", n=db.dialect.name))

    def matched() -> object:
        return db.read_now(lambda tx: tx.value("SELECT log_policy_matched FROM trials WHERE id = :id", id=trial))

    post(lab, task, "CUDA without an agent")
    post(lab, task, '"log_policies": CUDA', "fine", agent_id="n1")
    assert matched() is None
    post(lab, task, "a CUDA error", agent_id="n1")
    assert matched() == "cuda"
    post(lab, task, "fatal", agent_id="n1")
    post(lab, task, "another CUDA error", agent_id="n1")
    assert matched() == "end"
    found = db.read_now(log_matches.of_task, task)
    assert [(m.action, m.log) for m in found] == [("", "a CUDA error"), ("cancel_retries", "fatal")]


def test_a_stranger_writes_only_for_what_runs_elsewhere(db: Database) -> None:
    lab = Lab(db, unmanaged=0)
    task = lab.task(lab.trial())
    (lines,) = logs.of_old(json.dumps([{"task_id": task, "timestamp": "2026-01-02T03:04:05Z", "log": "x"}]).encode())

    def count() -> object:
        return db.read_now(lambda tx: tx.value("SELECT COUNT(*) FROM task_logs WHERE task_id = :task", task=task))

    db.write_now(logs.append_known, [lines], False)
    assert count() == 0
    db.write_now(logs.append_known, [lines], True)
    assert count() == 1
    db.write_now(lambda tx: tx.run("UPDATE experiments SET unmanaged = 1"))
    db.write_now(logs.append_known, [lines], False)
    assert count() == 2


@pytest.mark.parametrize("pattern", ["(a+)+$", "(?:a*b?)*c", "(?:a|aa)*c", "(?:a?){40}c", "a*a*a*a*a*a*c", "x.*y.*z.*w"])
def test_no_pattern_takes_long(pattern: str) -> None:
    (policy,) = log_policies.compiled(json.dumps([{"name": "n", "pattern": pattern}]))
    begun = time.monotonic()
    for line in ("a" * 8191 + "d", "xyz" * 2730):
        assert not log_policies.matches(policy.one, line)
        assert policy.first is None or not log_policies.matches(policy.first, line * 10)
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("pattern", ["(", "x{3,}*{2}", "[.*", "(a)\\1", "(?=a)", "\ud800", "a" * 9000, "(?:(?:(?:a{100}){100}){100})"])
def test_patterns_that_are_none_do_nothing(pattern: str) -> None:
    assert log_policies.compiled(json.dumps([{"name": "n", "pattern": pattern}])) == ()


@pytest.mark.parametrize("pattern", [".*out of memory.*", ".*a|b.*", r"end\.*", ".*", r"a\\.*"])
def test_patterns_find_what_they_say(pattern: str) -> None:
    (policy,) = log_policies.compiled(json.dumps([{"name": "n", "pattern": pattern}]))
    for line in ("", "CUDA out of memory!", "xa", "b", "end", "end..", "a\\", "nothing here", ".", "a \ud800"):
        assert log_policies.matches(policy.one, line) == bool(re.search(pattern, line)), line


def test_old_lines_go_after_their_days(db: Database) -> None:
    lab = Lab(db)
    old, kept, live = (lab.task(lab.trial()) for _ in range(3))
    for task in (old, kept, live):
        post(lab, task, "a", "b")

    def age(tx: Tx) -> None:
        tx.run("UPDATE tasks SET ended_at = :t, log_retention_days = 2 WHERE id = :id", t=tx.now - 3 * DAY_US, id=old)
        tx.run("UPDATE tasks SET ended_at = :t, log_retention_days = -1 WHERE id = :id", t=tx.now - 3 * DAY_US, id=kept)

    db.write_now(age)
    assert db.write_now(logs.expire, None) == (2, False)
    assert db.write_now(logs.expire, 0) == (0, False)
    assert (read(lab, old), read(lab, kept), read(lab, live)) == ([], ["a", "b"], ["a", "b"])
    assert msgspec.json.encode(db.read_now(logs.task_fields, old).agent_ids) == b"[]"
