"""The SQL page: DuckDB in the browser on the published tables, all of it from the site's own folder.

`build_sql_page` writes `sql.html` and the folder `sql/` into a site. The tables go as one DuckDB file (storage v1.0.0,
which the browser's older engine reads), gzipped and fetched whole, as is the engine: so the page works from any static
host, below any path, without range requests or compressing servers. The engine itself comes from `make sql-engine`, see
engine.py; without it there is no page, and `build_sql_page` says so.

A server that sends a content-security policy of its own must allow what POLICY allows, for sql.html and below sql/.
"""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.intake.yaml_files import read_yaml
from publishing.disclosure import Table, comment_on, open_disclosed, public_tables
from publishing.folders import link_or_copy
from publishing.sql_page.engine import ENGINE_DIR, NAMES, is_installed
from runtime.settings import Rule

if TYPE_CHECKING:
    import duckdb

HERE = Path(__file__).parent
PAGE = "sql.html"
FOLDER = "sql"
TITLE = "Ask the data in SQL"
NO_ENGINE = "The site has no SQL page: its engine is not installed. Run `make sql-engine` (it needs npm), then refresh."

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; "
    "style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)
#: What the page needs in its head, in this order; whoever puts the body into another page copies it.
HEAD = (
    f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
    f'<link rel="stylesheet" href="{FOLDER}/sql.css">\n'
    f'<link rel="modulepreload" href="{FOLDER}/duckdb.js">\n'
    f'<script src="{FOLDER}/arrow.js" defer></script>\n'
    f'<script src="{FOLDER}/sql.js" type="module"></script>'
)

#: A table with more rows is left to the exports: the file is fetched whole, and should stay below 20 MB.
TABLE_ROWS = 200_000


def build_sql_page(
    warehouse: Path,
    site: Path,
    disclosure: Rule | str | None = None,
    *,
    wrap: Callable[[str, str, str], str] | None = None,
    engine: Path = ENGINE_DIR,
) -> bool:
    """Write the page into the folder `site`. False, and nothing is written, when the engine is not installed.

    `wrap(title, head, body)` makes the whole page, such as the site's own layout does; `head` and `body` are HTML.
    WarehouseError when the warehouse cannot be read.
    """
    if not is_installed(engine):
        return False
    rule = Rule(disclosure or Rule.none)
    folder = site / FOLDER
    folder.mkdir(parents=True)
    for name in NAMES:
        link_or_copy(engine / name, folder / name)
    for source in (HERE / "static").iterdir():
        shutil.copyfile(source, folder / source.name)
    with open_disclosed(warehouse, rule) as connection:
        tables = public_tables(connection)
        counts = {t.name: connection.execute(f'select count(*) from "{t.name}"').fetchall()[0][0] for t in tables}
        held = [table for table in tables if counts[table.name] <= TABLE_ROWS]
        _write_tables(connection, held, folder / "marts.duckdb.gz")
        built_at = connection.execute("select built_at from build_info").fetchall()[0][0]
    body = _body(
        built_at=f"{built_at:%d %B %Y, %H:%M} UTC",
        rule=rule.value,
        left_out=[table.name for table in tables if table not in held],
        tables=held,
        questions=questions(),
        first=questions()[0]["sql"],
    )
    (site / PAGE).write_text((wrap or _plain_page)(TITLE, HEAD, body), encoding="utf-8")
    return True


def questions() -> list[dict[str, str]]:
    """The worked questions, each with `question` and `sql`."""
    listed = read_yaml(HERE / "questions.yml")
    return [{"question": item["question"], "sql": item["sql"].strip()} for item in listed]


def _write_tables(connection: duckdb.DuckDBPyConnection, tables: Sequence[Table], path: Path) -> None:
    """The tables as a gzipped DuckDB file that the browser's engine opens, with their comments."""
    import duckdb

    with tempfile.TemporaryDirectory(dir=path.parent) as aside:
        file = Path(aside) / "marts.duckdb"
        with duckdb.connect() as made:
            path_text = str(file).replace("'", "''")
            made.execute(f"attach '{path_text}' as made (storage_version 'v1.0.0', block_size 16384)")
            # One transaction: hundreds of comments, each written to the disk by itself, took seconds.
            made.begin()
            made.execute("create schema made.marts")
            for table in tables:
                rows = connection.sql(f'select * from marts."{table.name}"').to_arrow_table()
                made.register("incoming", rows)
                made.execute(f'create table made.marts."{table.name}" as from incoming')
                made.unregister("incoming")
                comment_on(made, "table", f'made.marts."{table.name}"', table)
            made.commit()
            made.execute("checkpoint made")
            made.execute("detach made")
        with path.open("wb") as packed, gzip.GzipFile("", "wb", 9, packed, mtime=0) as zipped, file.open("rb") as whole:
            shutil.copyfileobj(whole, zipped)


def _body(**values: Any) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("page.html.jinja").render(**values)


def _plain_page(title: str, head: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
{head}
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
