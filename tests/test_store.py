"""The store keeps what was paid for: nothing lost, nothing twice, nothing mixed."""

import multiprocessing
import os
import signal
import time

import pyarrow.parquet as pq
import pytest
from synthesis import program, store
from synthesis.errors import InputError, Terminated
from synthesis.store import COMPLETIONS, Key, Place, Store


def place(index, sample=0, text="a", source="source"):
    return Place(Key(f"id{index}", sample, text), source, index)


def values(text):
    return {
        "text": text,
        "finish_reason": "stop",
        "prompt_tokens": 1,
        "completion_tokens": 2,
        "log_probabilities": None,
        "engine": "stand_in",
        "engine_version": "1",
    }


def open_store(root, **identity):
    return Store(root, "generate_responses", identity or {"model": "m"}, COMPLETIONS)


def add(rows, places, attempt="first", chunk_rows=1000, text="text"):
    with rows.writer(attempt, chunk_rows, 1000) as writer:
        for where in places:
            writer.add(where, values(f"{text} {where.index}"))


def test_rows_come_back_by_key(tmp_path):
    rows = open_store(tmp_path)
    places = [place(index, sample) for index in range(5) for sample in range(2)]
    add(rows, places)
    found = rows.read(places)
    assert set(found) == {where.key for where in places}
    assert found[place(3, 1).key]["text"] == "text 3"
    assert rows.missing([*places, place(9)]) == [place(9)]


def test_another_input_under_the_same_id_is_another_row(tmp_path):
    rows = open_store(tmp_path)
    add(rows, [place(1, text="old question")])
    assert rows.missing([place(1, text="new question")]) == [place(1, text="new question")]
    assert rows.read([place(1, text="new question")]) == {}


def test_other_settings_have_another_fingerprint(tmp_path):
    warm, cold = open_store(tmp_path, temperature=0.7), open_store(tmp_path, temperature=0.8)
    add(warm, [place(1)])
    assert cold.missing([place(1)])
    assert warm.fingerprint != cold.fingerprint
    assert open_store(tmp_path, temperature=0.70).fingerprint == warm.fingerprint


def test_buckets_do_not_depend_on_shards_and_split_large_sources(tmp_path):
    rows = open_store(tmp_path)
    add(rows, [place(0), place(4095), place(4096), place(0, source="source-b")])
    assert sorted(path.name for path in rows.folder.iterdir()) == ["source-000000", "source-000001", "source-b-000000"]


def test_chunks_close_after_the_given_rows(tmp_path):
    rows = open_store(tmp_path)
    add(rows, [place(index) for index in range(10)], chunk_rows=4)
    chunks = store.chunk_files(rows.folder / "source-000000")
    assert [pq.read_metadata(path).num_rows for path in chunks] == [4, 4, 2]


def test_chunks_close_after_the_given_seconds(tmp_path):
    rows = open_store(tmp_path)
    with rows.writer("first", 1000, 0) as writer:
        writer.add(place(1), values("text"))
        writer.publish_if_due()
        assert rows.read([place(1)])


def test_rows_before_an_error_are_published(tmp_path):
    rows = open_store(tmp_path)
    with pytest.raises(RuntimeError), rows.writer("first", 1000, 1000) as writer:
        writer.add(place(1), values("text"))
        raise RuntimeError("the engine broke")
    assert not rows.missing([place(1)])


def test_the_first_of_two_writers_counts_and_no_row_is_lost(tmp_path):
    rows = open_store(tmp_path)
    places = [place(index) for index in range(6)]
    add(rows, places[:4], attempt="first", text="first")
    add(rows, places[2:], attempt="second", text="second")
    found = rows.read(places)
    assert [found[where.key]["attempt"] for where in places] == ["first"] * 4 + ["second"] * 2


def _write_in_process(root, number):
    add(open_store(root), [place(index) for index in range(50)], attempt=f"writer {number}", chunk_rows=1)


def test_writers_at_the_same_time_do_no_harm(tmp_path):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write_in_process, args=(tmp_path, number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    rows = open_store(tmp_path)
    chunks = store.chunk_files(rows.folder / "source-000000")
    assert len(chunks) == 200
    first = rows.read([place(index) for index in range(50)])
    assert len(first) == 50
    assert rows.read([place(index) for index in range(50)]) == first
    assert not list(rows.folder.glob("*/.*"))


def test_killed_in_the_middle_of_a_write_leaves_nothing_visible(tmp_path, monkeypatch):
    rows = open_store(tmp_path)
    add(rows, [place(1)])
    child = os.fork()
    if not child:
        monkeypatch.setattr(os, "link", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        add(rows, [place(2)])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert rows.missing([place(1), place(2)]) == [place(2)]
    add(rows, [place(2)])
    assert not rows.missing([place(1), place(2)])


def test_sigterm_publishes_the_open_chunk(tmp_path):
    rows = open_store(tmp_path)
    restore = program._raise_on_sigterm()
    try:
        with pytest.raises(Terminated), rows.writer("first", 1000, 1000) as writer:
            writer.add(place(1), values("text"))
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(5)
    finally:
        restore()
    assert not rows.missing([place(1)])


def test_sigterm_during_a_write_waits_for_its_end(tmp_path, monkeypatch):
    rows = open_store(tmp_path)
    link = os.link

    def signalled_link(*names):
        os.kill(os.getpid(), signal.SIGTERM)
        link(*names)

    monkeypatch.setattr(os, "link", signalled_link)
    restore = program._raise_on_sigterm()
    try:
        with pytest.raises(Terminated):
            add(rows, [place(1)])
    finally:
        restore()
    assert not rows.missing([place(1)])


def test_a_damaged_chunk_is_named(tmp_path):
    rows = open_store(tmp_path)
    add(rows, [place(1)])
    chunk = store.chunk_files(rows.folder / "source-000000")[0]
    chunk.write_bytes(b"not parquet")
    with pytest.raises(InputError, match=f"{chunk}.*move it away"):
        rows.missing([place(1)])


def test_forgotten_rows_move_to_the_trash_and_others_stay(tmp_path):
    root, trash = tmp_path / "store", tmp_path / "trash"
    rows, others = open_store(root), open_store(root, model="another run's")
    places = [place(index) for index in range(10)]
    for bought, run in ((rows, "mine"), (others, "other")):
        add(bought, places, chunk_rows=4)
        bought.note_use(run)
    assert store.forget(root, "generate_responses", "mine", trash, lambda source, index: index < 5) == 5
    assert rows.missing(places) == places[:5]
    assert not others.missing(places)
    assert sum(pq.read_metadata(path).num_rows for path in trash.rglob("*.parquet")) >= 5
    assert store.forget(root, "generate_responses", "mine", tmp_path / "more", lambda source, index: True) == 5
    assert rows.missing(places) == places


def test_forgetting_a_row_changes_no_other_row(tmp_path):
    """The rows that stay keep their place before those of a second writer."""
    rows = open_store(tmp_path / "store")
    rows.note_use("mine")
    places = [place(index) for index in range(4)]
    add(rows, places, attempt="first", text="first")
    add(rows, places, attempt="second", text="second")
    before = rows.read(places[1:])
    store.forget(tmp_path / "store", "generate_responses", "mine", tmp_path / "trash", lambda source, index: index == 0)
    assert rows.read(places[1:]) == before
    assert rows.missing(places) == places[:1]


def test_a_damaged_chunk_is_named_by_forget(tmp_path):
    rows = open_store(tmp_path / "store")
    rows.note_use("mine")
    add(rows, [place(1)])
    chunk = store.chunk_files(rows.folder / "source-000000")[0]
    chunk.write_bytes(b"not parquet")
    with pytest.raises(InputError, match="move it away"):
        store.forget(tmp_path / "store", "generate_responses", "mine", tmp_path / "trash", lambda source, index: True)
