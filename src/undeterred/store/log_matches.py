"""Which lines of a task met which log policy, the first of each."""

import msgspec

from undeterred.store.db import Tx


class MatchRow(msgspec.Struct, frozen=True):
    """`log`: the line as it came; `action`: cancel_retries | exclude_node | ""."""

    agent_id: str
    action: str
    pattern: str
    log: str


def add(tx: Tx, task_id: str, agent_id: str, action: str, pattern: str, log: str) -> bool:
    """Note a match. False if this policy had met a line from this agent before."""
    sql = (
        "INSERT INTO log_matches (task_id, agent_id, action, pattern, log) VALUES (:task, :agent, :action, :pattern, :log)"
        " ON CONFLICT (task_id, agent_id, action, pattern) DO NOTHING"
    )
    shown = msgspec.json.encode(log).decode()  # as JSON, which has no NUL
    return tx.run(sql, task=task_id, agent=agent_id, action=action, pattern=pattern, log=shown) == 1


def of_task(tx: Tx, task_id: str) -> list[MatchRow]:
    """A task's matches, in the order in which they came."""
    return tx.all(_row, "SELECT agent_id, action, pattern, log FROM log_matches WHERE task_id = :task ORDER BY id", task=task_id)


def excluded_nodes(tx: Tx) -> dict[str, frozenset[str]]:
    """By task: the nodes on which its waiting allocations must not run."""
    rows = tx.all(
        lambda task_id, node: (str(task_id), str(node)),
        "SELECT DISTINCT m.task_id, m.agent_id FROM allocations a JOIN log_matches m ON m.task_id = a.task_id"
        " WHERE a.state = 'PENDING' AND m.action = 'exclude_node'",
    )
    return {task: frozenset(node for mine, node in rows if mine == task) for task, _node in rows}


def name_policy(tx: Tx, trial_id: int, name: str, final: list[str]) -> None:
    """The policy that a trial's log met last; one of `final` (those that make a failure final) is not replaced."""
    tx.ring(f"run:{trial_id}")
    kept = f"AND NOT (log_policy_matched IS NOT NULL AND {tx.dialect.member('log_policy_matched', 'final', 'text')})"
    tx.run(f"UPDATE trials SET log_policy_matched = :name WHERE id = :id {kept}", name=name, id=trial_id, final=tx.dialect.bag(final))


def _row(agent_id: str, action: str, pattern: str, log: str) -> MatchRow:
    return MatchRow(agent_id, action, pattern, msgspec.json.decode(log, type=str))
