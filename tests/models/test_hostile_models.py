"""Hostile model folders and names, where predict.py, design.py and tokenizers meet them."""

import json

import pytest
from transformers import PreTrainedConfig

from aptarank.core.errors import InputError
from aptarank.models.encoder import checkpoint_config
from aptarank.models.tokenizer import load_tokenizer
from made_aptamers import TINY_CANDIDATES
from program_folders import PROGRAMS, program_folder
from small_models import saved

KNOWN = "name,sequence,score\na,ACGTACG,1\nb,GGGTACG,2\nc,TTTTACG,3\n"
PAIRS = "Sequence1,Sequence2\nACGTACG,GGGTACG\n"


@pytest.fixture
def theirs(tmp_path, monkeypatch):
    """A rank model's folder, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "theirs"
    saved(folder)
    for name, text in (("c.csv", TINY_CANDIDATES), ("known.csv", KNOWN), ("pairs.csv", PAIRS)):
        (tmp_path / name).write_text(text)
    return folder


@pytest.mark.parametrize("form", PROGRAMS)
def test_design_refuses_a_program(theirs, program, form):
    program_folder(theirs, form, PROGRAMS[form])
    program("ingest", "known.csv", "--better", "higher")
    said = program("design", "--model", theirs, "--known", "aptamers.csv", code=1).output
    assert "is a program" in said
    assert not (theirs.parent / "ran").exists()


@pytest.mark.parametrize("form", PROGRAMS)
def test_predict_reads_the_weights_and_no_program(theirs, program, form):
    program_folder(theirs, form, PROGRAMS[form])
    program("predict", "pairs.csv", "--model", theirs)
    assert not (theirs.parent / "ran").exists()


def test_a_tokenizer_that_gives_up_is_said(theirs, program):
    path = theirs / "tokenizer.json"
    found = json.loads(path.read_text())
    pattern = {"Regex": "(A|A)+$"}  # tries 2^n ways
    found["pre_tokenizer"] = {
        "type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False
    }  # fmt: skip
    path.write_text(json.dumps(found))
    (theirs.parent / "as.csv").write_text(f"sequence\n{'A' * 39}C\n{'A' * 38}C\n")
    said = program("rank", "as.csv", "--model", theirs, code=1).output
    assert "cannot read these aptamers" in said


@pytest.mark.parametrize("name", ["tokenizer.1.0.0.json", "../tokenizer.1.0.0.json"])
def test_no_other_file_stands_in_for_the_checked_tokenizer(theirs, name):
    path = theirs / "tokenizer_config.json"
    found = json.loads(path.read_text()) | {"fast_tokenizer_files": [name]}
    path.write_text(json.dumps(found))
    with pytest.raises(InputError, match="fast_tokenizer_files"):
        load_tokenizer(theirs)


def test_what_the_hub_says_of_how_to_run_a_model_is_not_taken(theirs, monkeypatch):
    stored = json.loads((theirs / "config.json").read_text())

    def hub_has(**more):
        found = (stored | more, {})
        monkeypatch.setattr(PreTrainedConfig, "get_config_dict", lambda name: found)

    hub_has(attn_implementation="kernels-of/others", dtype="float16")
    assert checkpoint_config("a/b")._attn_implementation != "kernels-of/others"
    hub_has(quantization_config={"quant_method": "bitsandbytes"})
    with pytest.raises(InputError, match="checkpoint a/b: quantization_config"):
        checkpoint_config("a/b")
