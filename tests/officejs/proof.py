"""Runs in Pyodide. Its last line is what it found, as JSON."""

import json
import os
import sys
import time

sys.path.insert(0, "")
os.environ |= {"XLWINGS_ON_SERVER": "true", "XLWINGS_LICENSE_KEY": "noncommercial"}  # Lite brings its own licence
begun = time.perf_counter()
import xlwings as xw  # noqa: E402
import xlwings.server  # noqa: E402

own = time.perf_counter()
import main  # noqa: E402

imported = time.perf_counter()
from xlllm.quantities import VOCABULARY  # noqa: E402
from xlllm.registry import FORMULAS  # noqa: E402


async def call(name: str, *args: object) -> object:
    """As xlwings Lite calls: its errors are exceptions with the message for the cell."""
    sent = {"func_name": name, "args": list(args), "runtime": "1.4", "client": "Office.js", "version": xw.__version__}
    try:
        return await xlwings.server.custom_functions_call(sent, main)
    except xw.XlwingsError as error:
        return str(error)


answers = {
    "number": await call("LLM_TRAIN_FLOPS", [[70e9]], [[1.4e12]]),  # noqa: F704
    "text": await call("LLM_TRAIN_FLOPS", [["70B"]], [["1.4兆"]]),  # noqa: F704
    "fact": await call("LLM_GPU", [["A100 SXM 80GB"]], [["peak_flops"]]),  # noqa: F704
    "unknown": await call("LLM_GPU", [["no such thing"]], [["peak_flops"]]),  # noqa: F704
    "last error": await call("LLM_LAST_ERROR"),  # noqa: F704
}
json.dumps(
    {
        "python": sys.version.split()[0],
        "xlwings": own - begun,
        "import": imported - own,
        "quantities": len(VOCABULARY),
        "formulas": len(FORMULAS),
        "meta": xlwings.server.custom_functions_meta(main),
        "answers": answers,
    }
)
