"""What the manifest says of a run is so."""

import os
import subprocess

import pytest

from aptarank.provenance import manifest


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def thesis(tmp_path):
    """Somebody's own repository, with a folder in it."""
    git(tmp_path, "init", "-q", "thesis")
    git(tmp_path / "thesis", "commit", "--allow-empty", "-m", "thesis")
    (tmp_path / "thesis/aptarank").mkdir()
    return tmp_path / "thesis"


def test_the_commit_is_of_this_workflow_alone(thesis, tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "HOME", thesis / "aptarank")  # a release, unpacked
    assert manifest.git_state() is None
    monkeypatch.setenv("GIT_DIR", str(thesis / ".git"))  # as within a hook of the thesis
    assert manifest.git_state() is None
    (tmp_path / "link").symlink_to(thesis)
    monkeypatch.setattr(manifest, "HOME", tmp_path / "link")
    assert len(manifest.git_state()["commit"]) == 40
    monkeypatch.setattr(manifest, "HOME", tmp_path)
    assert manifest.git_state() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")
def test_the_commit_of_a_checkout_that_belongs_to_another_user(thesis, monkeypatch):
    for path in (thesis, thesis / ".git"):
        os.chown(path, 65534, 65534)
    monkeypatch.setattr(manifest, "HOME", thesis)
    monkeypatch.delenv("SUDO_UID", raising=False)  # git would take that user's files, too
    assert len(manifest.git_state()["commit"]) == 40
