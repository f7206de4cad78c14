"""Handlers, a module per noun, 3-8 lines each: take the request, call one thing, return its message. `bind.py` joins endpoints to HTTP,
`routing.py` finds them, `render.py` alone knows how errors look."""
