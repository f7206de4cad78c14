"""Where a browser lands while there is no web UI: one page that needs nothing from elsewhere, and the redirects that lead to it."""

import base64
import hashlib
import html
import re
from functools import cache
from pathlib import Path

from undeterred.api.docs import cached
from undeterred.api.serve import Answer, Request, route
from undeterred.errors import NotFound
from undeterred.services.context import Context

PAGE = Path(__file__).parent / "pages" / "landing.html"


@route("GET", "/", public=True)
async def root(_ctx: Context, _request: Request) -> Answer:
    return _to(b"/det")


@route("GET", "/det", public=True)
async def without_slash(_ctx: Context, _request: Request) -> Answer:
    return _to(b"/det/")


@route("GET", "/det/design", public=True)
async def design(_ctx: Context, _request: Request) -> Answer:
    return _to(b"/det/design/")


@route("GET", "/det/customer-assets/logo", public=True)
async def logo(_ctx: Context, _request: Request) -> Answer:
    raise NotFound("Not Found")


@route("GET", "/det/{rest...}", public=True)
async def landing(ctx: Context, request: Request) -> Answer:
    page, policy = _page()
    body = page.replace("ADDRESS", html.escape(_address(ctx, request))).encode()
    return cached(request, body, "text/html; charset=utf-8", b"no-cache", policy)


def _to(place: bytes) -> Answer:
    return Answer(status=301, content_type="text/plain", headers=[(b"location", place)])


def _address(ctx: Context, request: Request) -> str:
    """The address under which the browser reached us, if it says a plain one."""
    host = request.headers.get(b"host", b"").decode("latin-1")
    return f"http://{host}" if re.fullmatch(r"[A-Za-z0-9.\-:\[\]]{1,255}", host) else ctx.settings.url


@cache
def _page() -> tuple[str, str]:
    """The page's text, and a policy that lets it load nothing but its own style."""
    text = PAGE.read_text(encoding="utf-8")
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None, "the page has a style"
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    return text, f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
