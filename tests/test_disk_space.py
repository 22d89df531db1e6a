"""A disk that fills up: one sentence, nothing half-written, and the next start goes on."""

import subprocess

import pytest
from synthesis import schema
from test_paid_programs import Bench

SETTINGS = {"samples": 20, "sampling": {"temperature": 1, "max_tokens": 8}}


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 256 KiB; needs the right to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small file system can't be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_ends_with_a_sentence_and_the_next_start_goes_on(small_disk, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SYNTHESIS_ALLOW_STAND_IN", "1")
    bench = Bench(tmp_path)
    bench.questions([f"What is {number} + {number}?" for number in range(40)])
    (tmp_path / "store").symlink_to(small_disk)
    filler = small_disk / "filler"
    filler.write_bytes(b"x" * (256 * 1024 - 40 * 1024))
    with pytest.raises(AssertionError):
        bench.respond(
            range(40), settings={"samples": 20, "sampling": {"temperature": 1, "max_tokens": 8}}, chunk_rows=50
        )
    assert "no disk space left for" in capsys.readouterr().err
    assert not (tmp_path / "responses.parquet").exists()
    assert not [path for path in small_disk.rglob("*") if path.name.endswith(".partial")]
    bought = len(list(small_disk.glob("generate_responses/*/*/*.parquet")))
    filler.unlink()
    rows = bench.respond(range(40), settings=SETTINGS)
    assert len(rows) == 800
    assert bench.bought() == 800 - 50 * bought
    assert len(schema.read(tmp_path / "responses.parquet", schema.RESPONSES)) == 800
