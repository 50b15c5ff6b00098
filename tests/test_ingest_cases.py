"""Single rows in trouble: lost, added and doubled cells, broken lines, odd periods, words instead of figures."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ingest.dashboards.layouts import load_layouts
from ingest.dashboards.reader import read

CASES = yaml.safe_load((Path(__file__).parent / "reading_cases.yml").read_text(encoding="utf-8"))
LAYOUTS = {layout.name: layout for layout in load_layouts()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['layout'][-4:]} {case['lines'][0][:40]!r}")
def test_a_row_in_trouble_is_read_as_it_was_meant(case: dict) -> None:
    reading = read(
        case["lines"],
        LAYOUTS[case["layout"]],
        area_name="Leicestershire",
        ends_with_newline=case.get("whole", True),
    )
    found = [{"lines": f"{row.line_from}-{row.line_to}", **row.cells} for row in reading.rows]
    assert found == case["rows"]
    assert [problem.code for problem in reading.problems] == case["problems"]
