"""Scheduling: (snapshot of a pool) -> plan of what to place where and whom to ask to leave; the order of the queue.

Never starts or stops anything, and holds no memory between two plans: what was decided is in the next snapshot.
"""
