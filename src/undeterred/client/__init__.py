"""Sends any declared endpoint: `Session(url, token).call(get_experiment, GetExperimentRequest(experiment_id=1))`, or `AsyncSession` with await.

It knows how a request is written and an answer read; what the calls mean is for those who use it. Standard library only.
"""

from undeterred.client.aio import AsyncSession
from undeterred.client.session import Session

__all__ = ["AsyncSession", "Session"]
