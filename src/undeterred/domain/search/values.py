"""What goes into a search and what comes out: state, events, actions, and the part of the configuration that it reads."""

from typing import Any

import msgspec

from undeterred.errors import InvalidArgument
from undeterred.terms import EarlyExit

VERSION = 1

HParams = dict[str, Any]
Entry = tuple[float, int]
"""A signed metric (smaller is better) and the number of the trial that reported it."""
Rung = list[Entry]
"""Ascending by metric; a later equal value stands before an earlier one."""


class Searcher(msgspec.Struct, frozen=True):
    """The `searcher` section; a method reads its own fields. max_concurrent_trials 0: no limit."""

    name: str
    metric: str = ""
    smaller_is_better: bool = True
    max_trials: int = 1
    max_concurrent_trials: int = 16
    num_rungs: int = 1
    divisor: float = 4.0
    max_time: float | None = None
    time_metric: str | None = None
    mode: str = "standard"
    max_rungs: int = 5
    bracket_rungs: list[int] | None = None


class Config(msgspec.Struct, frozen=True):
    """The two sections of a merged experiment configuration that a search reads."""

    searcher: Searcher
    hyperparameters: HParams = {}

    @classmethod
    def of(cls, config: dict[str, Any]) -> "Config":
        """Raises InvalidArgument where a field has the wrong type."""
        try:
            return msgspec.convert({"searcher": config["searcher"], "hyperparameters": config.get("hyperparameters") or {}}, cls)
        except (KeyError, msgspec.ValidationError) as error:
            raise InvalidArgument("invalid searcher configuration", str(error)) from error


class Trial(msgspec.Struct, frozen=True, array_like=True):
    """What a search remembers of a trial. number: 0, 1, ... in order of creation; bracket, rung: of the ASHA methods, else 0."""

    number: int
    bracket: int = 0
    rung: int = 0
    progress: float = 0.0
    stopped: bool = False
    closed: bool = False


class Ladders(msgspec.Struct, frozen=True, tag="ladders"):
    """Memory of the ASHA methods: the rungs of each bracket, lowest first."""

    brackets: list[list[Rung]]


Memory = Ladders | None
"""What a method remembers beyond its trials; a new method adds its own struct, with a tag, to this union."""


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """A search between two events. trials: by request id, in order of creation; drawn: random words used so far."""

    seed: int
    version: int = VERSION
    drawn: int = 0
    trials: dict[str, Trial] = {}
    failures: int = 0
    cancels: int = 0
    ended: bool = False
    memory: Memory = None

    @property
    def closed(self) -> int:
        """How many trials have ended."""
        return sum(trial.closed for trial in self.trials.values())


# Events


class TrialCreated(msgspec.Struct, frozen=True, tag=True):
    """The trial's row exists. Nothing depends on it: a trial counts from its Create on."""

    request_id: str


class ValidationCompleted(msgspec.Struct, frozen=True, tag=True):
    """A validation was reported; metrics: its values by name (NaN and infinities as numbers or as JSON's texts)."""

    request_id: str
    metrics: dict[str, Any]


class TrialProgress(msgspec.Struct, frozen=True, tag=True):
    """The user's code says how far it is, normally 0..1."""

    request_id: str
    progress: float


class TrialExited(msgspec.Struct, frozen=True, tag=True):
    """The trial is COMPLETED."""

    request_id: str


class TrialExitedEarly(msgspec.Struct, frozen=True, tag=True):
    """The trial is ERROR or CANCELED; no TrialExited needs to follow (one that does changes nothing)."""

    request_id: str
    reason: EarlyExit


Event = TrialCreated | ValidationCompleted | TrialProgress | TrialExited | TrialExitedEarly

# Actions


class Create(msgspec.Struct, frozen=True, tag=True):
    """Make a trial. request_id: a UUID; trial_seed: 0 .. 2^31-1."""

    request_id: str
    hparams: HParams
    trial_seed: int


class Stop(msgspec.Struct, frozen=True, tag=True):
    """The trial has done enough: STOPPING_COMPLETED."""

    request_id: str


class Shutdown(msgspec.Struct, frozen=True, tag=True):
    """The search is over. failure: every trial failed; cancel: every trial was cancelled; neither: the experiment is COMPLETED."""

    cancel: bool = False
    failure: bool = False


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The search cannot go on: the experiment ends in ERROR for this reason."""

    text: str


Action = Create | Stop | Shutdown | Failed
