# ruff: noqa: E501 - printed rows stand in one line
"""Editions made up in the four published layouts, with what a reader has to find in them.

Used by the tests and by the benchmarks. Rendering is deterministic for a given random generator.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

LABELS = [
    ("Social Care", "% child protection cases which were reviewed within timescales."),
    ("Social Care", "% of children becoming subject to a child protection plan for second or subsequent time"),
    ("Social Care", "% re-referrals to childrens Social Care within 12 months"),
    ("Social Care", "% Single assessments completed within 45 days"),
    ("Social Care", "% of Child Protection plans lasting 2 years or more open at the end of the quarter (low = good)"),
    ("Social Care", "Placement stability - % children with 3 or more placements during a year (low = good)"),
    ("Social Care", "Placement stability - % children in same placement for 2+ years or placed for adoption"),
    ("Social Care", "% of Care Leavers in suitable accommodation (end of quarter)"),
    ("Social Care", "The % of Care leavers in education, employment and training (EET) (end of quarter)"),
    ("Social Care", "The % of children in care who have had dental checks within last 12 months (at end of period)"),
    ("CFWS", "No. of individuals worked with by Children and Families Wellbeing Service during quarter"),
    ("CFWS", "No. of families worked with by Children and Families Wellbeing Service during quarter"),
    ("Early Years", "The % of eligible 2 year olds taking up their FEEE"),
    ("Education", "No. of Children Electively Educated at Home"),
    ("Education", "NEET young people aged 16-17 (low = good)"),
    ("Education", "Percentage of Primary schools rated 'good' or 'outstanding'"),
    ("Social Care", "Rate of re-offending by young offenders (low = good)"),
    ("Social Care", "Number of instances of the use of custody for young people (low = good)"),
    (
        "Social Care",
        "The % of children in care who have their annual health assessment within last 12 months (at end of period)",
    ),
    ("Social Care", "% of Child Protection plans lasting 2 years or more that cease during the quarter"),
    (
        "Social Care",
        "% children who wait less than 16 months between entering care and moving in with their adoptive family",
    ),
    ("Social Care", "The average emotional health strengths/difficulties score for children in care. (low = good)"),
    ("CFWS", "No. of families open to the Early Help service (with allocated worker)"),
    ("CFWS", "The % of Social Care contacts referred to Early Help"),
    ("SEND", "SEND - Percentage of EHC plans issued within 20 weeks"),
    ("SEND", "SEND - Total number of statements / EHC plans over 12 month period"),
    ("SEND", "No. of Children in mainstream schools in receipt of SEN Support (without EHCP)"),
    ("Early Years", "The % of eligible 3 and 4 year olds taking up their FEEE"),
    ("Early Years", "The % of all childcare providers rated good or outstanding."),
    ("Education", "The % of pupils in Good or Outstanding schools"),
    ("Education", "Percentage of Secondary schools rated 'good' or 'outstanding'"),
    ("Education", "Key Stage 2 - pupils achieving expected standard in Reading, Writing and Mathematics"),
    ("Education", "% achieveing a Level 2 qualification by age 19"),
    ("Education", "% of NEET 16-17 for children with SEN and disability (low = good)"),
    ("Education", "Progress measures from KS1 to KS2 (Maths)"),
    ("Education", "Permanent exclusions as a % of School population"),
]
LAYOUTS = (
    "supporting_indicators_2016",
    "flowing_2018",
    "compared_to_previous_2020",
    "previous_and_latest_2022",
)


@dataclass
class Figures:
    """One row as it is meant; ``cells`` are the text cells that a reader has to deliver."""

    theme: str
    label: str
    cells: dict[str, str] = field(default_factory=dict)


@dataclass
class Edition:
    layout: str
    financial_year: str
    quarter: int
    rows: list[Figures]
    area: str = "Leicestershire"

    @property
    def key(self) -> str:
        return f"{self.financial_year.replace('/', '-')}-q{self.quarter}"


def _percent(rng: random.Random) -> str:
    return f"{rng.uniform(0.1, 99.9):.{rng.choice((0, 1, 1, 1, 2))}f}%"


def _value(rng: random.Random, label: str, brackets: bool) -> str:
    if label.startswith(("No.", "Number")):
        count = rng.randrange(0, 9999)
        return f"{count:,}"
    if label.startswith("Rate"):
        return f"{rng.uniform(0.1, 3):.2f}"
    text = _percent(rng)
    return f"{text} ({rng.randrange(2, 1999)})" if brackets and rng.random() < 0.6 else text


def make_edition(rng: random.Random, layout: str, year: int, quarter: int, rows: int = 18) -> Edition:
    """An edition of ``layout`` with random figures."""
    span = f"{year}/{(year + 1) % 100:02d}"
    made: list[Figures] = []
    for theme, label in LABELS[:rows]:
        cells: dict[str, str] = {"label_text": label}
        cells["period_text"] = {
            "supporting_indicators_2016": f"Q{quarter} {span}",
            "flowing_2018": rng.choice((f"Q{quarter}", str(year), f"{span}", "Jun-18")),
            "compared_to_previous_2020": rng.choice((f"Q{quarter}", f"{span} Q{quarter}", "Summer 2020", "Aug-20")),
            "previous_and_latest_2022": f"Q{quarter} {span}",
        }[layout]
        cells["value_text"] = _value(rng, label, layout in ("flowing_2018", "compared_to_previous_2020"))
        benchmarked = rng.random() < 0.6
        if layout == "supporting_indicators_2016":
            cells["updated_text"] = rng.choice("YN")
            cells["comparison_text"] = rng.choice(("Better", "Worse", "Similar", "New", "Lower - no polarity"))
            if benchmarked:
                cells |= {
                    "rag_text": rng.choice("GAR"),
                    "quartile_text": rng.choice("1234"),
                    "benchmark_text": _percent(rng),
                    "target_text": rng.choice(("no target", "Top quartile", _percent(rng), "<" + _percent(rng))),
                }
            else:
                cells |= {"rag_text": "n/a", "quartile_text": "n/a", "target_text": "n/a"}
        else:
            cells["comparison_text"] = {
                "flowing_2018": rng.choice(
                    ("Better", "Similar", "Higher", "Lower", "New", "Same", "Higher - no polarity")
                ),
                "compared_to_previous_2020": rng.choice(
                    ("Similar", "Lower (low is good)", "Higher (high is good)", "Lower")
                ),
                "previous_and_latest_2022": rng.choice(("Increase", "Decrease", "No change")),
            }[layout]
            missing = "N/A" if layout == "previous_and_latest_2022" else "n/a"
            colours = ("Green", "Amber", "Red") if layout == "previous_and_latest_2022" else tuple("GAR")
            if benchmarked:
                cells |= {
                    "rag_text": rng.choice(colours),
                    "quartile_text": rng.choice("1234"),
                    "benchmark_text": _percent(rng),
                }
            else:
                cells |= {"rag_text": missing, "quartile_text": missing, "benchmark_text": missing}
            if layout != "flowing_2018":
                limit = layout == "previous_and_latest_2022"
                cells["target_text"] = (rng.choice("<>") if limit else "") + _percent(rng) if benchmarked else missing
            if layout == "previous_and_latest_2022":
                cells["frequency_text"] = "Quarter"
                before = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
                cells["previous_period_text"] = f"Q{before[1]} {before[0]}/{(before[0] + 1) % 100:02d}"
                cells["previous_value_text"] = _value(rng, label, False)
                cells["theme_text"] = theme
        made.append(Figures(theme, label, cells))
    return Edition(layout, span, quarter, made)


def table_cells(layout: str, cells: dict[str, str]) -> list[str]:
    """The cells of a row between tabs, as the layout prints them."""
    get = cells.get
    if layout == "supporting_indicators_2016":
        last = " ".join(filter(None, (get("benchmark_text"), get("target_text"))))
        names = ("label_text", "updated_text", "period_text", "value_text", "comparison_text")
        return [*(get(name, "") for name in names), "", get("rag_text", ""), get("quartile_text", ""), last]
    if layout == "compared_to_previous_2020":
        names = (
            "label_text",
            "period_text",
            "value_text",
            "comparison_text",
            "target_text",
            "rag_text",
            "quartile_text",
            "benchmark_text",
        )
        return [get(name, "") for name in names]
    names = (
        "theme_text", "label_text", "frequency_text", "previous_period_text", "previous_value_text", "period_text",
        "value_text", "comparison_text", "target_text", "rag_text", "quartile_text", "benchmark_text",
    )  # fmt: skip
    return ["", *(get(name, "") for name in names)]


def row_lines(layout: str, cells: dict[str, str], rng: random.Random | None = None) -> list[str]:
    """A row as printed lines; with ``rng`` a flowing row is broken at random places."""
    if layout != "flowing_2018":
        return ["\t".join(table_cells(layout, cells))]
    names = ("period_text", "value_text", "comparison_text", "rag_text", "quartile_text", "benchmark_text")
    tail = [cells[name] for name in names if cells.get(name)]
    if rng is None or rng.random() < 0.6:
        return [cells["label_text"], " ".join(tail), ""]
    if rng.random() < 0.4:
        return [f"{cells['label_text']} {' '.join(tail)}", ""]
    cut = rng.randrange(2, len(tail))
    return [cells["label_text"], " ".join(tail[:cut]), "", " ".join(tail[cut:]), ""]


def frame(edition: Edition) -> tuple[list[str], list[str]]:
    """The lines that stand before and after the rows."""
    end = ["", "This page is intentionally left blank"]
    if edition.layout == "supporting_indicators_2016":
        return [
            " ",
            f"Children and Families Performance FY{edition.financial_year} Q{edition.quarter} part 1",
            "",
            "Supporting Indicator\tUpdated\tLatest update\tCurrent Performance\tbetter or worse than previous data point\t\tTrend Charts\tnational benchmark\t\t",
            "Children and young people are safe within caring family homes\t\t\t\t\t\t\t\t",
        ], end
    if edition.layout == "compared_to_previous_2020":
        return [
            f"Children and Families Performance {edition.financial_year} Quarter {edition.quarter} Help children in {edition.area} to live in safe, stable environments and have secure\tLatest update\tCompared to previous data\tTarget*\tStatus RAG\tNational benchmark (quartile 1 : top)\t\t",
            "attachments\tT\t1\t\t\t\t_\t",
        ], end
    if edition.layout == "previous_and_latest_2022":
        return [
            "\t\t\tReporting\tPrevious\tPrevious\tLatest Period\tLatest Value\t\tTarget\tStatus RAG\ttop)\taverage",
        ], end
    return [" Children at most risk are protected from harm and kept safe", ""], ["RAG rating key", ""]


def render(edition: Edition, rng: random.Random | None = None) -> str:
    """The edition as a file's text."""
    before, after = frame(edition)
    lines = list(before)
    for row in edition.rows:
        lines += row_lines(edition.layout, row.cells, rng)
    return "\n".join([*lines, *after])


# -- noise ------------------------------------------------------------------------------------------


def lose_tab(line: str, rng: random.Random) -> str:
    """One tab between two filled cells becomes a space."""
    cells = line.split("\t")
    places = [i for i in range(len(cells) - 1) if cells[i].strip() and cells[i + 1].strip()]
    if not places:
        return line
    at = rng.choice(places)
    return "\t".join([*cells[:at], f"{cells[at]} {cells[at + 1]}", *cells[at + 2 :]])


def add_tab(line: str, rng: random.Random) -> str:
    """An empty cell appears somewhere after the label."""
    cells = line.split("\t")
    at = rng.randrange(3, len(cells)) if len(cells) > 4 else len(cells)
    return "\t".join([*cells[:at], "", *cells[at:]])


def misread_icon(line: str, rng: random.Random) -> str:
    """A status icon is read as a letter before the colour."""
    cells = line.split("\t")
    return "\t".join(f"{rng.choice('SGO')} {c}" if c in ("G", "A", "R") else c for c in cells)


def double_quartile(line: str, rng: random.Random) -> str:
    """The quartile digit is printed again, in the next cell or in a cell of its own."""
    cells = line.split("\t")
    for at in range(len(cells) - 2, 2, -1):
        if cells[at] in ("1", "2", "3", "4") and cells[at + 1]:
            if rng.random() < 0.5:
                cells[at + 1] = f"{cells[at]} {cells[at + 1]}"
            else:
                cells.insert(at, cells[at])
            break
    return "\t".join(cells)


def wrap_label(line: str, rng: random.Random) -> str:
    """The label breaks over two lines."""
    head, _, rest = line.partition("\t")
    words = head.split(" ")
    breaks = [
        i
        for i in range(2, len(words))
        if words[i][:1].islower() or words[i - 1].lower() in ("of", "in", "the", "to", "or", "who")
    ]
    if not breaks:
        return line
    at = rng.choice(breaks)
    return f"{' '.join(words[:at])}\n{' '.join(words[at:])}\t{rest}"


def wrap_comparison(line: str, rng: random.Random) -> str:
    """The words of a cell break over two lines of the table."""
    cells = line.split("\t")
    for at, cell in enumerate(cells):
        if at and cell in ("Lower (low is good)", "Higher (high is good)", "Lower - no polarity", "No change"):
            first, _, second = cell.rpartition(" ")
            below = [""] * len(cells)
            below[at] = second
            cells[at] = first
            return "\t".join(cells) + "\n" + "\t".join(below)
    return line


TABLE_NOISE = (lose_tab, add_tab, misread_icon, double_quartile, wrap_label, wrap_comparison)


def break_flow(line: str, rng: random.Random) -> list[str]:
    """A flowing row (label and figures in one line) broken over lines as a narrow page would break it."""
    words = line.split(" ")
    out: list[str] = []
    current = ""
    width = rng.randrange(80, 104)
    for word in words:
        if current and len(current) + 1 + len(word) > width:
            out += [current + " ", ""]
            current = word
        else:
            current = f"{current} {word}" if current else word
    return [*out, current, ""]
