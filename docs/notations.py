"""Writes the tables of notation.md, from fastbp.lessons.notations."""

from pathlib import Path

from fastbp.lessons.bridge import with_tables

PAGE = Path(__file__).with_name("notation.md")

if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
