"""What people ask of experiments: run, pause, stop, archive, delete, keep logs. One or many: each is decided by itself."""

import json
from collections.abc import Callable, Iterable

import msgspec

from undeterred.config import experiment as language
from undeterred.domain.lifecycle import experiments as states
from undeterred.domain.lifecycle import texts
from undeterred.domain.lifecycle.experiments import Verb
from undeterred.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied, WireError
from undeterred.services import collecting, lives, shown_experiments
from undeterred.services.identity import Caller
from undeterred.store import deletion, experiment_list, experiments
from undeterred.store.db import Tx
from undeterred.store.experiment_list import Filter, Sort
from undeterred.store.experiments import PlacedRow
from undeterred.terms import ExperimentState, is_terminal
from undeterred.wire.experiment_actions import BulkExperimentFilters, ExperimentActionResult
from undeterred.wire.experiments import ExperimentState as Shown

DAYS_MAX = 32767
Act = Callable[[Tx, Caller, PlacedRow], None]
_ENDED = ("CANCELED", "COMPLETED", "ERROR")
_ALIVE = ("ACTIVE", "PAUSED", "STOPPING_CANCELED", "STOPPING_COMPLETED", "STOPPING_ERROR", "STOPPING_KILLED", "RUNNING")
_EVERYWHERE = -1  # the project of a request that is about every project
_LIVE_ONES = Filter(archived=False)
_MEANT = {
    Verb.ACTIVATE: Filter(states=("PAUSED",), archived=False),
    Verb.PAUSE: Filter(states=("ACTIVE",), archived=False),
    Verb.CANCEL: Filter(states=_ALIVE, archived=False),
    Verb.KILL: Filter(states=_ALIVE, archived=False),
    Verb.ARCHIVE: Filter(states=_ENDED, archived=False),
    Verb.UNARCHIVE: Filter(states=_ENDED, archived=True),
    Verb.DELETE: Filter(states=_ENDED),
}
"""What a verb means when it is given a filter instead of ids."""
_BY_STATE = frozenset({Verb.ACTIVATE, Verb.PAUSE, Verb.CANCEL, Verb.KILL})  # asked for states go before those that the verb means
_STORED = frozenset(_ENDED + _ALIVE + ("DELETING", "DELETE_FAILED"))


def act(tx: Tx, who: Caller, verb: Verb, experiment_id: int) -> None:
    """Do one thing to one experiment. Raises NotFound, FailedPrecondition, PermissionDenied."""
    _act(tx, who, verb, found(experiments.placed(tx, experiment_id), experiment_id), bulk=False)


def act_on_many(tx: Tx, who: Caller, verb: Verb, project_id: int, ids: list[int]) -> list[ExperimentActionResult]:
    """Do one thing to some experiments of a project; what became of each."""
    return on_many(tx, who, project_id, ids, lambda tx, who, row: _act(tx, who, verb, row, bulk=True))


def on_many(tx: Tx, who: Caller, project_id: int, ids: list[int], do: Act) -> list[ExperimentActionResult]:
    """`do` for each experiment of a project, each by itself; what became of each, those first that are not there."""
    rows = experiments.placed_by_ids(tx, project_id, ids)
    missing = [ExperimentActionResult(id=i, error=_told(_unknown(i))) for i in ids if i not in rows]
    return missing + [ExperimentActionResult(id=i, error=_attempt(tx, who, rows[i], do)) for i in ids if i in rows]


def meant(tx: Tx, verb: Verb | None, project_id: int, ids: Iterable[int], filters: BulkExperimentFilters | None) -> list[int]:
    """The experiments that a request on many is about: filters go before ids; each once. Raises InvalidArgument.

    verb: None for what is done to all that are not archived (moving them, keeping their logs)."""
    if filters is None:
        return list(dict.fromkeys(ids))
    base = _LIVE_ONES if verb is None else _MEANT[verb]
    if verb in _BY_STATE and filters.states:
        base = _LIVE_ONES
    wanted = _filter(filters, base, project_id)
    return [] if wanted is None else experiment_list.ids(tx, wanted, Sort(), 0, -1)


def retain_logs(tx: Tx, experiment_id: int, days: int) -> None:
    """Keep the logs of an experiment that has ended for so many days; -1: for good."""
    _retain(tx, found(experiments.placed(tx, experiment_id), experiment_id), days)


def retain_logs_of_many(tx: Tx, who: Caller, project_id: int, ids: list[int], days: int) -> list[ExperimentActionResult]:
    """The same for some experiments of a project."""
    return on_many(tx, who, project_id, ids, lambda tx, _who, row: _retain(tx, row, days))


def stored_states(shown: Iterable[Shown]) -> tuple[str, ...]:
    """States to filter by; those that are only shown cannot be asked for. Raises InvalidArgument."""
    names = tuple(state.value.removeprefix("STATE_") for state in shown)
    for name in names:
        if name not in _STORED:
            raise InvalidArgument(f"STATE_{name} is no state to filter by: running and queued experiments are STATE_ACTIVE here")
    return names


def labels_asked(labels: list[str]) -> tuple[str, ...]:
    """The labels of a filter, all wanted: several may come in one value, parted by commas; nothing but an empty one wants none."""
    joined = ",".join(labels)
    return tuple(dict.fromkeys(joined.split(","))) if joined else ()


def found(row: PlacedRow | None, experiment_id: int) -> PlacedRow:
    """The row, or NotFound."""
    if row is None:
        raise _unknown(experiment_id)
    return row


def _act(tx: Tx, who: Caller, verb: Verb, row: PlacedRow, bulk: bool) -> None:
    if verb is Verb.DELETE and row.owner_id != who.user_id and not who.admin:
        raise PermissionDenied("non admin users may not delete other user's experiments")
    if verb is Verb.DELETE and deletion.is_registered(tx, row.id):
        raise InvalidArgument(texts.REGISTERED)
    now = states.Experiment(row.id, ExperimentState(row.state), bool(row.archived), bool(row.unmanaged))
    after = states.decide(now, verb, bulk)
    if after is now:
        return
    if after.archived != now.archived:
        experiments.update(tx, row.id, {"archived": int(after.archived)})
        return
    if not experiments.move(tx, row.id, now.state.value, after.state.value):
        raise FailedPrecondition(f"experiment {row.id} has just moved on; look at it again")
    if verb is Verb.DELETE:
        collecting.of_experiment(tx, row.id)
    else:
        lives.advance(tx, row.id)
        tx.ring("trials")


def _retain(tx: Tx, row: PlacedRow, days: int) -> None:
    if row.archived:
        raise _unknown(row.id)
    if not is_terminal(ExperimentState(row.state)):
        raise FailedPrecondition(f"experiment in non terminal state '{row.state}', try again later")
    if not -1 <= days <= DAYS_MAX:
        bound = "must be >= -1" if days < -1 else f"must be <= {DAYS_MAX}"
        raise refused_config(row.id, f"<config>.retention_policy.log_retention_days: {bound} but found {days}")
    before = experiments.config_of(tx, row.id)
    assert before is not None
    config = json.loads(before.config) | {"retention_policy": {"log_retention_days": days}}
    experiments.update(tx, row.id, {"log_retention_days": days, **config_columns(config)})
    experiments.retain_logs(tx, row.id, days)


class RefusedConfig(InvalidArgument):
    """A change that would leave an experiment with a configuration that is not valid."""


def refused_config(experiment_id: int, lines: str) -> RefusedConfig:
    """The answer to such a change; lines: what is wrong, as the configuration language tells it."""
    told = f"config is invalid or incomplete: {lines}"
    return RefusedConfig(f"patching experiment {experiment_id}: refusing to save invalid experiment config: {told}")


def config_columns(config: dict[str, object]) -> dict[str, str | None]:
    """A changed configuration as it is stored."""
    masked = language.mask(config)
    hidden = None if masked is config else shown_experiments.dumped(masked)
    return {"config": shown_experiments.dumped(config), "config_shown": hidden}


def _attempt(tx: Tx, who: Caller, row: PlacedRow, do: Act) -> str:
    try:
        do(tx, who, row)
    except WireError as error:
        return _told(error)
    return ""


def _told(error: WireError) -> str:
    return error.text if isinstance(error, RefusedConfig) else f"rpc error: code = {error.reason} desc = {error.text}"


def _unknown(experiment_id: int) -> NotFound:
    return NotFound(f"experiment '{experiment_id}' not found")


def _filter(filters: BulkExperimentFilters, meant_by_verb: Filter, project_id: int) -> Filter | None:
    """Both conditions as one; None where they cannot both hold."""
    states_asked = stored_states(filters.states)
    if meant_by_verb.states and states_asked:
        states_asked = tuple(state for state in states_asked if state in meant_by_verb.states)
        if not states_asked:
            return None
    archived = meant_by_verb.archived
    if filters.archived is not None:
        if archived is not None and archived != filters.archived:
            return None
        archived = filters.archived
    if project_id == _EVERYWHERE:
        project_id = max(filters.project_id, 0)
    elif filters.project_id not in (0, project_id) or project_id <= 0:
        return None
    return msgspec.structs.replace(
        meant_by_verb,
        name=filters.name,
        description=filters.description,
        labels=labels_asked(filters.labels),
        archived=archived,
        states=states_asked or meant_by_verb.states,
        owner_ids=tuple(filters.user_ids) or None,
        project_id=project_id,
        not_in=tuple(filters.excluded_experiment_ids),
    )
