"""One shelf per budget question. Importing this package registers every formula.

The functions here are plain numpy: positional arguments in canonical units, no checks. Hosts call the checked
``Formula`` of the same name in ``xlllm.registry.FORMULAS``.
"""

from xlllm.formulas import compute, data, energy, finance, fitting, invest, memory, risk, scaling, serving

__all__ = ["compute", "data", "energy", "finance", "fitting", "invest", "memory", "risk", "scaling", "serving"]
