"""A user's own questions: read whole, or refused with the place of the fault."""

import pytest
from synthesis.errors import InputError
from synthesis.imported_questions import read_questions


def write(tmp_path, content: bytes, name="own.jsonl"):
    (tmp_path / name).write_bytes(content)
    return tmp_path / name


def test_lines_are_split_at_line_feeds_only(tmp_path):
    path = write(tmp_path, '{"question": "One\u2028two?"}\n{"question": " Three? "}\n'.encode())
    assert read_questions(path, "question") == ["One\u2028two?", "Three?"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b'{"question": "One?"}\n{"query": "Two?"}\n', r"own.jsonl.*2 has no column question \(it has: query\)"),
        (b'{"question": "One?"}\n{"question": " "}\n', r"own.jsonl.*2 has no question in its column question"),
        (b'{"question": "One?"}\n{"question": \n', r"own.jsonl.*2"),
        ('{"question": "Größe?"}\n'.encode("latin-1"), r"own.jsonl.*UTF-8"),
        (b"", r"own.jsonl.*no rows"),
    ],
)
def test_a_fault_is_named_with_its_place(tmp_path, content, sentence):
    with pytest.raises(InputError, match=sentence):
        read_questions(write(tmp_path, content), "question")
