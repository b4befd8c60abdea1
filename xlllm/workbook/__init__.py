"""A plan becomes a finished workbook: sheets, styles, charts, cached values, deterministic bytes."""
