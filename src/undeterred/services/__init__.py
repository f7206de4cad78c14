"""The verbs, a module per noun: plain functions (tx, who, request) -> answer, each one transaction. A service decides with `domain`, keeps with
`store`, and wakes a loop by `tx.ring(topic)`; it never awaits, speaks HTTP or starts a process.
"""
