"""The one place where everything is built and joined: a master from its start to its end.

`python -m undeterred.master --data DIR …` is what `undeterred up` runs. The walk "kill -9 → recovery" begins in `run`: open the store, take the
lease, turn every loop once; there is no other recovery code.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import resource
import signal
import socket
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

import undeterred.api.all  # noqa: F401 - declares every handler
from undeterred import REFERENCE_VERSION, __version__
from undeterred.api.bind import App
from undeterred.api.cluster import LOG_LEVELS
from undeterred.api.cors import Application, Cors
from undeterred.config import master as master_config
from undeterred.config import places
from undeterred.config.master import MasterConfig
from undeterred.errors import FailedPrecondition, WireError
from undeterred.loops import allocations
from undeterred.loops import ending as ending_of_tasks
from undeterred.loops.all import LOOPS
from undeterred.loops.runner import Runner
from undeterred.loops.world import World
from undeterred.runtimes.build import build_runtimes
from undeterred.services import bootstrap
from undeterred.services.context import Context
from undeterred.services.master_log import CONTROL, MasterLog
from undeterred.services.settings import Settings, is_loopback
from undeterred.store import lease
from undeterred.store.lease import FolderLock
from undeterred.store.open import open_store
from undeterred.wire.registry import ENDPOINTS
from undeterred.wire.supervision import INTERNAL_ENDPOINTS

log = logging.getLogger("undeterred.master")
KEEP_ALIVE_S = 120
GRACE_S = 2
LOOK_S = 1.0  # between two looks whether the data folder is still there
FILES_MAX = 65536


def main(argv: list[str] | None = None) -> int:
    """Run a master until SIGTERM; 0 after a clean end, 1 with a sentence on standard error when it cannot start."""
    arguments = _arguments(argv)
    _open_many()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    kept = MasterLog()
    logging.basicConfig(level=logging.INFO, handlers=[handler, kept])
    try:
        config = _config(arguments, os.environ)
        kept.hide(config)
        logging.getLogger().setLevel(LOG_LEVELS[config.log.level])
        uvloop.run(run(config, places.data_folder(config.data), arguments.stop_tasks, kept))
    except WireError as error:
        print(f"undeterred: {error.text}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


async def run(config: MasterConfig, data: Path, stop_tasks: bool, kept: MasterLog) -> None:
    """Build the master, serve until told to stop, end cleanly. kept: its log for those who ask over the wire."""
    log.info("Undeterred %s speaks the API of Determined %s (process %d)", __version__, REFERENCE_VERSION, os.getpid())
    _make_folder(data)
    with _written(data):
        lock = FolderLock(data)
    listener = _listen(config)
    db = open_store(data, config.db_url)
    try:
        settings = await db.write(_begin, config, data, _reachable(config, listener))
        db.epoch = settings.epoch
        ctx = Context(db, settings, kept)
        kept.wake(ctx.bell)
        with _written(data):
            runtimes = build_runtimes(config, data, settings.epoch)
        log.info(
            "cluster %s on %s, pools: %s", settings.cluster_id, "PostgreSQL" if config.db_url else "SQLite", ", ".join(runtimes) or "none"
        )
        world = World(ctx, runtimes)
        await allocations.register(world)
        runner = Runner(world, LOOPS)
        ctx.turns = runner.turns
        app: Application = App(ctx, (*ENDPOINTS, *INTERNAL_ENDPOINTS))
        if config.enable_cors:
            app = Cors(app)
        await _serve(world, app, runner, listener, stop_tasks, lock)
        if not lock.in_place():
            raise FailedPrecondition(
                f"the data folder {data} was moved or removed under the running master, which ended: "
                "start again with --data naming the place where it is now"
            )
    finally:
        db.close()
        (data / "master.json").unlink(missing_ok=True)
        lock.release()


async def _serve(world: World, app: Application, runner: Runner, listener: socket.socket, stop_tasks: bool, lock: FolderLock) -> None:
    """Turn the loops and answer requests until SIGTERM, SIGINT or SIGHUP; SIGUSR1, or `stop_tasks`, ends running tasks first."""
    ctx = world.ctx
    server = _Server(
        uvicorn.Config(
            app,
            http="httptools",
            loop="none",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
            backlog=2048,
        )
    )

    def stop() -> None:
        ctx.stopping = True
        server.should_exit = True
        ctx.bell.ring_all()

    async def watch() -> None:
        while lock.in_place():  # noqa: ASYNC110 - nothing tells of a folder that goes
            await asyncio.sleep(LOOK_S)
        stop()  # what is acknowledged now would be found by nobody

    ending: list[asyncio.Task[None]] = []  # a second signal ends without waiting for tasks

    def stop_all() -> None:
        if ending:
            stop()
        else:
            ending.append(asyncio.create_task(_end_tasks(world, runner, stop)))

    loop = asyncio.get_running_loop()
    closed = [signal.SIGHUP] if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN else []  # nohup wants it ignored
    for number in (signal.SIGTERM, signal.SIGINT, *closed):
        loop.add_signal_handler(number, stop_all if stop_tasks else stop)
    loop.add_signal_handler(signal.SIGUSR1, stop_all)
    with _written(ctx.settings.data):
        _announce(ctx.settings)
    runner.start()
    gc.collect()
    gc.freeze()
    watching = asyncio.create_task(watch(), name="folder")
    try:
        await server.serve(sockets=[listener])
    finally:
        for task in (watching, *ending):
            task.cancel()
        await asyncio.gather(watching, *ending, return_exceptions=True)
        await runner.stop()


async def _end_tasks(world: World, runner: Runner, stop: Callable[[], None]) -> None:
    """Let the loops stand still, end every task while supervisors can still report, then stop."""
    try:
        await runner.stop()
        left = await ending_of_tasks.stop_tasks(world)
        if left:
            log.warning("%d tasks did not end in time; the next master takes them up", left)
    except Exception:
        log.exception("tasks could not be ended; the next master takes them up")
    finally:
        stop()


class OneLine(logging.Formatter):
    """A message is one line of the log, whatever a client's text in it holds; a traceback comes after it as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = record.message.translate(CONTROL)
        return super().formatMessage(record)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the master ends everything in its order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _begin(tx: Any, config: MasterConfig, data: Path, url: str) -> Settings:
    """Become the store's master; on an empty store make what every cluster has."""
    master_id = str(uuid.uuid4())
    epoch = lease.take(tx, f"{socket.gethostname()}:{os.getpid()}")
    facts = bootstrap.first_start(tx, config)
    if not is_loopback(config.host):
        exposed = bootstrap.blank_password_users(tx)
        if exposed:
            raise FailedPrecondition(
                f"listening on {config.host} is refused while {' and '.join(exposed)} have a blank password: anybody could run code here. "
                "Start on 127.0.0.1 and run `det user change-password` for each, or set security.initial_user_password before the first start"
            )
    return Settings(
        config=config,
        data=data,
        url=url,
        cluster_id=facts["cluster_id"],
        master_id=master_id,
        cluster_name=config.cluster_name,
        epoch=epoch,
        started_at=tx.now,
    )


def _announce(settings: Settings) -> None:
    """Tell supervisors and people where the master is."""
    facts = {
        "url": settings.url,
        "pid": os.getpid(),
        "epoch": settings.epoch,
        "master_id": settings.master_id,
        "started_at": settings.started_at,
    }
    path = settings.data / "master.json"
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(facts))
    fresh.rename(path)
    log.info("listening on %s, data in %s, epoch %d", settings.url, settings.data, settings.epoch)


def _listen(config: MasterConfig) -> socket.socket:
    """The bound socket; FailedPrecondition with the way out when the port is taken."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, else nobody switches Nagle off
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if config.host == "::":
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # every address, whatever the machine's habit
    try:
        listener.bind((config.host, config.port))
    except OSError as error:
        raise FailedPrecondition(f"cannot listen on {config.host}:{config.port} ({error.strerror}): {places.way_out(error)}") from error
    listener.set_inheritable(False)
    return listener


def _reachable(config: MasterConfig, listener: socket.socket) -> str:
    """The URL at which tasks on this machine reach the master: by a name or by IPv4 where that can be, for the reference's client and harness
    take no IPv6 address in a URL."""
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "127.0.0.1"}.get(config.host, config.host)
    if host == "::1" and places.names_v6_loopback("localhost"):
        host = "localhost"
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    if ":" in host and config.slots != 0:
        raise FailedPrecondition(
            f"tasks could not reach a master at {url}: the harness of {REFERENCE_VERSION} takes no IPv6 address in a URL. "
            "Listen on 127.0.0.1 or on :: (every address), or let /etc/hosts say `::1 localhost`"
        )
    return url


def _open_many() -> None:
    """Every waiting request holds a connection: as many as the machine lets us have, within reason."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, FILES_MAX)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _make_folder(data: Path) -> None:
    with _written(data):
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = data / f".probe-{os.getpid()}"
        try:
            probe.write_bytes(b"x")
        finally:
            probe.unlink(missing_ok=True)
        if data.stat().st_mode & 0o022:
            log.warning("others may write in the data folder %s, and so take the cluster over: `chmod 700 %s` mends it", data, data)


@contextlib.contextmanager
def _written(data: Path) -> Iterator[None]:
    """What is written at the start; FailedPrecondition with the reason where that cannot be."""
    try:
        yield
    except OSError as error:
        raise FailedPrecondition(
            f"the data folder {data} cannot be written ({error.strerror}): mend it or choose another with --data"
        ) from error


def _config(arguments: argparse.Namespace, environ: Mapping[str, str]) -> MasterConfig:
    text = None
    if arguments.config:
        try:
            text = Path(arguments.config).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FailedPrecondition(f"the configuration file {arguments.config} cannot be read: {error}") from error
    flags = {name: value for name in ("port", "host", "data", "slots") if (value := getattr(arguments, name)) is not None}
    return master_config.load(text, environ, flags)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="undeterred-master", description="An Undeterred master; `undeterred up` is the usual way to start one."
    )
    parser.add_argument("--data")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    parser.add_argument("--config")
    parser.add_argument("--slots", type=int)
    parser.add_argument("--stop-tasks", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
