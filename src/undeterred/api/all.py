"""Imports every module that declares handlers: the table of contents."""

import undeterred.api.auth
import undeterred.api.cluster
import undeterred.api.supervision
import undeterred.api.tokens
import undeterred.api.user_settings
import undeterred.api.users  # noqa: F401
