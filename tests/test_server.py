"""The gate of ``xlllm serve``, without xlwings Server behind it, which is not open source: see check_officejs.py."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import PlainTextResponse
from typer.testing import CliRunner

from xlllm import cli
from xlllm.errors import InputError
from xlllm.hosts import server
from xlllm.hosts.server import CALL, Admit, Calculators, Limits, admission, everybody, front, with_token

TOKEN = "a-token-for-the-tests"
JSON = {"Content-Type": "application/json"}


def answer(body: bytes) -> tuple[int, str]:
    """What the processes of these tests compute."""
    match body.partition(b" "):
        case b"sleep", _, seconds:
            time.sleep(float(seconds))
        case b"die", _, _:
            raise SystemExit(1)
        case b"refuse", _, _:
            return 400, "no"
    return 200, f'{{"result": {len(body)}}}'


@pytest.fixture(scope="module")
def calculators() -> Iterator[Calculators]:
    made = Calculators(2, answer, Limits(seconds=1.0, megabytes=0.001))
    yield made
    made.end()


@asynccontextmanager
async def client(calculators: Calculators, admit: Admit = everybody) -> AsyncIterator[httpx.AsyncClient]:
    pages = PlainTextResponse("a page")
    transport = httpx.ASGITransport(front(pages, calculators, admit))
    async with httpx.AsyncClient(transport=transport, base_url="http://server") as made:
        yield made


def ask(calculators: Calculators, method: str, path: str, admit: Admit = everybody, **more: Any) -> tuple[int, str]:
    async def asked() -> httpx.Response:
        async with client(calculators, admit) as made:
            return await made.request(method, path, **more)

    response = asyncio.run(asked())
    return response.status_code, response.text


def call(calculators: Calculators, body: bytes, headers: dict[str, str] = JSON, **more: Any) -> tuple[int, str]:
    return ask(calculators, "POST", CALL, content=body, headers=headers, **more)


def test_a_call_is_answered(calculators: Calculators) -> None:
    assert call(calculators, b"12345") == (200, '{"result": 5}')
    assert call(calculators, b"refuse ") == (400, "no")


@pytest.mark.parametrize("path", ["/", "/health"])
def test_anybody_may_ask_for_health(calculators: Calculators, path: str) -> None:
    status, text = ask(calculators, "GET", path, admit=with_token(TOKEN))
    assert status == 200
    assert '"status":"ok"' in text


@pytest.mark.parametrize("path", [*server.PAGES, "/static/js/auth.js", "/static/vendor/@alpinejs/csp/3.1/x.min.js"])
def test_pages_of_the_add_in_are_let_through(calculators: Calculators, path: str) -> None:
    assert ask(calculators, "GET", path) == (200, "a page")
    assert ask(calculators, "POST", path) == (405, "only GET")


@pytest.mark.parametrize(
    "path",
    [
        "/xlwings/alert",
        "/xlwings/custom-scripts-call/x",
        "/pyodide.json",
        "/socket.io/",
        "/taskpane.html/",
        "/static",
        "/static/",
        "/static/.env",
        "/static/%2e%2e/server.py",
        "/static/js/%2e%2e/%2e%2e/server.py",
        "/static//etc/passwd",
        "/static/c:/windows",
        "/static/a%5Cb",
        "/static/js/auth.js%0A",
        "/static/js/auth.js%00",
    ],
)
def test_nothing_else_is(calculators: Calculators, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        assert ask(calculators, method, path)[0] == 404


def test_a_call_must_be_posted_as_json(calculators: Calculators) -> None:
    assert ask(calculators, "GET", CALL)[0] == 405
    assert call(calculators, b"x", headers={"Content-Type": "text/plain"})[0] == 415
    assert call(calculators, b"x", headers={})[0] == 415


def test_a_long_body_is_not_read(calculators: Calculators) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 600

    assert call(calculators, b" " * 1000)[0] == 200
    assert call(calculators, b" " * 1001)[0] == 413
    assert call(calculators, endless())[0] == 413  # type: ignore[arg-type]
    assert call(calculators, b"x", headers=JSON | {"Content-Length": "99999999999"})[0] == 413


def test_a_body_that_does_not_come_is_not_waited_for(calculators: Calculators) -> None:
    async def never() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(10)

    assert call(calculators, never())[0] == 408  # type: ignore[arg-type]


def test_a_slow_call_is_ended_and_others_do_not_wait(calculators: Calculators) -> None:
    async def all_at_once() -> list[tuple[float, int]]:
        async with client(calculators) as made:

            async def timed(body: bytes) -> tuple[float, int]:
                begun = time.perf_counter()
                response = await made.post(CALL, content=body, headers=JSON)
                return time.perf_counter() - begun, response.status_code

            return await asyncio.gather(timed(b"sleep 60"), *(timed(b"quick") for _ in range(20)))

    slow, *quick = asyncio.run(all_at_once())
    assert slow[1] == 504
    assert 1.0 <= slow[0] < 5.0
    assert {status for _, status in quick} == {200}
    assert max(took for took, _ in quick) < slow[0]
    assert call(calculators, b"x") == (200, '{"result": 1}')


def test_a_process_that_dies_is_replaced(calculators: Calculators) -> None:
    for _ in range(3):
        assert call(calculators, b"die ")[0] == 500
    assert call(calculators, b"x") == (200, '{"result": 1}')


def test_who_cannot_be_served_in_time_is_told_so(calculators: Calculators) -> None:
    async def all_at_once() -> list[int]:
        async with client(calculators) as made:
            asked = [made.post(CALL, content=b"sleep 0.9", headers=JSON) for _ in range(12)]
            return [response.status_code for response in await asyncio.gather(*asked)]

    statuses = asyncio.run(all_at_once())
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 4


@pytest.mark.parametrize(
    ("sent", "status"),
    [("", 401), ("x", 401), (TOKEN[:-1], 401), (TOKEN + "x", 401), (TOKEN, 200), (f"Bearer {TOKEN}", 200)],
)
def test_the_token_is_asked_for(calculators: Calculators, sent: str, status: int) -> None:
    headers = JSON | ({"Authorization": sent} if sent else {})
    assert call(calculators, b"x", headers=headers, admit=with_token(TOKEN))[0] == status


@pytest.fixture
def unset(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("XLLLM_TOKEN", "XLWINGS_AUTH_PROVIDERS", "XLWINGS_LICENSE_KEY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_only_this_machine_needs_no_token(unset: pytest.MonkeyPatch, host: str) -> None:
    assert admission(host) is everybody
    unset.setenv("XLLLM_TOKEN", TOKEN)
    assert admission(host) is not everybody


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "xlllm.example.com", ""])
def test_other_machines_must_say_who_they_are(unset: pytest.MonkeyPatch, host: str) -> None:
    with pytest.raises(InputError, match=r"(?s)XLLLM_TOKEN.*entraid.*--host 127\.0\.0\.1"):
        admission(host)
    unset.setenv("XLLLM_TOKEN", TOKEN)
    assert admission(host) is not everybody
    unset.setenv("XLWINGS_AUTH_PROVIDERS", '["entraid"]')
    assert admission(host) is server.by_provider


@pytest.mark.parametrize("providers", ['["custom"]', '["entraid", "custom"]', "entraid"])
def test_a_provider_that_lets_everybody_in_is_refused(unset: pytest.MonkeyPatch, providers: str) -> None:
    unset.setenv("XLWINGS_AUTH_PROVIDERS", providers)
    with pytest.raises(InputError, match=r"can be.*entraid"):
        admission("127.0.0.1")


@pytest.mark.parametrize("token", ["short", "x" * 15, "a token with spaces in it", "トークン" * 8, "x" * 20 + "\n"])
def test_a_weak_token_is_refused(unset: pytest.MonkeyPatch, token: str) -> None:
    unset.setenv("XLLLM_TOKEN", token)
    with pytest.raises(InputError, match="16 or more"):
        admission("0.0.0.0")


def test_the_command_needs_the_users_own_licence(unset: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"PolyForm Noncommercial 1\.0\.0.*XLWINGS_LICENSE_KEY.*xlwings Lite"):
        CliRunner().invoke(cli.app, ["serve"], catch_exceptions=False)


def test_a_certificate_comes_with_its_key(tmp_path: Path) -> None:
    file = tmp_path / "x.pem"
    file.write_text("nothing")
    for certificate, key in ((file, None), (None, file), (file, file), (tmp_path / "no.pem", file)):
        with pytest.raises(InputError, match="certificate"):
            server.Address("localhost", 0, certificate, key).check_certificate()
    server.Address("localhost", 0).check_certificate()


def test_a_taken_port_is_said() -> None:
    with server.Address("127.0.0.1", 0).listen() as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port}.*--port"):
            server.Address("127.0.0.1", port).listen()


def test_urls() -> None:
    assert server.Address("127.0.0.1", 0).url(8000) == "http://127.0.0.1:8000"
    assert server.Address("::1", 0, Path("c"), Path("k")).url(443) == "https://[::1]:443"
