"""Roles x permissions -> yes, no, invisible. Values in, values out; who the caller is and what a thing belongs to is found by the services."""
