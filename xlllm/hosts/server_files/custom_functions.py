"""What xlwings Server shows Excel: it looks for a module of this name."""

from xlllm.hosts.udfs import *  # noqa: F403
