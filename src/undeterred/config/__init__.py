"""Decides what a configuration means: the experiment language (YAML 1.1, version 0) and the master's own file.

Text and values in, values out. This room never sees a database, a clock or a source of randomness: seed, name and pool are arguments.
"""
