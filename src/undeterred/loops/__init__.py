"""The reconcilers: each looks at the rows, decides with `domain`, commits, then acts. Nothing is handed to a loop and it keeps nothing, so that
a crash costs a turn. `runner.py` turns them.
"""
