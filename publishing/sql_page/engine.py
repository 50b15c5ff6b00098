"""The SQL engine of the page: DuckDB for browsers, a pinned pair of npm packages, checked and laid into a folder.

`make sql-engine` runs this. Nothing of it is in the repository: `vendor/` is ignored. npm fetches the packages, and
nothing of theirs is run here; where there is no npm, the two .tgz files can be brought along in a folder.
Without the engine the site has no SQL page, and everything else is as it was.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ENGINE_DIR = ROOT / "vendor" / "duckdb-wasm"
NAMES = ("duckdb.js", "arrow.js", "duckdb-worker.js", "duckdb.wasm.gz", "LICENCES.txt", "engine.json")
#: Without a network npm tries for minutes before it says so.
_NPM_SECONDS = 90


class EngineError(Exception):
    """The engine could not be fetched or is not what it should be; the message says what to do."""


@dataclass(frozen=True)
class Package:
    """An npm package in one version. `files` maps what is taken of it to its name here."""

    name: str
    version: str
    licence: str
    home: str
    integrity: str
    files: Mapping[str, str]

    @property
    def archive(self) -> str:
        return f"{self.name.removeprefix('@').replace('/', '-')}-{self.version}.tgz"


PACKAGES = (
    Package(
        "@duckdb/duckdb-wasm",
        "1.32.0",
        "MIT",
        "https://github.com/duckdb/duckdb-wasm",
        "sha512-IewXTNYEjsZCPE9weUWgtjGxUlMRo7qhX0GF6tq/KjK8bnY+RAl4cyUdYUfcdzbyb4b9ZxPC+FOsCcxgaKFWMg==",
        {
            "dist/duckdb-browser.mjs": "duckdb.js",
            "dist/duckdb-browser-eh.worker.js": "duckdb-worker.js",
            "dist/duckdb-eh.wasm": "duckdb.wasm",
        },
    ),
    Package(
        "apache-arrow",
        "17.0.0",
        "Apache-2.0",
        "https://github.com/apache/arrow",
        "sha512-X0p7auzdnGuhYMVKYINdQssS4EcKec9TCXyez/qtJt32DrIMGbzqiaMiQ0X6fQlQpw8Fl0Qygcv4dfRAr5Gu9Q==",
        {"Arrow.es2015.min.js": "arrow.js", "LICENSE.txt": "LICENCE.arrow", "NOTICE.txt": "NOTICE.arrow"},
    ),
)


def is_installed(folder: Path = ENGINE_DIR) -> bool:
    """Whether the whole engine of these versions lies in `folder`."""
    try:
        noted = json.loads((folder / "engine.json").read_text())
    except (OSError, ValueError):
        return False
    return noted.get("packages") == _versions() and all((folder / name).is_file() for name in NAMES)


def install(folder: Path = ENGINE_DIR, archives: Path | None = None) -> None:
    """Lay the engine into `folder`, at once. `archives` is a folder with the .tgz files; without it npm fetches them.

    EngineError without npm, without the registry, or when a package is not the one that was pinned.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as aside:
        fetched, made = Path(aside) / "fetched", Path(aside) / "made"
        fetched.mkdir()
        made.mkdir()
        for package in PACKAGES:
            archive = (archives or _fetch(package, fetched)) / package.archive
            _verify(archive, package)
            _extract(archive, package, made)
        _adapt(made)
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def _versions() -> dict[str, str]:
    return {package.name: package.version for package in PACKAGES}


def _fetch(package: Package, folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise EngineError(
            "npm was not found. Install Node.js, or bring the packages along: on a machine with npm run "
            f"{' and '.join(f'`npm pack {p.name}@{p.version}`' for p in PACKAGES)}, then here "
            "make sql-engine FROM=folder."
        )
    command = [npm, "pack", "--ignore-scripts", "--silent", f"{package.name}@{package.version}"]
    try:
        subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=_NPM_SECONDS)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = f": {error.stderr.strip()[-500:]}" if isinstance(error.stderr, str) and error.stderr.strip() else "."
        raise EngineError(f"npm could not fetch {package.name} {package.version}{said}") from error
    return folder


def _verify(archive: Path, package: Package) -> None:
    if not archive.is_file():
        raise EngineError(f"{archive.name} is not in {archive.parent}.")
    digest = hashlib.sha512(archive.read_bytes()).digest()
    if f"sha512-{base64.b64encode(digest).decode()}" != package.integrity:
        raise EngineError(f"{archive.name} is not the package that was pinned: its hash differs. It is not used.")


def _extract(archive: Path, package: Package, folder: Path) -> None:
    with tarfile.open(archive) as packed:
        for name, ours in package.files.items():
            member = packed.extractfile(f"package/{name}")
            if member is None:
                raise EngineError(f"{archive.name} has no {name}.")
            with (folder / ours).open("wb") as file:
                shutil.copyfileobj(member, file)


def _adapt(folder: Path) -> None:
    """Make of the packages' files what a page without a bundler can load, and pack the engine once."""
    script = (folder / "duckdb.js").read_text(encoding="utf-8")
    for name in ("u", "d"):
        wanted = f'import*as {name} from"apache-arrow"'
        if wanted not in script:
            raise EngineError("@duckdb/duckdb-wasm is not built as expected: its import of apache-arrow was not found.")
        script = script.replace(wanted, f"const {name}=globalThis.Arrow")
    (folder / "duckdb.js").write_text(_without_map(script), encoding="utf-8")
    for name in ("arrow.js", "duckdb-worker.js"):
        (folder / name).write_text(_without_map((folder / name).read_text(encoding="utf-8")), encoding="utf-8")
    wasm = folder / "duckdb.wasm"
    with (folder / "duckdb.wasm.gz").open("wb") as file:
        file.write(gzip.compress(wasm.read_bytes(), compresslevel=9, mtime=0))
    wasm.unlink()
    licences = [f"{p.name} {p.version}, {p.licence}, {p.home}" for p in PACKAGES]
    licences += [(folder / name).read_text(encoding="utf-8") for name in ("LICENCE.arrow", "NOTICE.arrow")]
    (folder / "LICENCES.txt").write_text("\n\n".join(licences), encoding="utf-8")
    for name in ("LICENCE.arrow", "NOTICE.arrow"):
        (folder / name).unlink()
    (folder / "engine.json").write_text(json.dumps({"packages": _versions()}, indent=2) + "\n")


def _without_map(script: str) -> str:
    # Otherwise a browser's tools ask for a file that is not there.
    head, _, tail = script.rpartition("//# sourceMappingURL=")
    return head if head and "\n" not in tail.strip() else script


def main() -> int:
    """`make sql-engine`."""
    parser = argparse.ArgumentParser(description="Lay the SQL engine of the site into vendor/duckdb-wasm.")
    parser.add_argument("--from", dest="archives", type=Path, help="folder with the packages' .tgz files")
    archives = parser.parse_args().archives
    if is_installed() and archives is None:
        print(f"The SQL engine is there: {ENGINE_DIR}")
        return 0
    try:
        install(archives=archives)
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"The SQL engine lies in {ENGINE_DIR}. The next refresh publishes the SQL page.")
    return 0
