"""Imports every module that declares handlers: the table of contents."""

from undeterred.api import auth  # noqa: F401
from undeterred.api import tokens  # noqa: F401
from undeterred.api import user_settings  # noqa: F401
from undeterred.api import users  # noqa: F401
