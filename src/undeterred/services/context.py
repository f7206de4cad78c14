"""What handlers and loops share: the store, the settings, the present callers. Nothing here is truth; a cache may be dropped at any moment."""

from typing import Any

from undeterred.services import cluster_messages, identity
from undeterred.services.cluster_messages import Kept
from undeterred.services.drawn import Drawn
from undeterred.services.experiment_config import Layers
from undeterred.services.experiment_index import ExperimentIndex
from undeterred.services.identity import Caller
from undeterred.services.master_log import MasterLog
from undeterred.services.search_views import SearchViews
from undeterred.services.settings import Settings
from undeterred.store.db import Database

CALLERS_MAX = 20_000


class Context:
    """Built once by master.py. `stopping` turns true when the master begins to end."""

    def __init__(self, db: Database, settings: Settings, log: MasterLog | None = None) -> None:
        self.db = db
        self.bell = db.bell
        self.settings = settings
        self.log = log or MasterLog()
        self.stopping = False
        self.layers = Layers(settings)
        self.experiment_index = ExperimentIndex(db)
        self.search_views = SearchViews(db)
        self.drawn = Drawn()
        self.turns: dict[str, Any] = {}  # the loops' last turns, for /debug/loops
        self._callers: dict[str, Caller] = {}
        self._generation = 0
        self.bell.always(identity.SESSIONS, self._forget_callers)
        self._message: tuple[int, Kept | None] = (-1, None)  # read in which generation, and what it was
        self._message_generation = 0
        self.bell.always(cluster_messages.TOPIC, self._forget_message)

    async def identify(self, token: str, now_us: int) -> Caller:
        """The caller behind a token, remembered until any session changes."""
        hashed = identity.token_hash(token)
        caller = self._callers.get(hashed)
        if caller is not None and (not caller.expires_at or caller.expires_at > now_us):
            return caller
        generation = self._generation
        caller = await self.db.read(identity.find, hashed)
        if generation == self._generation and len(self._callers) < CALLERS_MAX:
            self._callers[hashed] = caller
        return caller

    async def message(self) -> Kept | None:
        """The message to everybody, remembered until it changes."""
        generation, found = self._message
        if generation != self._message_generation:
            generation = self._message_generation
            found = await self.db.read(cluster_messages.kept)
            self._message = generation, found
        return found

    def _forget_message(self) -> None:
        self._message_generation += 1

    def _forget_callers(self) -> None:
        self._callers = {}
        self._generation += 1
