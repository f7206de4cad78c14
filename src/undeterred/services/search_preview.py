"""What a search would run, told before it is created."""

from typing import Any

from undeterred.config import experiment as language
from undeterred.domain.search.preview import TrialSummary, preview
from undeterred.errors import InvalidArgument
from undeterred.wire import experiment_search as wire

NUMBER_MAX = 2**31 - 1


def preview_search(config: dict[str, Any] | None) -> wire.SearchSummary:
    """The searcher in full and its trials, shortest first. Raises InvalidArgument."""
    document = config or {}
    if not isinstance(document, dict):
        raise InvalidArgument("config: an object is wanted")
    searcher = language.searcher(document)
    trials = preview({"searcher": searcher, "hyperparameters": language.hyperparameters(document)})
    return wire.SearchSummary(config=searcher, trials=[_summary(each) for each in trials])


def _summary(trial: TrialSummary) -> wire.TrialSummary:
    for number, what in ((trial.count, "trials"), (trial.value or 0, f"{trial.name} of training")):
        if number > NUMBER_MAX:
            raise InvalidArgument(f"invalid searcher configuration: a preview tells numbers up to {NUMBER_MAX}, not {number} {what}")
    unit = wire.SearchUnit(max_length=trial.max_length)
    if trial.name is not None and trial.value is not None:
        unit.name, unit.value = trial.name, trial.value
    return wire.TrialSummary(count=trial.count, unit=unit)
