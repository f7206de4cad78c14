"""Imports every module that declares handlers: the table of contents."""

import undeterred.api.auth  # noqa: F401
import undeterred.api.cluster  # noqa: F401
import undeterred.api.tokens  # noqa: F401
import undeterred.api.user_settings  # noqa: F401
import undeterred.api.users  # noqa: F401
