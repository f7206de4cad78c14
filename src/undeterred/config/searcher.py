"""The search methods: what each may be told, and which of them new experiments may still use."""

from typing import Any

from undeterred.config.schema import INT_MAX, Field, Json, Kind, ListOf, Record, Scalar, Variant, type_problem

_PROBLEM = "is not an object where object[\"name\"] is one of 'single', 'random', 'grid', 'custom', or 'adaptive_asha'"
REMOVED = ("sync_halving", "adaptive", "adaptive_simple", "custom")
_TIMED = ("async_halving", "adaptive_asha")


class Length(Kind):
    """A stretch of training: {batches: n}, {records: n} or {epochs: n}; in old searchers a bare number too."""

    types = "object"

    def __init__(self, positive: bool = False, bare: bool = False) -> None:
        self.number = Scalar("integer", nullable=False, above=0) if positive else Scalar("integer", nullable=False, least=0)
        self.bare = bare

    def check(self, value: Json, path: str, out: list[str], final: bool = False) -> None:
        if value is None:
            return
        if self.bare and type(value) is int:
            self.number.check(value, path, out)
        elif type(value) is not dict:
            out.append(type_problem(path, "object or integer or null" if self.bare else "object or null", value))
        else:
            told = {name: item for name, item in value.items() if item is not None}
            if len(told) != 1 or not told.keys() <= {"batches", "records", "epochs"}:
                out.append(f'{path}: a length object must have one attribute named "batches", "records", or "epochs"')
            else:
                [(name, item)] = told.items()
                self.number.check(item, f"{path}.{name}", out)

    def normal(self, value: Json) -> Json:
        return value if type(value) is int else {name: item for name, item in value.items() if item is not None}

    def merge(self, high: Json, low: Json) -> Json:
        return high


def _count(default: int | None = None, least: int = 1, needed: bool = False, hidden: bool = False) -> Field:
    return Field(Scalar("integer", least=least), default, in_the_end=needed, hidden=hidden)


_WORD = Field(Scalar("string"))
_COMMON = {
    "metric": Field(Scalar("string"), in_the_end=True),
    "smaller_is_better": Field(Scalar("boolean"), True),
    "source_trial_id": Field(Scalar("integer", most=INT_MAX)),
    "source_checkpoint_uuid": _WORD,
}
_OLD_LENGTH = Field(Length(positive=True, bare=True), hidden=True)
_EVERY = {"name": Field(Kind())} | _COMMON | {"max_length": _OLD_LENGTH}
_AT_ONCE = {"max_concurrent_trials": _count(16, least=0)}
_MODE = {"mode": Field(Scalar("string", choices=("aggressive", "standard", "conservative")), "standard")}
_DIVISOR = {"divisor": Field(Scalar("number", above=1), 4)}
_RUNGS = {"max_rungs": _count(5)} | _MODE | _DIVISOR
_BRACKETS = {"bracket_rungs": Field(ListOf(Scalar("integer", nullable=False, least=1)), [])}
_TIME = {"time_metric": _WORD, "max_time": _count()}
_ONCE = {"stop_once": Field(Scalar("boolean"), hidden=True)}
_TRIALS = {"max_trials": _count(needed=True)}
_NUM_RUNGS = {"num_rungs": _count(needed=True)}
_BUDGET = {"budget": Field(Length(positive=True)), "train_stragglers": Field(Scalar("boolean"), True)}

SEARCHER = Variant(
    "name",
    {
        "single": Record(_EVERY),
        "random": Record(_EVERY | _TRIALS | _AT_ONCE),
        "grid": Record(_EVERY | _AT_ONCE),
        "async_halving": Record(_EVERY | _NUM_RUNGS | _TRIALS | _DIVISOR | _AT_ONCE | _TIME | _ONCE),
        "adaptive_asha": Record(_EVERY | _TRIALS | _BRACKETS | _RUNGS | _AT_ONCE | _TIME | _ONCE),
        "sync_halving": Record(_EVERY | _NUM_RUNGS | _DIVISOR | _BUDGET),
        "adaptive": Record(_EVERY | _BRACKETS | _RUNGS | _BUDGET),
        "adaptive_simple": Record(_EVERY | _TRIALS | _RUNGS),
        "custom": Record(_EVERY, open=True),
    },
    _COMMON,
    _PROBLEM,
)


def not_current(searcher: dict[str, Any]) -> str | None:
    """The sentence that refuses a complete searcher for new experiments, or None."""
    name = searcher["name"]
    if name in REMOVED:
        return f"the '{name}' searcher has been removed and is not valid for new experiments"
    if name in _TIMED and (searcher.get("max_time") is None or searcher.get("time_metric") is None):
        return f"the `{name}` searcher requires `max_time` and `time_metric` to be set"
    return None


def warnings(searcher: dict[str, Any]) -> list[str]:
    """What an old searcher says in vain."""
    return [
        f"searcher.{name} means nothing any more: a trial trains for as long as its own code says"
        for name in ("max_length", "stop_once")
        if searcher.get(name) is not None
    ]
