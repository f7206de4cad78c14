"""The search: which trials to make, which to stop, and when the experiment is over. (config, state, event) -> (state, actions).

It never touches a clock, a database or a random source of its own: all chance comes from the experiment's seed, bit for bit as numpy's
RandomState gives it. `searcher` has the three functions others call (start, handle, progress); a method lives in a file of its own.
"""
