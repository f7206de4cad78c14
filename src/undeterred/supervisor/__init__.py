"""The small program beside every task: claims its start, isolates, runs, ships logs, keeps the exit record.

Standard library only, and nothing of the other rooms: it must start in a blink, outlive the master, and run on any Python 3.11 with
`python -I -S -E <this folder> <task folder>`. It decides nothing about experiments. The wire between it and the master is
"The supervisor's contract" in docs/ARCHITECTURE.md.
"""
