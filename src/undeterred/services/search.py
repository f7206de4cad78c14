"""A search's step: unread events go through `domain.search`, and its state and what it asks for are committed together."""

import json
from typing import Any

from undeterred.domain.lifecycle import experiments as experiment_states
from undeterred.domain.lifecycle import trials as trial_states
from undeterred.domain.search import searcher
from undeterred.domain.search.values import Action, Create, Failed, Shutdown, State, Stop, TrialProgress
from undeterred.services import lives as moves
from undeterred.store import lives, search_events, searches, trials
from undeterred.store.db import Tx
from undeterred.store.lives import ExperimentLife
from undeterred.terms import ExperimentState, TrialState


def step(tx: Tx, experiment_id: int) -> bool:
    """Handle what is unread of one experiment, at most a batch; true if there may be more."""
    events = search_events.unread(tx, experiment_id)
    experiment, text = lives.experiment(tx, experiment_id), searches.state(tx, experiment_id)
    if not events:
        return False
    if experiment is not None and text is not None and experiment.state in (ExperimentState.ACTIVE, ExperimentState.PAUSED):
        config, old = json.loads(experiment.config), searcher.load(text)
        state: State = old
        actions: list[Action] = []
        for _number, event in events:
            state, more = searcher.handle(config, state, event)
            actions += more
        if state is not old:
            searches.store(tx, experiment_id, searcher.dump(state))
        if any(isinstance(event, TrialProgress) for _number, event in events):
            shown = searcher.progress(config, state)
            if 0 <= shown <= 1:  # a trial may tell any number; the experiment shows none of them that is no progress
                searches.set_progress(tx, experiment_id, shown)
        _act(tx, experiment, actions)
    search_events.done(tx, experiment_id, events[-1][0])
    return True


def _act(tx: Tx, experiment: ExperimentLife, actions: list[Action]) -> None:
    created, error = False, ""
    state = ExperimentState(experiment.state)
    for action in actions:
        match action:
            case Create():
                _create(tx, experiment, action)
                created = True
            case Stop():
                _stop(tx, experiment, action.request_id)
            case Shutdown():
                state = experiment_states.after_shutdown(state, action.cancel, action.failure)
            case Failed():
                state, error = experiment_states.after_error(state), action.text
    if state != experiment.state:
        lives.move_experiment(tx, experiment.id, experiment.state, state)
    if created or state != experiment.state:
        moves.advance(tx, experiment.id, error)
        tx.ring(f"experiment:{experiment.id}")


def _create(tx: Tx, experiment: ExperimentLife, action: Create) -> None:
    parent = trials.parent(tx, experiment.id)
    assert parent is not None, "a search belongs to an experiment"
    trials.insert(
        tx,
        parent,
        action.request_id,
        json.dumps(action.hparams),
        state=experiment.state,
        seed=action.trial_seed,
        warm_start=lives.warm_start(tx, experiment.id),
        log_retention_days=experiment.log_retention_days,
    )


def _stop(tx: Tx, experiment: ExperimentLife, request_id: str) -> None:
    trial = lives.trial_by_request(tx, experiment.id, request_id)
    if trial is None:
        return
    after = trial_states.stopped(TrialState(trial.state))
    changes: dict[str, Any] = {"stopped_by_search": 1}
    if after != trial.state and lives.move_trial(tx, trial.id, trial.state, after, **changes):
        current = lives.trial(tx, trial.id)
        if current is not None:
            moves.steer(tx, experiment, current)
