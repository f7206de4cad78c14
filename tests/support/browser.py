"""A headless Chromium spoken to by its DevTools protocol: open a page, run script in it, see every request it made.

It can reach loopback only: every other name resolves to nothing, and `requests` tells what was asked for.
"""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import connect

START_S = 90
FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1400,1000",
)


class PageError(AssertionError):
    """A script failed in the page, or what was waited for did not come."""


class Browser:
    """One tab. `requests` are the URLs asked for, `failures` those that did not arrive, `complaints` what scripts threw or logged as errors."""

    def __init__(self, chromium: str) -> None:
        self.requests: list[str] = []
        self.failures: list[str] = []
        self.complaints: list[str] = []
        self._urls: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._folder = Path(tempfile.mkdtemp(prefix="undeterred-browser-"))
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        command = [chromium, *FLAGS, *sandbox, f"--user-data-dir={self._folder}", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self._opened = ExitStack()
        self._opened.callback(self._end)
        try:
            self._attach()
        except BaseException:
            self._opened.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and remove its profile."""
        self._opened.close()

    def open(self, url: str, timeout_s: float = 60) -> None:
        """Go to a page and wait until it is loaded."""
        self._say("Page.navigate", url=url)
        self.wait_for(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'", timeout_s)

    def run(self, script: str) -> Any:
        """The value of an expression in the page (a promise is awaited), as JSON has it. Raises PageError if it throws."""
        answer = self._say("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(f"{script}: {details.get('exception', {}).get('description') or details['text']}")
        return answer["result"].get("value")

    def wait_for(self, condition: str, timeout_s: float = 40) -> Any:
        """Evaluate an expression until it is true; gives its value. Raises PageError with what the page complained of."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = self.run(condition)
            if found:
                return found
            time.sleep(0.05)
        raise PageError(f"not true in {timeout_s} s: {condition}; complaints: {self.complaints}; failed requests: {self.failures}")

    def click(self, selector: str) -> None:
        """Click the first element of a CSS selector, once it is there."""
        self.wait_for(f"document.querySelector({json.dumps(selector)}) !== null")
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector: str, text: str) -> None:
        """Put text into the field of a CSS selector as a person would, so that the page's own scripts notice."""
        self.wait_for(f"document.querySelector({json.dumps(selector)}) !== null")
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self._say("Input.insertText", text=text)

    def _attach(self) -> None:
        """Speak to the one tab that the browser began with."""
        self._socket = self._opened.enter_context(connect(self._address(), max_size=64 * 2**20, proxy=None))
        self._session = ""
        targets = self._say("Target.getTargets")["targetInfos"]
        page = next(target["targetId"] for target in targets if target["type"] == "page")
        self._session = self._say("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self._say(f"{domain}.enable")

    def _address(self) -> str:
        told, deadline = self._folder / "DevToolsActivePort", time.monotonic() + START_S
        while time.monotonic() < deadline and self._process.poll() is None:
            lines = told.read_text().splitlines() if told.exists() else []
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            time.sleep(0.05)
        raise PageError(f"Chromium did not start (status {self._process.poll()})")

    def _say(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": self._session} if self._session else {})
        self._socket.send(json.dumps(message))
        while True:
            heard = json.loads(self._socket.recv(timeout=30))
            if heard.get("id") == number:
                if "error" in heard:
                    raise PageError(f"{method}: {heard['error']['message']}")
                return dict(heard["result"])
            self._note(heard.get("method", ""), heard.get("params", {}))

    def _note(self, event: str, params: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self._urls[params["requestId"]] = params["request"]["url"]
            self.requests.append(params["request"]["url"])
        elif event == "Network.loadingFailed":
            self.failures.append(f"{self._urls.get(params['requestId'])}: {params['errorText']}")
        elif event == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif event == "Runtime.consoleAPICalled" and params["type"] == "error":
            self.complaints.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
