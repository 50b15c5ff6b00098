// Sorting and filtering of the benchmark table. Without this file the table is whole, in the order of topics.
"use strict";

const table = document.getElementById("benchmarks");
const tools = document.getElementById("tools");

if (table && tools) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const shown = document.getElementById("shown");
  const topic = document.getElementById("topic");

  const keyOf = (row, column, kind) => {
    const cell = row.cells[column];
    if (kind === "text") return cell.textContent.trim().toLowerCase();
    return cell.dataset.value === undefined || cell.dataset.value === "" ? null : Number(cell.dataset.value);
  };

  // Rows without a value stay last in both directions.
  const compare = (a, b, turn) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return turn * (typeof a === "string" ? a.localeCompare(b, "en") : a - b);
  };

  const sort = (column, kind) => {
    const turn = heads[column].getAttribute("aria-sort") === "ascending" ? -1 : 1;
    const rows = [...body.rows].map((row, place) => ({ row, place, key: keyOf(row, column, kind) }));
    rows.sort((a, b) => compare(a.key, b.key, turn) || a.place - b.place);
    body.append(...rows.map((one) => one.row));
    heads.forEach((head) => head.removeAttribute("aria-sort"));
    heads[column].setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
  };

  heads.forEach((head, column) => {
    if (!head.dataset.sort) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(column, head.dataset.sort));
  });

  const filter = () => {
    let count = 0;
    for (const row of body.rows) {
      row.hidden = topic.value !== "" && row.dataset.topic !== topic.value;
      if (!row.hidden) count += 1;
    }
    shown.textContent = `${count} of ${body.rows.length} indicators shown`;
  };

  topic.addEventListener("change", filter);
  filter();
  tools.hidden = false;
}
