"""Which GPUs a process may use, told by a stand-in for nvidia-smi."""

import pytest
from synthesis import machine

VISIBLE = {
    None: "abc",
    "": "",
    "-1": "",
    "0": "a",
    "2,0": "ca",
    " 1 , 2 ": "bc",
    "0,-1,1": "a",
    "-1,0": "",
    "1,7,0": "b",
    "0,,1": "a",
    "0,0": "",
    "NoDevFiles": "",
    "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6": "a",
    "GPU-8932f937,GPU-11111111": "ab",
    "GPU-8932f937,-1,GPU-11111111": "a",
    "MIG-8932f937": "a",
}


@pytest.mark.parametrize(("setting", "names"), VISIBLE.items(), ids=map(repr, VISIBLE))
def test_visible_gpus_follow_the_rules_of_cuda(tmp_path, monkeypatch, setting, names):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf 'a\\nb\\nc\\n'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    if setting is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", setting)
    machine.gpus.cache_clear()
    try:
        assert "".join(machine.gpu_names()) == names
    finally:
        machine.gpus.cache_clear()
