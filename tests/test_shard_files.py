"""Files of shards as a shell command names them."""

import subprocess

from synthesis.shard_files import compact


def expanded(text: str) -> list[str]:
    result = subprocess.run(["bash", "-c", f"printf '%s\\n' {text}"], capture_output=True, text=True, check=True)
    return result.stdout.splitlines()


def test_compact_names_are_the_same_for_the_shell():
    paths = [f"results/run/{stage}/{source}/{n:05d}.parquet" for stage in "ab" for source in "xy" for n in range(12)]
    paths += ["results/run/a/x/00003.signatures.parquet", "results/run/a/x/00004.signatures.parquet"]
    paths += ["results/run/a/x/00007.parquet", "results/with blank/00001.json", "resources/model.json"]
    assert expanded(compact(paths)) == paths
    assert compact(paths).count("..") == 5


def test_four_hundred_shards_of_ten_stages_fit_in_a_command():
    paths = [
        f"results/a_long_name/generate_responses_{s}/source/{n:05d}.parquet" for s in range(10) for n in range(400)
    ]
    assert len(" ".join(paths)) > 128 * 1024
    assert len(compact(paths)) < 2000
    assert expanded(compact(paths)) == paths
