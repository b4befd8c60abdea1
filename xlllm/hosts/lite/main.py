"""The functions of xlllm in xlwings Lite: this is main.py of the workbook, beside its requirements.txt."""

import os

os.environ.setdefault("XLLLM_LANG", "en")  # the language of help texts: en or ja

from xlllm.hosts.udfs import *  # noqa: F403
