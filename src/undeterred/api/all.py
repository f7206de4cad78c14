"""Imports every module that declares handlers: the table of contents."""
