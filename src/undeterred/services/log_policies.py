"""Log policies: what a line of a trial's output means for its retries and its nodes (`log_policies` of the configuration).

A batch of lines is looked at as one text first: only where a pattern may match is each line looked at by itself.
"""

import json
import re
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]  # the standard library's own reader of patterns
from typing import Any

import msgspec

from undeterred.store import lives, log_matches
from undeterred.store.db import Tx
from undeterred.store.tasks import LoggedRow

CONFIG_LINE = '"log_policies":'
CANCEL_RETRIES = "cancel_retries"
LINE_MAX = 8192
_CROSSING = re.compile(r"\\[AZbB]|\(\?")


class Policy(msgspec.Struct, frozen=True):
    """name: "" for an old one without; action: cancel_retries | exclude_node | "". first: finds whether a text of many lines may have
    a match, None where that cannot be told at once."""

    name: str
    action: str
    pattern: str
    one: re.Pattern[str]
    first: re.Pattern[str] | None

    @property
    def label(self) -> str:
        """What a trial keeps of a match."""
        return self.name or self.pattern


def look(tx: Tx, task: LoggedRow, texts: list[str], agents: list[str]) -> None:
    """Look at a task's new lines and note what they meet. agents: by line; only lines of an agent count."""
    if not any(agents):
        return
    assert task.experiment_id is not None
    policies = _policies(tx, task.experiment_id, task.job_id or "")
    if not policies:
        return
    whole = "\n".join(texts)
    for policy in policies:
        if policy.first is not None and policy.first.search(whole) is None:
            continue
        for text, agent in zip(texts, agents, strict=True):
            if agent and policy.one.search(text[:LINE_MAX]) is not None and CONFIG_LINE not in text:
                _met(tx, task, policy, policies, agent, text)
                break


def _met(tx: Tx, task: LoggedRow, policy: Policy, policies: tuple[Policy, ...], agent: str, text: str) -> None:
    log_matches.add(tx, task.id, agent, policy.action, policy.pattern, text)
    if task.trial_id is not None:
        final = [p.label for p in policies if p.action == CANCEL_RETRIES and p.label != policy.label]
        log_matches.name_policy(tx, task.trial_id, policy.label, final)


_known: dict[str, tuple[Policy, ...]] = {}
_KNOWN_MAX = 2000


def _policies(tx: Tx, experiment_id: int, job_id: str) -> tuple[Policy, ...]:
    """An experiment's policies; its job's id names it in this process, whatever database it is in."""
    found = _known.get(job_id)
    if found is None:
        experiment = lives.experiment(tx, experiment_id)
        text = "null" if experiment is None else experiment.config
        found = compiled(json.dumps(json.loads(text).get("log_policies"))) if experiment is not None else ()
        if len(_known) >= _KNOWN_MAX:
            _known.clear()
        _known[job_id] = found
    return found


@lru_cache(maxsize=512)
def compiled(text: str) -> tuple[Policy, ...]:
    """The policies of a configuration's JSON list; without those that are switched off or whose pattern is none here."""
    return tuple(policy for entry in json.loads(text) or [] if (policy := _policy(entry)) is not None)


def _policy(entry: dict[str, Any]) -> Policy | None:
    pattern, action = entry.get("pattern"), entry.get("action")
    action = action.get("type") if isinstance(action, dict) else action
    if not pattern:
        return None
    core = _without_ends(pattern)
    try:
        if _is_slow(_parser.parse(core), False):
            return None
        one = re.compile(core)
        first = None if _CROSSING.search(core) else re.compile(core, re.MULTILINE)
    except (re.error, OverflowError, RecursionError):
        return None
    return Policy(entry.get("name") or "", action or "", pattern, one, first)


def _without_ends(pattern: str) -> str:
    """The pattern without `.*` at its ends, which change nothing about whether it is found but cost much."""
    while pattern.startswith(".*") and not pattern.startswith((".*?", ".*+", ".*{")):
        pattern = pattern[2:]
    while re.search(r"(?<!\\)(?:\\\\)*\.\*\Z", pattern) and "[" not in pattern:
        pattern = pattern[:-2]
    return pattern


def _is_slow(parts: Any, repeated: bool) -> bool:
    """Whether a repetition without bound stands in another one: such a pattern could take for ever on a line of some length."""
    for operation, value in parts:
        name = str(operation)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            many = value[1] is _parser.MAXREPEAT or value[1] > 100
            if (many and repeated) or _is_slow(value[2], repeated or many):
                return True
        elif name == "SUBPATTERN":
            if _is_slow(value[3], repeated):
                return True
        elif name == "BRANCH":
            if any(_is_slow(branch, repeated) for branch in value[1]):
                return True
        elif name in ("ASSERT", "ASSERT_NOT") and _is_slow(value[1], repeated):
            return True
    return False
