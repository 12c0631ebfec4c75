"""Tables of what was measured: for a terminal, and for docs/engine.md."""

from dataclasses import dataclass, field
from pathlib import Path

import markdown_blocks
from tasks import RIVALS

from fastbp.bench.number_format import digits
from fastbp.text.formatting import plural
from fastbp.text.page import Page

DOCUMENT = Path(__file__).parents[1] / "docs" / "engine.md"
NAME = "engine.py"  # of the block between the marks
BEGIN, END = markdown_blocks.marks(NAME)
LEGEND = (
    "faster: how many times, than the best other. share: of the multiply-adds that the cores can "
    "do. Copied counts the bytes read and those written. !: faster than fastbp, of "
    f"{' and '.join(RIVALS)}. ~: the nearest network that it has."
)


@dataclass
class Table:
    """Rows of cells under a title, and sentences about them."""

    title: str
    columns: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)

    def page(self):
        """In 80 columns; a row goes by the first word of its label."""
        out = Page(spell_out=True)
        out.text(self.title)
        out.gap()
        rows = [[label.split()[0], *cells] for label, *cells in self.rows]
        out.table([self.columns, *rows], "<" + ">" * (len(self.columns) - 1))
        for note in self.notes:
            out.gap()
            out.text(note)
        return out

    def markdown(self):
        """The same, with whole labels."""
        return "\n\n".join(
            [self.title, markdown_blocks.markdown(self.columns, self.rows), *self.notes]
        )


def columns(names):
    """Of a table of peers."""
    return ["", *names, "faster", "share"]


def cell(result, name):
    """A time, with its marks (see `LEGEND`), or why there is none."""
    peer = result["peers"].get(name)
    if peer is None or "left out" in peer:
        return "-"
    if not peer["right"]:
        return "WRONG"
    lost, near = "!" * (name in result["lost to"]), "~" * (not peer["same"])
    return lost + near + digits(result["microseconds"][name])


def share_of_peak(result, peak):
    """Of the peak; None without both."""
    ours = result["microseconds"].get("fastbp")
    return result["flops"] / (ours * 1e-6) / peak if ours and peak else None


def summary(results):
    """Who won, in a line."""
    lost = []
    for result in results:
        name = result["name"].split()[0]
        rivals = [f"{rival} ({ratio:.3f})" for rival, ratio in result["lost to"].items()]
        lost += [f"{name} to {' and '.join(rivals)}"] if rivals else []
        lost += [] if "fastbp" in result["microseconds"] else [f"{name}, not timed"]
    against = " and ".join(RIVALS)
    won = len(results) - len(lost)
    return f"Against {against}: won {won} of {len(results)}; losses: {'; '.join(lost) or 'none'}."


def table_of_peers(task, dtype, team, results, names, left_out):
    """One task's table; ``left_out`` maps absent peers to reasons."""
    peak = team.peak[dtype]
    copied, summed = (team.bandwidth[operation] / 1e9 for operation in ("copy", "sum"))
    rows = []
    for result in results:
        of_peak = share_of_peak(result, peak)
        rows.append(
            [
                result["label"],
                *(cell(result, name) for name in names),
                "-" if result["faster"] is None else f"{result['faster']:.2f}",
                "-" if of_peak is None else f"{of_peak:.0%}",
            ]
        )
    title = (
        f"Microseconds for {task.unit}, {dtype}, {plural(team.threads, 'thread')}. Multiply-adds: "
        f"{peak / 1e9:.0f} GFLOP/s at most. Memory: {copied:.1f} GB/s copied, {summed:.1f} summed."
    )
    absent = dict(left_out)
    notes = []
    for result in results:
        for name, peer in result["peers"].items():
            if "left out" in peer:
                absent[name] = peer["left out"]
            elif not peer["right"]:
                notes.append(
                    f"WRONG: {result['name']}, {name}: differs by {peer['error']:.1e}, more than "
                    f"{peer['bound']:.1e}."
                )
    notes += [f"Left out: {name}: {why}." for name, why in absent.items() if name in names]
    if team.threads > 1:
        barriers = [
            f"{result['name'].split()[0]} {digits(result['barrier'])}" for result in results
        ]
        notes.append(
            "Microseconds until all threads have met at a barrier, right after each row, which "
            f"tells how far apart their cores are: {', '.join(barriers)}."
        )
    return Table(title, columns(names), rows, [*notes, summary(results)])


def write(tables, preface, document=DOCUMENT):
    """Put the tables between the document's marks."""
    markdown_blocks.write(document, NAME, [preface, *(table.markdown() for table in tables)])
