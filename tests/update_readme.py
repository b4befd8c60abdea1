"""Puts the function table into the README, between its markers: ``python tests/update_readme.py``."""

from pathlib import Path

from xlllm import handbook

START, END = "<!-- xlllm functions --markdown -->\n", "<!-- end -->"


def main() -> None:
    path = Path(__file__).parent.parent / "README.md"
    before, rest = path.read_text("utf-8").split(START, 1)
    after = rest.split(END, 1)[1]
    path.write_text(f"{before}{START}\n{handbook.markdown_table('en')}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
