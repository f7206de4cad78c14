"""Plays recorded conversations with a real 0.38.1 master against our server, with the contract's own player.

The settings are those of the recordings (the README beside them): both built-in users with one password, no local node, one pool.
"""

import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.support.server import Server

PASSWORD = "Det-Test-1234"
SETTINGS: dict[str, Any] = {
    "security": {"initial_user_password": PASSWORD},
    "checkpoint_storage": {"type": "shared_fs", "host_path": "/tmp", "storage_path": "determined-cp"},
}


@dataclass(frozen=True)
class Difference:
    """One step that went otherwise than recorded: its number (from 1), the call as it was recorded, what differs."""

    number: int
    call: str
    problems: list[str]

    def __str__(self) -> str:
        return f"step {self.number}: {self.call}\n" + "\n".join(f"    {problem}" for problem in self.problems)


@cache
def player(contract: Path) -> ModuleType:
    """The contract's play.py, loaded from where it lies."""
    spec = importlib.util.spec_from_file_location("conformance_play", contract / "conformance" / "play.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recorded(contract: Path, conversation: str) -> list[dict[str, Any]]:
    """The steps of a recorded conversation."""
    with (contract / "conformance" / "recorded" / f"{conversation}.jsonl").open() as lines:
        return [json.loads(line) for line in lines]


def fresh_server(serve: Callable[..., Server], store_url: str) -> Server:
    """A server as the recordings want it, on an empty store: an SQLite file in its data folder, or the given PostgreSQL database."""
    config = dict(SETTINGS)
    if store_url.startswith("postgresql://"):
        config["db"] = {"url": store_url}
    return serve(config=config, slots=0)


def play(contract: Path, conversation: str, url: str) -> Iterator[Difference]:
    """Say what was said and give every step whose answer is not as recorded."""
    play_py = player(contract)
    talk = play_py.Player(url, PASSWORD)
    for number, step in enumerate(recorded(contract, conversation), 1):
        problems = step_problems(play_py, talk, step)
        if problems:
            yield Difference(number, f"[{step.get('as', 'admin')}] {step['call']}", problems)


def step_problems(play_py: ModuleType, talk: Any, step: dict[str, Any]) -> list[str]:
    status, answer = talk.step(step)
    want = step.get("ours", step["status"])
    if status != want:
        return [f"status {status}, expected {want} ({play_py.short(answer)})"]
    if want != step["status"]:
        return []
    got = talk.normal(answer)
    for path in step.get("any", []):
        got = play_py.mask(got, path.split("."))
    return list(play_py.differences(step["answer"], got, "", set(step.get("unordered", [])), talk.renamed))
