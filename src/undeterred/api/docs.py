"""The API playground: Swagger UI at /docs/rest-api/ over the document made from our own declarations. Nothing on the page comes from elsewhere.

Swagger UI's files are taken from the installed wheel `flask-swagger-ui`, which is found and never imported (docs/decisions/0001-http-stack.md).
"""

import asyncio
import hashlib
import importlib.util
import zlib
from functools import cache
from pathlib import Path

import msgspec

from undeterred.api.serve import Answer, Request, route
from undeterred.errors import NotFound, Unavailable
from undeterred.services.context import Context

HOME = "/docs/rest-api/"
OURS = Path(__file__).parent / "playground"
TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
WITH_THE_WHEEL = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
YEAR = b"public, max-age=31536000, immutable"


@route("GET", "/docs", public=True)
@route("GET", "/docs/{rest...}", public=True)
@route("GET", "/docs/rest-api", public=True)
async def to_the_playground(_ctx: Context, request: Request) -> Answer:
    if request.values.get("rest"):
        raise NotFound(f"there is no page at {request.path}; the API playground is at {HOME}")
    return Answer(status=301, content_type="text/plain", headers=[(b"location", HOME.encode())])


@route("GET", HOME + "{name...}", public=True)
async def page(_ctx: Context, request: Request) -> Answer:
    name = request.values["name"] or "index.html"
    if name not in TYPES:
        raise NotFound(f"there is no file called {name} here; the API playground is at {HOME}")
    body = await asyncio.to_thread(_read, name)
    lasting = name in WITH_THE_WHEEL and bool(request.query.get("v"))
    return cached(request, body, TYPES[name], YEAR if lasting else b"no-cache")


@route("GET", "/openapi.json", public=True)
@route("GET", "/api/v1/api.swagger.json", public=True)
async def document(_ctx: Context, request: Request) -> Answer:
    packed = await asyncio.to_thread(_packed_document)
    return cached(request, zlib.decompress(packed), "application/json", b"no-cache")


def cached(request: Request, body: bytes, content_type: str, caching: bytes, policy: str = POLICY) -> Answer:
    """The body, or 304 when the browser has it already."""
    tag = b'"' + hashlib.sha256(body).hexdigest()[:24].encode() + b'"'
    headers = [
        (b"etag", tag),
        (b"cache-control", caching),
        (b"content-security-policy", policy.encode()),
        (b"referrer-policy", b"no-referrer"),
    ]
    if request.headers.get(b"if-none-match") == tag:
        return Answer(status=304, content_type=content_type, headers=headers)
    return Answer(body, content_type=content_type, headers=headers)


@cache
def _packed_document() -> bytes:
    """The OpenAPI document: made when it is first asked for (0.1 s), kept as 50 kB. What makes it is not loaded before."""
    from undeterred.wire.openapi import openapi_document

    return zlib.compress(msgspec.json.encode(openapi_document()), 9)


def _read(name: str) -> bytes:
    if name not in WITH_THE_WHEEL:
        return (OURS / name).read_bytes().replace(b"VERSION", _version().encode())
    try:
        return (_wheel() / name).read_bytes()
    except OSError as error:
        raise Unavailable(
            f"Swagger UI's file {name} is not installed: `pip install --force-reinstall flask-swagger-ui` mends it"
        ) from error


@cache
def _wheel() -> Path:
    """Where Swagger UI's files lie."""
    spec = importlib.util.find_spec("flask_swagger_ui")
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable("Swagger UI is not installed: `pip install flask-swagger-ui` brings it; /openapi.json is served without it")
    return Path(spec.submodule_search_locations[0]) / "dist"


def _version() -> str:
    """Swagger UI's version, as its URLs have it."""
    try:
        return (_wheel() / "VERSION").read_text().strip()
    except OSError:
        return "0"
