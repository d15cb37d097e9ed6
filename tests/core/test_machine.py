"""What the machine has, found without PyTorch."""

import os

import pytest

from aptarank.core.machine import gpus, may_have_gpu


@pytest.fixture
def fake_gpu(tmp_path, monkeypatch):
    """An nvidia-smi that lists a GPU, or fails."""

    def make(script):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return make


def test_a_gpu_that_nvidia_smi_lists(fake_gpu):
    fake_gpu("echo 'NVIDIA A100, 570.1'")
    assert gpus() == ["NVIDIA A100, 570.1"]
    assert may_have_gpu()


def test_an_nvidia_smi_that_fails(fake_gpu):
    fake_gpu("echo 'no devices were found' >&2; exit 9")
    assert gpus() == []
