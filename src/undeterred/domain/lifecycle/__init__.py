"""Life cycles: which states follow which, what a verb or an exit does to them, and the texts that go with it.

Decides what comes next for experiments, trials, allocations and checkpoints; never carries it out, and reads no clock or row.
"""
