"""The loops, in the order in which they are turned first."""

from undeterred.loops.runner import Loop

LOOPS: tuple[Loop, ...] = ()
