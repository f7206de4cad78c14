"""Log policies: what a line of a trial's output means for its retries and its nodes (`log_policies` of the configuration).

A batch of lines is looked at as one text first: only where a pattern may match is each line looked at by itself.
Patterns are everybody's, so RE2 reads them, in the words and the linear time of the reference's engine: no pattern holds the writer up.
"""

import json
import re
from functools import lru_cache
from typing import Any

import msgspec
import re2  # type: ignore[import-untyped]

from undeterred.store import lives, log_matches
from undeterred.store.db import Tx
from undeterred.store.tasks import LoggedRow

CONFIG_LINE = '"log_policies":'
CANCEL_RETRIES = "cancel_retries"
LINE_MAX = 8192
PATTERN_BYTES = 4 << 20  # what a compiled pattern may take
PATTERN_MAX = 8192
POLICIES_MAX = 100  # of one experiment; each is looked for in every line
_CROSSING = re.compile(r"\\[AzZbB]|\(\?")


class Policy(msgspec.Struct, frozen=True):
    """name: "" for an old one without; action: cancel_retries | exclude_node | "". first: finds whether a text of many lines may have
    a match, None where that cannot be told at once."""

    name: str
    action: str
    pattern: str
    one: Any
    first: Any

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
        if policy.first is not None and not matches(policy.first, whole):
            continue
        for text, agent in zip(texts, agents, strict=True):
            if agent and matches(policy.one, text[:LINE_MAX]) and CONFIG_LINE not in text:
                _met(tx, task, policy, policies, agent, text)
                break


def matches(pattern: Any, text: str) -> bool:
    """Whether a compiled pattern is found in a text; half a surrogate pair is read as `?`."""
    try:
        return pattern.search(text) is not None
    except UnicodeEncodeError:
        return pattern.search(text.encode("utf-8", "replace").decode()) is not None


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
    return tuple(policy for entry in (json.loads(text) or [])[:POLICIES_MAX] if (policy := _policy(entry)) is not None)


def _policy(entry: dict[str, Any]) -> Policy | None:
    pattern, action = entry.get("pattern"), entry.get("action")
    action = action.get("type") if isinstance(action, dict) else action
    if not pattern or len(pattern) > PATTERN_MAX:
        return None
    try:
        one = re2.compile(pattern, _options())
        first = None if _CROSSING.search(pattern) else re2.compile(f"(?m:{pattern})", _options())
    except (re2.error, UnicodeEncodeError):
        return None
    return Policy(entry.get("name") or "", action or "", pattern, one, first)


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = PATTERN_BYTES
    return options
