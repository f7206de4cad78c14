"""The loops, in the order in which they are turned first."""

from undeterred.loops import allocations, schedule, search, sweep, trials
from undeterred.loops.runner import Loop

LOOPS = (
    Loop("allocations", ("allocations",), allocations.OBSERVE_S, allocations.activate),
    Loop("search", ("search",), 60.0, search.activate),
    Loop("trials", ("trials",), 60.0, trials.activate),
    Loop("schedule", ("schedule",), 60.0, schedule.activate),
    Loop("sweep", ("sweep",), sweep.PERIOD_S, sweep.activate),
)
