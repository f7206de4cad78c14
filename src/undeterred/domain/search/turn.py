"""One step of a search while it is being made: a private copy of the state that methods write to, and the actions so far."""

import uuid

import msgspec

from undeterred.domain.search.numpy_random import NumpyRandom
from undeterred.domain.search.space import sample
from undeterred.domain.search.values import Action, Config, Create, Failed, HParams, Memory, State, Stop, Trial
from undeterred.terms import EarlyExit


class Turn:
    """What a method works with in one step; `done` gives the state after it."""

    def __init__(self, config: Config, state: State) -> None:
        self.config = config
        self.searcher = config.searcher
        self.trials: dict[str, Trial] = dict(state.trials)
        self.memory: Memory = state.memory
        self.actions: list[Action] = []
        self.failed = False
        self._before = state
        self._random: NumpyRandom | None = None
        self._failures = state.failures
        self._cancels = state.cancels

    @property
    def random(self) -> NumpyRandom:
        """The experiment's stream, where the last step left it."""
        if self._random is None:
            self._random = NumpyRandom(self._before.seed, self._before.drawn)
        return self._random

    def create(self, hparams: HParams | None = None, bracket: int = 0) -> None:
        """Ask for a trial: hyperparameters (sampled unless given), request id and seed are drawn in this order."""
        values = sample(self.config.hyperparameters, self.random) if hparams is None else hparams
        request_id = str(uuid.UUID(bytes=self.random.octets(16), version=4))
        trial_seed = self.random.integers(0, 1 << 31)
        self.trials[request_id] = Trial(number=len(self.trials), bracket=bracket)
        self.actions.append(Create(request_id, values, trial_seed))

    def stop(self, request_id: str) -> None:
        """Tell a trial that it has done enough."""
        self.trials[request_id] = msgspec.structs.replace(self.trials[request_id], stopped=True)
        self.actions.append(Stop(request_id))

    def fail(self, text: str) -> None:
        """End the search with an error."""
        self.failed = True
        self.actions.append(Failed(text))

    def place(self, request_id: str, rung: int) -> None:
        """Remember the rung that a trial works on."""
        if rung != self.trials[request_id].rung:
            self.trials[request_id] = msgspec.structs.replace(self.trials[request_id], rung=rung)

    def advance(self, request_id: str, progress: float) -> None:
        """Remember a trial's own progress."""
        self.trials[request_id] = msgspec.structs.replace(self.trials[request_id], progress=progress)

    def close(self, request_id: str, reason: EarlyExit | None) -> None:
        """Count a trial as ended."""
        self.trials[request_id] = msgspec.structs.replace(self.trials[request_id], closed=True)
        self._failures += reason is EarlyExit.ERRORED
        self._cancels += reason is EarlyExit.USER_CANCELED

    def done(self) -> State:
        """The state after this step; the one before it where nothing was written."""
        if self.trials == self._before.trials and self.memory is self._before.memory and not self.failed:
            return self._before
        return msgspec.structs.replace(
            self._before,
            drawn=self._random.drawn if self._random else self._before.drawn,
            trials=self.trials,
            failures=self._failures,
            cancels=self._cancels,
            memory=self.memory,
            ended=self.failed,
        )
