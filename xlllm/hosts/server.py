"""The functions for Excel on the web, on Macs and on Windows: the web server that ``xlllm serve`` starts.

xlwings Server gives Excel the pages and the script of the add-in. In front of it stands a gate that lets nothing
through but those, and that hands calls to processes which can be ended when they take too long. No request leaves
anything behind: any number of servers may stand behind any balancer.
"""

from __future__ import annotations

import asyncio
import importlib.util
import ipaddress
import logging
import multiprocessing
import os
import re
import secrets
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from xlllm.errors import InputError, MissingProgramError
from xlllm.lazy import Lazy
from xlllm.registry import FORMULAS

uvicorn: Any = Lazy("uvicorn")
FILES = Path(__file__).parent / "server_files"
CALL = "/xlwings/custom-functions-call"
PAGES = {
    "/manifest",
    "/manifest.xml",
    "/manifest/download",
    "/taskpane.html",
    "/favicon.ico",
    "/xlwings/custom-functions-meta.json",
    "/xlwings/custom-functions-code.js",
    "/xlwings/custom-scripts-meta.json",
}
STATIC = re.compile(r"/static(/[\w@-][\w@.-]*)+")
"""Files of the add-in. No part of the path begins with a dot."""
SHORTEST_TOKEN = 16
MOST_CONNECTIONS = 2000
FIXED = {
    "ON_SERVER": "true",
    "PROJECT_DIR": str(FILES),
    "ENVIRONMENT": "prod",
    "APP_PATH": "",
    "STATIC_URL_PATH": "/static",
    "FUNCTIONS_NAMESPACE": "",  # =LLM_LOSS(…), kept in files as _xldudf_LLM_LOSS
    "ENABLE_SOCKETIO": "false",
    "ENABLE_HOTRELOAD": "false",
    "ENABLE_EXAMPLES": "false",
    "ENABLE_TESTS": "false",
    "ENABLE_WASM": "false",
    "ENABLE_HTMX": "false",
    "ENABLE_ALPINEJS_CSP": "false",
    "ENABLE_BOOTSTRAP": "false",
}
"""Settings of xlwings Server that are not to be changed."""
DEFAULTS = {
    "PROJECT_NAME": "xlllm",
    "MANIFEST_ID_PROD": "5f0c1f9e-6d4b-4c55-9d0a-6a2f1c7b8e31",
    "CUSTOM_FUNCTIONS_RETRY_CODES": "[502, 503]",  # what took too long once does so again
    "LOG_LEVEL": "WARNING",
}
WORDS = {
    "en": {
        "pane": "Token, and what the last errors mean",
        "token": "Token",
        "keep": "Keep",
        "errors": "What the last errors mean",
    },
    "ja": {
        "pane": "トークンと、直近のエラーの意味",
        "token": "トークン",
        "keep": "保存",
        "errors": "直近のエラーの意味",
    },
}
"""Of the task pane, by language."""
LICENCE = (
    "xlwings Server, which xlllm serve uses, is not open source: it is free for noncommercial use (PolyForm "
    "Noncommercial 1.0.0), other use needs a paid licence of xlwings PRO. Say which is yours: set XLWINGS_LICENSE_KEY "
    "to noncommercial or to the key you bought. Without it work the workbooks, xlllm eval, the LibreOffice add-in, "
    "Excel on Windows through classic xlwings (BSD) and xlwings Lite (free)"
)


_log = logging.getLogger(__name__)


class Limits(NamedTuple):
    """What one request may ask for."""

    seconds: float = 30.0
    """To compute. For a free process a call waits twice as long: until one that takes too long is ended."""
    megabytes: float = 16.0
    """The body of a call: about a million cells."""


# -- processes that compute --------------------------------------------------------------------------------------------
Answering = Callable[[bytes], tuple[int, str]]


class Calculator:
    """A process that answers calls one after the other. Unlike a thread it can be ended when it takes too long."""

    def __init__(self, context: Any, answering: Answering) -> None:
        self.context, self.answering = context, answering
        self._start()

    def _start(self) -> None:
        self.line, theirs = self.context.Pipe()
        self.process = self.context.Process(target=_compute, args=(theirs, self.answering), daemon=True)
        self.process.start()
        theirs.close()
        self.line.recv()  # it has loaded what it needs

    def reply(self, body: bytes, seconds: float) -> tuple[int, str]:
        try:
            self.line.send_bytes(body)
            if self.line.poll(seconds):
                status, text = self.line.recv()
                return status, text
            trouble = 504, f"took longer than {seconds:g} s and was ended: give it fewer cells"
        except (EOFError, OSError):
            trouble = 500, "the process that computed it ended: give it fewer cells"
        self.end()
        self._start()
        return trouble

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.line.close()


def _compute(line: Any, answering: Answering) -> None:
    """What a process does until the server hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the server's
    line.send("ready")
    while True:
        try:
            body = line.recv_bytes()
        except (EOFError, OSError):
            return
        line.send(tuple(answering(body)))


class Calculators:
    """A fixed number of processes, and a queue of calls before them."""

    def __init__(self, count: int, answering: Answering, limits: Limits) -> None:
        kind = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
        context: Any = multiprocessing.get_context(kind)
        if kind == "forkserver":
            context.set_forkserver_preload([answering.__module__])  # a process starts in a moment
        self.limits = limits
        self.all = [Calculator(context, answering) for _ in range(count)]
        self.idle: SimpleQueue[Calculator] = SimpleQueue()
        for each in self.all:
            self.idle.put(each)
        self.threads = ThreadPoolExecutor(count)

    async def reply(self, body: bytes) -> tuple[int, str]:
        waiting = self.threads.submit(self._reply, body)
        answer = asyncio.wrap_future(waiting)
        await asyncio.wait([answer], timeout=2 * self.limits.seconds)
        if waiting.cancel():
            return 503, "the server is busy: recalculate in a while"
        return await answer

    def _reply(self, body: bytes) -> tuple[int, str]:
        calculator = self.idle.get()
        try:
            return calculator.reply(body, self.limits.seconds)
        finally:
            self.idle.put(calculator)

    def end(self) -> None:
        self.threads.shutdown(wait=False, cancel_futures=True)
        for each in self.all:
            each.end()


# -- the gate ----------------------------------------------------------------------------------------------------------
Admit = Callable[[Request], Awaitable[None]]
"""Raises an HTTPException for who may not call."""


def front(pages: ASGIApp, calculators: Calculators, admit: Admit) -> Starlette:
    """The application: health, calls, and the pages of xlwings Server that the add-in needs."""
    most = int(calculators.limits.megabytes * 1e6)

    async def call(request: Request) -> Response:
        await admit(request)
        if not request.headers.get("content-type", "").startswith("application/json"):
            raise HTTPException(415, "a call must be application/json")
        try:
            async with asyncio.timeout(calculators.limits.seconds):
                body = await _body(request, most)
        except TimeoutError:
            raise HTTPException(408, "the call did not arrive in time") from None
        except ClientDisconnect:
            raise HTTPException(400, "the call did not arrive as a whole") from None
        status, text = await calculators.reply(body)
        kind = "application/json" if status == 200 else "text/plain"
        return Response(text, status, {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}, kind)

    @asynccontextmanager
    async def until_stopped(_: Starlette) -> AsyncIterator[None]:
        yield
        calculators.end()

    app = Starlette(
        routes=[Route("/", _health), Route("/health", _health), Route(CALL, call, methods=["POST"])],
        exception_handlers={Exception: _defect},
        lifespan=until_stopped,
    )
    app.router.default = _only_pages(pages)
    return app


async def _body(request: Request, most: int) -> bytes:
    """The whole body, unless it is too long. It is not read to its end to find that out."""
    declared = request.headers.get("content-length", "")
    parts, size = [], int(declared) if declared.isdecimal() else 0
    if size <= most:
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > most:
                break
            parts.append(part)
    if size > most:
        raise HTTPException(413, f"a call may have {most / 1e6:g} MB: give the function fewer cells")
    return b"".join(parts)


def _only_pages(pages: ASGIApp) -> ASGIApp:
    """Lets requests for the pages of the add-in through, and nothing else."""

    async def gate(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if path not in PAGES and not STATIC.fullmatch(path):
                await PlainTextResponse("there is no such page", 404)(scope, receive, send)
            elif scope["method"] not in ("GET", "HEAD"):
                await PlainTextResponse("only GET", 405)(scope, receive, send)
            else:
                await pages(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    return gate


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok", "version": version("xlllm"), "functions": len(FORMULAS)})


async def _defect(*_: Any) -> Response:
    """What is told of an exception, which uvicorn logs."""
    return PlainTextResponse("failed inside xlllm serve, which is a defect of it: please report it", 500)


# -- who may call ------------------------------------------------------------------------------------------------------
async def everybody(_: Request) -> None:
    """Only on an address that nobody else reaches."""


def with_token(token: str) -> Admit:
    """Those who send the token, as ``Authorization: TOKEN`` or ``Authorization: Bearer TOKEN``."""

    async def admit(request: Request) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not secrets.compare_digest(given.encode(), token.encode()):
            raise HTTPException(401, "this server asks for a token: enter it in the task pane of xlllm")

    return admit


async def by_provider(request: Request) -> None:
    """Those whom the providers of XLWINGS_AUTH_PROVIDERS know, with the roles of XLWINGS_AUTH_REQUIRED_ROLES."""
    dependencies: Any = Lazy("xlwings_server.dependencies")
    headers = request.headers
    try:
        user = await dependencies.authenticate(headers.get("authorization", ""), headers.get("auth-provider"))
        await dependencies.get_user(request, user)
    except HTTPException:
        raise
    except Exception:  # no way to Microsoft, or a token that its library cannot even read
        _log.exception("nobody could be signed in")
        raise HTTPException(503, "who you are could not be checked: try again later") from None


def admission(host: str) -> Admit:
    """Who may call a server at this address, as the environment says. Raises InputError if nobody would be asked."""
    token = os.environ.get("XLLLM_TOKEN", "")
    if token and (len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token):
        raise InputError(f"XLLLM_TOKEN must have {SHORTEST_TOKEN} or more letters and digits: {_NEW_TOKEN}")
    providers = os.environ.get("XLWINGS_AUTH_PROVIDERS", "").replace(" ", "")
    if providers == '["entraid"]':
        return by_provider
    if providers not in ("", "[]"):  # xlwings Server's own "custom" lets in whoever sends a published word
        raise InputError("XLWINGS_AUTH_PROVIDERS can be '[\"entraid\"]' here; or set XLLLM_TOKEN instead")
    if token:
        return with_token(token)
    if not _is_loopback(host):
        raise InputError(
            f"at {host} other machines reach the server, so it asks who calls. Set XLLLM_TOKEN to a secret that you "
            f"give to those who may ({_NEW_TOKEN}), or XLWINGS_AUTH_PROVIDERS to '[\"entraid\"]' with the settings of "
            "xlwings Server for Entra ID; or serve this machine alone with --host 127.0.0.1"
        )
    return everybody


_NEW_TOKEN = "python -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # the name of a machine
        return False


# -- start -------------------------------------------------------------------------------------------------------------
def pages(asks_for_token: bool) -> ASGIApp:
    """xlwings Server, set up for our functions. It reads its settings when it is imported."""
    if not os.environ.get("XLWINGS_LICENSE_KEY"):
        raise InputError(LICENCE)
    if any(importlib.util.find_spec(needed) is None for needed in ("xlwings_server", "uvicorn")):
        raise MissingProgramError("xlllm serve needs xlwings Server: pip install 'xlllm[server]'")
    os.environ.update({f"XLWINGS_{name}": value for name, value in FIXED.items()})
    for name, value in DEFAULTS.items():
        os.environ.setdefault(f"XLWINGS_{name}", value)
    try:
        main, templates = (importlib.import_module(f"xlwings_server.{name}") for name in ("main", "templates"))
    except ValueError as error:  # pydantic's, of a setting
        raise InputError(f"a setting of xlwings Server (XLWINGS_…) is wrong: {error}") from None
    except Exception as error:
        if type(error).__name__ != "LicenseError":  # it comes from the xlwings that could not be imported
            raise
        raise InputError(f"XLWINGS_LICENSE_KEY: {error} {LICENCE}") from None
    from xlllm.hosts.calls import language

    templates.env.globals |= {"words": WORDS[language()], "version": version("xlllm"), "asks_for_token": asks_for_token}
    app: ASGIApp = main.app
    return app


class Address(NamedTuple):
    """Where to serve; with a certificate and its key, over HTTPS."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None

    def listen(self) -> socket.socket:
        """A socket at the address; port 0 takes any that is free."""
        found = None
        try:
            family, kind, proto, _, where = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)[0]
            found = socket.socket(family, kind, proto)
            if os.name != "nt":
                found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            found.bind(where)
            found.listen()  # who is told the URL may call at once
        except OSError as error:
            if found:
                found.close()
            reason = error.strerror or error
            raise InputError(f"cannot serve at {self.host}, port {self.port}: {reason}; try another --port") from None
        return found

    def check_certificate(self) -> None:
        if not self.certificate and not self.key:
            return
        if not self.certificate or not self.key:
            raise InputError("HTTPS needs both --certificate and --key")
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(self.certificate, self.key)
        except OSError as error:  # ssl.SSLError too
            reason = error.strerror or error
            raise InputError(f"{self.certificate} and {self.key} are no certificate and its key: {reason}") from None

    def url(self, port: int) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.certificate else ''}://{host}:{port}"


def serve(address: Address, workers: int, limits: Limits, started: Callable[[str], None]) -> None:
    """Serve until interrupted. ``started`` is told the URL."""
    admit = admission(address.host)
    address.check_certificate()
    app = pages(asks_for_token=admit not in (everybody, by_provider))
    with address.listen() as found:
        from xlllm.hosts.officejs import reply  # xlwings has its settings now

        config = uvicorn.Config(
            front(app, Calculators(workers, reply, limits), admit),
            ssl_certfile=address.certificate,
            ssl_keyfile=address.key,
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=int(limits.seconds) + 1,
        )
        started(address.url(found.getsockname()[1]))
        uvicorn.Server(config).run(sockets=[found])
