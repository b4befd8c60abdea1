"""Excel's add-in against ``xlllm serve``: the real server, the real scripts of the add-in in Node.

    python tests/check_officejs.py [--seconds 60]

Every function is called over HTTP with every kind of argument at every place, and with every bad one; each answer must
be that of the engine. The metadata must fit Microsoft's schema, garbage must be refused while others are served, and
50 clients must get right answers for a minute. Needs Node, and pip install 'xlllm[server,test]'. Nothing is skipped.
"""

import argparse
import contextlib
import http.client
import json
import math
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
from bad_cells import cases, differs, faults
from samples import arguments

import xlllm.catalog.lookups  # noqa: F401 (registers the look-ups)
from xlllm.errors import PropagatedError, XlllmError
from xlllm.hosts import calls
from xlllm.registry import FORMULAS, Formula
from xlllm.worksheet import OMITTED

HERE = Path(__file__).parent / "officejs"
TOKEN = "a-token-for-this-check-only"
CALL = "/xlwings/custom-functions-call"
NEWER_THAN_THE_SCHEMA = {"allowCustomDataForDataTypeAny", "allowErrorForDataTypeAny"}
"""Keys that Microsoft documents and whose schema, of 2019, does not know."""
NEWER_OPTIONS = {"requiresParameterAddresses"}
FUNCTIONS = {f.worksheet_name: f for f in FORMULAS.values()}
JAPANESE = re.compile("[ぁ-ヿ一-鿿]")
RTOL = 1e-15
TIME_LIMIT = 5.0


def fail(text: str) -> None:
    sys.exit(f"check_officejs: {text}")


def program(name: str) -> str:
    found = shutil.which(name)
    if not found:
        fail(f"{name} is needed; on Debian: apt-get install nodejs npm")
    return str(found)


# -- the server --------------------------------------------------------------------------------------------------------
def environment(**more: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("XLWINGS_", "XLLLM_"))}
    return clean | {"XLWINGS_LICENSE_KEY": "noncommercial"} | more


@contextlib.contextmanager
def server(*options: str, **variables: str) -> Iterator[str]:
    """``xlllm serve`` at a free port: its URL."""
    command = [Path(sys.executable).with_name("xlllm"), "serve", "--port", "0", *options]
    with subprocess.Popen(command, env=environment(**variables), stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            line = process.stderr.readline()
            if "/manifest" not in line:
                fail(f"xlllm serve did not start: {line}{process.stderr.read()}")
            yield line.partition("/manifest")[0]
        finally:
            process.terminate()
            said = process.stderr.read().replace("WARNING:  Invalid HTTP request received.\n", "")
    if process.returncode not in (0, -signal.SIGTERM) or said:
        fail(f"xlllm serve ended with {process.returncode}: {said}")


def refusals() -> None:
    """What the command does not start."""
    for variables, options, says in (
        ({"XLWINGS_LICENSE_KEY": ""}, [], "PolyForm"),
        ({"XLWINGS_LICENSE_KEY": "bought-nowhere"}, [], "Invalid xlwings license key"),
        ({}, ["--host", "0.0.0.0"], "XLLLM_TOKEN"),
        ({"XLLLM_TOKEN": "short"}, ["--host", "0.0.0.0"], "16 or more"),
    ):
        command = [Path(sys.executable).with_name("xlllm"), "serve", "--port", "0", *options]
        ended = subprocess.run(command, env=environment(**variables), capture_output=True, text=True, timeout=60)
        if ended.returncode != 2 or says not in ended.stderr or "Traceback" in ended.stderr:
            fail(f"serve {options} with {variables} ended with {ended.returncode}: {ended.stderr}")


def http_call(url: str, body: bytes, method: str = "POST", path: str = CALL, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)
    sent = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    with contextlib.closing(connection):
        connection.request(method, path, body, sent)
        response = connection.getresponse()
        return response.status, response.read().decode(errors="replace")


# -- calls as Excel makes them -----------------------------------------------------------------------------------------
def sent(x: Any) -> Any:
    """An argument as Excel hands it over: always rows of cells, a blank cell as "", an error as an object."""

    def cell(x: Any) -> Any:
        if x is None:
            return ""
        if isinstance(x, str) and x.startswith("#") and x.endswith(("!", "?", "A")):
            return {"type": "Error", "basicType": "Error", "basicValue": x}
        return x

    if x is OMITTED:
        return None
    table = x if isinstance(x, list) else [x]
    table = table if isinstance(table[0], list) else [table]
    return [[cell(c) for c in row] for row in table]


def variants(x: Any) -> Iterator[Any]:
    """An argument as anything a sheet can hold there."""
    row = x if isinstance(x, list) else [x]
    yield [[c] for c in row] if isinstance(x, list) else [[x], [x]]
    yield [row] if isinstance(x, list) else [[x, x]]
    yield [row, row] if isinstance(x, list) else [[x, x], [x, x]]
    yield from (None, OMITTED, "#DIV/0!", "#N/A", "#REF!", "neither number nor name")


def all_calls() -> Iterator[tuple[Formula, list[Any]]]:
    for formula in FUNCTIONS.values():
        args = arguments(formula)
        yield formula, args
        for i, x in enumerate(args):
            yield from ((formula, [*args[:i], other, *args[i + 1 :]]) for other in variants(x))


def in_excel(url: str, asked: Sequence[tuple[Formula, list[Any]]], runtime: str = "1.4", token: str = "") -> Any:
    """What the cells show: the answers of the add-in in Node."""
    listed = json.dumps([[f.worksheet_name, [sent(x) for x in args]] for f, args in asked])
    command = [program("node"), HERE / "excel.mjs", url, runtime, token]
    ended = subprocess.run(command, input=listed, capture_output=True, text=True, timeout=600)
    if ended.returncode:
        fail(f"excel.mjs: {ended.stderr[-2000:]}")
    return json.loads(ended.stdout)


def shown_error(cell: Any) -> tuple[str, str] | None:
    """The code of an error that a cell shows, and its message."""
    types = {"Ref": "#REF!", "Name": "#NAME?"}
    if isinstance(cell, dict):
        return (cell["error"], cell["message"]) if "error" in cell else (types[cell["errorType"]], "")
    return None


def expected_message(name: str, error: XlllmError) -> str | None:
    """What Excel shows at an error cell; with the others than these two it shows nothing."""
    if error.cell == "#VALUE!":
        return error.message
    if error.cell == "#N/A" and not isinstance(error, PropagatedError):
        return f"{name}: {error.message.removeprefix(f'{FUNCTIONS[name].name}: ')}"
    return ""


def difference(name: str, args: list[Any], answer: Any, old: bool = False) -> str:
    """How a cell differs from the engine; nothing if it does not. Old runtimes make #VALUE! of #REF! and #NAME?."""
    given = [None if x is OMITTED and p.required else x for p, x in zip(FUNCTIONS[name].parameters, args, strict=True)]
    found = calls.answer(name, given)  # xlwings hands nothing over as a blank where there is no default
    single = isinstance(found, XlllmError)
    wanted = [[found]] if single else calls.rows(found)
    got = answer.get("result") or [[answer]]
    if [len(row) for row in wanted] != [len(row) for row in got]:
        return f"has other cells than {wanted!r:.200}"
    for want, have in zip(chain(*wanted), chain(*got), strict=True):
        if isinstance(want, XlllmError):
            code = "#VALUE!" if old and want.cell in ("#REF!", "#NAME?") else want.cell
            error = shown_error(have)
            if (
                error is None
                or error[0] != code
                or (single and code == want.cell and error[1] != expected_message(name, want))
            ):
                return f"shows {have!r:.200} instead of {code} {want.message}"
        elif isinstance(want, float) and type(have) in (int, float):
            if not math.isclose(want, have, rel_tol=RTOL):
                return f"is {have!r} instead of {want!r}"
        elif type(want) is not type(have) or want != have:
            return f"is {have!r:.200} instead of {want!r:.200}"
    return ""


def check_calls(url: str, runtime: str, token: str = "", every: int = 1) -> int:
    asked = list(all_calls())[::every]
    excel = in_excel(url, asked, runtime, token)
    if excel["functions"] != sorted(FUNCTIONS):
        fail(f"the add-in has other functions: {set(excel['functions']) ^ set(FUNCTIONS)}")
    wrong = [
        f"{f.worksheet_name}{args!r:.200} {found}"
        for (f, args), answer in zip(asked, excel["answers"], strict=True)
        if (found := difference(f.worksheet_name, args, answer, old=runtime != "1.4"))
    ]
    if wrong:
        fail(f"{len(wrong)} of {len(asked)} calls differ at runtime {runtime}:\n" + "\n".join(wrong[:20]))
    return len(asked)


def check_bad_arguments(url: str) -> int:
    asked = [case for case in cases() if differs(case, "officejs") is None]
    excel = in_excel(url, [(case.formula, case.args) for case in asked])
    pane: dict[str, set[str]] = {}
    for line in excel["shown"]:
        pane.setdefault(re.match(r"\w*", line)[0], set()).add(line)  # type: ignore[index]
    wrong: list[str] = []
    for case, answer in zip(asked, excel["answers"], strict=True):
        cells = [float(x) if type(x) is int else x for x in chain(*(answer.get("result") or [[answer]]))]
        error = shown_error(cells[0])
        if error is None:
            wrong += faults(case, np.array(cells, dtype=object), None)
            continue
        told = error[1]
        if not told and isinstance(case.expected, XlllmError):  # where Excel shows none, the task pane does
            expected = case.expected.message.removeprefix(f"{case.formula.name}: ")
            lines = pane.get(case.formula.worksheet_name, set())
            told = next((line for line in lines if line.endswith(expected)), "nothing in the task pane")
        wrong += faults(case, error[0], told)
    if wrong:
        fail(f"{len(wrong)} of {len(asked)} bad arguments differ:\n" + "\n".join(wrong[:20]))
    return len(asked)


# -- what Excel reads before -------------------------------------------------------------------------------------------
def check_metadata(url: str, lang: str) -> int:
    status, text = http_call(url, b"", "GET", "/xlwings/custom-functions-meta.json")
    meta = json.loads(text)
    if status != 200 or {f["id"] for f in meta["functions"]} != set(FUNCTIONS):
        fail(f"the metadata ({status}) has other functions")
    if unknown := set(meta) - {"functions"} - NEWER_THAN_THE_SCHEMA:
        fail(f"unknown keys: {unknown}")
    for described in meta["functions"]:
        formula = FUNCTIONS[described["id"]]
        if described["name"] != formula.worksheet_name:
            fail(f"people would type {described['name']}")
        if [p["name"] for p in described["parameters"]] != [p.name for p in formula.parameters]:
            fail(f"{described['name']} has other arguments")
        if [bool(p.get("optional")) for p in described["parameters"]] != [not p.required for p in formula.parameters]:
            fail(f"{described['name']}: other arguments may be left out")
        texts = [described["description"], *(p["description"] for p in described["parameters"])]
        if not all(0 < len(t) <= 255 for t in texts):
            fail(f"{described['name']} is described in {texts}")
        described["options"] = {k: v for k, v in described["options"].items() if k not in NEWER_OPTIONS}
    if (lang == "ja") is not (sum(bool(JAPANESE.search(f["description"])) for f in meta["functions"]) > 150):
        fail(f"the texts are not in the language {lang}")
    known = {k: v for k, v in meta.items() if k not in NEWER_THAN_THE_SCHEMA}
    schema = json.loads((HERE / "custom-functions.schema.json").read_text("utf-8"))
    if wrong := [e.message for e in jsonschema.Draft4Validator(schema).iter_errors(known)]:
        fail(f"the metadata does not fit Microsoft's schema: {wrong[:5]}")
    return len(meta["functions"])


def check_manifest(url: str) -> None:
    import xml.etree.ElementTree as ElementTree

    status, text = http_call(url, b"", "GET", "/manifest")
    root = ElementTree.fromstring(text)
    named = {e.attrib["id"] for e in root.iter() if e.tag.endswith(("}Url", "}String", "}Image")) and "id" in e.attrib}
    used = {e.attrib["resid"] for e in root.iter() if "resid" in e.attrib}
    if status != 200 or used != named or any("Namespace" in e.tag.partition("}")[2] for e in root.iter()):
        fail(f"the manifest ({status}) names {used ^ named}")
    for value in {e.attrib["DefaultValue"] for e in root.iter() if e.attrib.get("DefaultValue", "").startswith(url)}:
        if http_call(url, b"", "GET", value.removeprefix(url) or "/")[0] != 200:
            fail(f"the manifest names {value}, which is not there")


# -- garbage -----------------------------------------------------------------------------------------------------------
def body(name: str = "LLM_TRAIN_FLOPS", args: Any = ([[1e9]], [[1e12]]), **more: Any) -> bytes:
    return json.dumps({"func_name": name, "args": args, **more}).encode()


def check_garbage(url: str) -> int:
    """Every request gets its status, no text of Python's, and the server goes on."""
    column = b",".join([b"[7e10]"] * 1_000_000)
    many_rows = b'{"func_name":"LLM_TRAIN_FLOPS","args":[[' + column + b"],[[1e12]]]}"
    garbage: list[tuple[Any, bytes, dict[str, Any]]] = [
        (404, b"", {"method": "GET", "path": "/etc/passwd"}),
        (404, b"", {"method": "GET", "path": "/static/../custom_functions.py"}),
        (404, b"", {"method": "GET", "path": "/static/%2e%2e/%2e%2e/server.py"}),
        (404, b"", {"method": "GET", "path": "/static//etc/passwd"}),
        (404, b"", {"method": "GET", "path": "/xlwings/alert?prompt=a&title=b&buttons=c&mode=d&callback=e"}),
        (404, body(), {"path": "/xlwings/custom-scripts-call/anything"}),
        (404, b"", {"method": "GET", "path": "/socket.io/?EIO=4&transport=polling"}),
        (404, b"", {"method": "GET", "path": "/pyodide.json"}),
        (405, b"", {"method": "GET"}),
        (405, body(), {"method": "PUT"}),
        (405, body(), {"path": "/taskpane.html"}),
        (405, body(), {"path": "/health"}),
        (415, body(), {"Content_Type": "text/plain"}),
        (400, b"", {}),
        (400, b"\xff\xfe{}", {}),
        (400, b"[]", {}),
        (400, b"null", {}),
        (400, b"{", {}),
        (400, b"[" * 100_000, {}),
        (400, b'{"func_name":"LLM_TRAIN_FLOPS","args":' + b"[" * 100_000, {}),
        (400, b'{"func_name":"LLM_TRAIN_FLOPS","args":[[[NaN]],[[1]]]}', {}),
        (400, b'{"func_name":"LLM_TRAIN_FLOPS","args":[[[Infinity]],[[1]]]}', {}),
        (400, body(args="70e9"), {}),
        (400, body(args={"0": 1}), {}),
        (400, body(args=[1, 2]), {}),
        (400, body(args=[[], [[1]]]), {}),
        (400, body(args=[[[]], [[1]]]), {}),
        (400, body(args=[[1, 2], [[1]]]), {}),
        (400, body(args=[[[[1]]], [[1]]]), {}),
        (400, body(args=[[[{"type": "Error"}]], [[1]]]), {}),
        (400, body(args=[[[{"basicValue": 1}]], [[1]]]), {}),
        (400, body(args=[[[{"type": "Error", "basicValue": [1]}]], [[1]]]), {}),
        (400, body(args=[["__xlwings_not_an_object_handle__"], [[1]]]), {}),
        (400, body(args=[[[1]], [[2], [3, 4]]]), {}),
        (400, body(args=[[[1e9]]] * 1000), {}),
        (400, body("LLM_LAST_ERROR", [[[1e9]]] * 2), {}),
        (400, b'{"func_name":"LLM_TRAIN_FLOPS","args":[[["\\ud800"]],[[1]]]}', {}),
        (404, body("LLM_NO_SUCH_FUNCTION"), {}),
        (404, body("train_flops"), {}),
        (404, body("calls"), {}),
        (404, body("__builtins__"), {}),
        (404, body("description"), {}),
        (400, body(name=7), {}),  # type: ignore[arg-type]
        (413, b" " * 17_000_000, {}),
        ((200, 413, 504), many_rows, {}),
        (200, b'{"func_name":"LLM_TRAIN_FLOPS","args":[[[1' + b"0" * 400 + b"]],[[1]]]}", {}),
        (200, body(runtime="x", version=[1], client=None, caller_address={}, date_format=3, culture_info_name=1), {}),
    ]
    for status, sent_body, options in garbage:
        what = f"{options} {sent_body[:100]!r}"
        begun = time.perf_counter()
        got, text = http_call(url, sent_body, **options)
        if got not in (status if isinstance(status, tuple) else (status,)):
            fail(f"{what} got {got} {text[:200]} instead of {status}")
        if any(word in text for word in ("Traceback", "Error:", "Exception", 'File "')) or "object at 0x" in text:
            fail(f"{what} got {text[:300]}")
        if time.perf_counter() - begun > 3 * TIME_LIMIT:
            fail(f"{what} took {time.perf_counter() - begun:.1f} s")
        still_right(url)
    unfinished(url)
    return len(garbage)


def still_right(url: str) -> None:
    if (found := http_call(url, body())) != (200, '{"result": [[6e+21]]}'):
        fail(f"after that the server answers {found}")


def unfinished(url: str) -> None:
    """Bodies that are announced and never come, or that never end."""
    host, _, port = url.removeprefix("http://").partition(":")
    head = f"POST {CALL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n".encode()
    for rest, status in (
        (b"Content-Length: 100000000000\r\n\r\n{", b" 413 "),
        (b"Content-Length: 100\r\n\r\n{", b" 408 "),
        (b"Content-Length: -5\r\n\r\n{", b" 400 "),
        (b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b" 400 "),
        (b"Transfer-Encoding: chunked\r\n\r\n" + b"100000\r\n" + b" " * 0x100000 + b"\r\n", b" 408 "),
    ):
        with socket.create_connection((host, int(port)), timeout=30) as line:
            line.sendall(head + rest)
            if status not in (got := line.recv(200)):
                fail(f"{rest[:60]!r} got {got!r} instead of {status!r}")
    still_right(url)


def check_slow(url: str) -> float:
    """A call that takes too long is ended in time, and does not keep others from their answers."""
    from concurrent.futures import ThreadPoolExecutor

    flows = [[x] for x in (-1000.0, 300.0, 400.0, 500.0, 200.0)] * 4_000  # many rates fit: they are all looked for
    with ThreadPoolExecutor() as pool:
        begun = time.perf_counter()
        slow = pool.submit(http_call, url, body("LLM_IRR", [flows]))
        time.sleep(0.3)
        waited = time.perf_counter()
        still_right(url)
        waited = time.perf_counter() - waited
        status, text = slow.result()
        took = time.perf_counter() - begun
    if status != 504 or took > 2 * TIME_LIMIT or waited > 1:
        fail(f"a slow call got {status} {text} after {took:.1f} s, another waited {waited:.2f} s")
    with ThreadPoolExecutor() as pool:  # as many as there are processes: the others wait their turn
        stuck = [pool.submit(http_call, url, body("LLM_IRR", [[*flows, [float(i)]]])) for i in range(2)]
        time.sleep(0.3)
        still_right(url)
        if [s.result()[0] for s in stuck] != [504, 504]:
            fail("slow calls were not ended")
    return waited


def check_token(url: str) -> None:
    for headers, status in (
        ({}, 401),
        ({"Authorization": "wrong"}, 401),
        ({"Authorization": TOKEN[:-1]}, 401),
        ({"Authorization": "トークン".encode().decode("latin-1")}, 401),
        ({"Authorization": TOKEN}, 200),
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
    ):
        if (got := http_call(url, body(), **headers)[0]) != status:
            fail(f"{headers} got {got} instead of {status}")
    if http_call(url, b"", "GET", "/health")[0] != 200:
        fail("/health must answer anybody")
    refused = in_excel(url, [(FUNCTIONS["LLM_TRAIN_FLOPS"], [1e9, 1e12])])["answers"][0]
    if refused.get("error") != "#VALUE!" or "task pane" not in refused["message"]:
        fail(f"without the token the cell shows {refused}")


def check_sign_in() -> None:
    """With Entra ID nobody gets in without its token, whether Microsoft can be reached from here or not."""
    some = "00000000-0000-4000-8000-000000000000"
    entra = {f"XLWINGS_AUTH_ENTRAID_{which}_ID": some for which in ("TENANT", "CLIENT")}
    quiet = {"XLWINGS_AUTH_PROVIDERS": '["entraid"]', "XLWINGS_LOG_LEVEL": "CRITICAL"}
    with server("--host", "0.0.0.0", **entra, **quiet) as url:
        for sent in ("", "x", "Bearer", "Bearer x"):
            status, text = http_call(url, body(), Authorization=sent)
            if status not in ((401, 503) if sent == "Bearer x" else (401,)) or "Error:" in text:
                fail(f"the token {sent!r} got {status} {text}")
        if some not in http_call(url, b"", "GET", "/manifest")[1]:
            fail("the manifest does not name the application of Entra ID")


def check_privacy(url: str) -> None:
    """Nobody reads what another one's error said."""
    http_call(url, body(args=[[["a secret name"]], [[1e12]]]))
    for _ in range(4):
        status, text = http_call(url, body("LLM_LAST_ERROR", []))
        propagated = http_call(url, body(args=[[[{"type": "Error", "basicValue": "#NUM!"}]], [[1e12]]]))[1]
        if "secret" in text or "secret" in propagated:
            fail(f"LLM_LAST_ERROR tells ({status}) {text}, {propagated}")


# -- many at once ------------------------------------------------------------------------------------------------------
def check_load(url: str, clients: int, seconds: float) -> dict[str, Any]:
    """Every client calls every function over and over, each time with another number somewhere."""
    asked = [
        body(f.worksheet_name, [sent(x) for x in arguments(f)]).decode() for f in FUNCTIONS.values() if f.kind != "S"
    ]
    for i in range(500):  # calls that nothing remembers
        asked.append(body("LLM_TRAIN_FLOPS", [[[1e9 + 1e6 * i]], [[1e12]]]).decode())
        asked.append(body("LLM_TRAIN_FLOPS", [[[1e9 + 1e6 * i + row] for row in range(100)], [[1e12]]]).decode())
    expected = [[text, http_call(url, text.encode())[1]] for text in asked]
    command = [program("node"), HERE / "clients.mjs", url, str(clients), str(seconds)]
    ended = subprocess.run(command, input=json.dumps(expected), capture_output=True, text=True, timeout=seconds + 120)
    if ended.returncode:
        fail(f"clients.mjs: {ended.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(ended.stdout)
    if figures["errors"] or figures["calls"] < 10 * clients:
        fail(f"{figures['errors']} of {figures['calls']} calls failed: {figures['first']}")
    return figures


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--seconds", type=float, default=60, help="how long 50 clients call")
    seconds = options.parse_args().seconds
    program("node")
    begun = time.perf_counter()
    refusals()
    with server("--workers", "2", "--time-limit", str(TIME_LIMIT), "--lang", "en") as url:
        functions = check_metadata(url, "en")
        check_manifest(url)
        asked = check_calls(url, "1.4")
        asked += check_calls(url, "1.2", every=7)
        bad = check_bad_arguments(url)
        check_privacy(url)
        garbage = check_garbage(url)
        waited = check_slow(url)
    with server("--workers", "1", "--lang", "ja", XLLLM_TOKEN=TOKEN) as url:
        check_metadata(url, "ja")
        check_token(url)
        asked += check_calls(url, "1.4", TOKEN, every=11)
    check_sign_in()
    proven = time.perf_counter() - begun
    with server("--workers", "2") as url:
        load = check_load(url, 50, seconds)
    print(
        f"check_officejs: {functions} functions, {asked} calls and {bad} bad arguments as the engine answers, "
        f"{garbage} kinds of garbage refused, {1000 * waited:.0f} ms beside a call that is ended, in {proven:.0f} s; "
        f"50 clients {load['seconds']:.0f} s: {load['calls']} calls, 0 errors, {load['calls'] / load['seconds']:.0f}/s,"
        f" p50 {load['p50']:.0f} p95 {load['p95']:.0f} p99 {load['p99']:.0f} ms"
    )


if __name__ == "__main__":
    main()
