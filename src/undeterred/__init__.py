"""Undeterred: a training cluster, wire-compatible with Determined AI 0.38.1."""

__version__ = "0.1.0"
REFERENCE_VERSION = "0.38.1"
