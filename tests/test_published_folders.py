"""Folders that are published at once."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from publishing.folders import publish_tree


def write(text: str):
    def fill(folder, before):
        for name in ("a", "b"):
            (folder / name).write_text(text)

    return fill


def test_a_reader_never_sees_two_versions_or_none(tmp_path):
    target = tmp_path / "publish" / "site"
    publish_tree(target, write("0"))
    seen, faults, stop, read_one = [], [], threading.Event(), threading.Event()

    def read():
        while not stop.is_set():
            try:
                folder = os.path.realpath(target)
                seen.append({Path(folder, name).read_text() for name in ("a", "b")})
                assert (target / "a").exists()
            except (OSError, AssertionError) as error:
                faults.append(error)
            read_one.set()

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 100):
        # Who has followed the link has until the publishing after the next: here a reader that ended in between.
        read_one.clear()
        read_one.wait(10)
        publish_tree(target, write(str(number)))
    stop.set()
    reader.join()
    assert faults == [] and len(seen) > 50 and all(len(found) == 1 for found in seen)
    assert (target / "a").read_text() == "99"
    assert len(list((tmp_path / "publish" / ".versions").iterdir())) == 2


def test_who_followed_the_link_reads_on_unless_what_stands_there_may_not_be_read_any_more(tmp_path):
    target = tmp_path / "site"
    publish_tree(target, write("0"))
    followed = target.resolve()
    publish_tree(target, write("1"))
    assert (followed / "b").read_text() == "0"
    second = target.resolve()
    publish_tree(target, write("2"), keep_before=False)
    assert not followed.exists() and not second.exists() and (target / "a").read_text() == "2"


def test_a_failure_leaves_what_stood(tmp_path):
    target = tmp_path / "site"
    publish_tree(target, write("first"))

    def fail(folder, before):
        (folder / "a").write_text("half")
        raise RuntimeError("disk full")

    with pytest.raises(RuntimeError):
        publish_tree(target, fail)
    assert (target / "a").read_text() == "first"
    assert len(list((tmp_path / ".versions").iterdir())) == 1


def test_what_has_not_changed_is_linked_from_the_version_before(tmp_path):
    target = tmp_path / "site"
    publish_tree(target, write("first"))
    inode = (target / "a").stat().st_ino
    publish_tree(target, lambda folder, before: os.link(before / "a", folder / "a"))
    assert (target / "a").stat().st_ino == inode


def test_a_folder_of_somebody_else_is_not_touched(tmp_path):
    target = tmp_path / "site"
    target.mkdir()
    (target / "mine").write_text("mine")
    with pytest.raises(FileExistsError, match="Move it away"):
        publish_tree(target, write("x"))
    assert (target / "mine").read_text() == "mine"
