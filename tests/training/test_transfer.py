"""What a model starts from: masked tokens restored first, or another dataset's model."""

import json
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM, AutoTokenizer

from aptarank.core.errors import InputError
from aptarank.models.encoder import load_model, make_model
from aptarank.models.model_inputs import build_inputs, encode
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.models.torch_inference import as_tensors
from aptarank.training.pretraining import IGNORED, Masking, read_sequences
from architectures import save_checkpoint
from made_aptamers import random_sequences
from snakemake_runs import ROOT

WORDS = nucleotide_tokenizer(512)


@pytest.mark.parametrize("span", [1, 3])
def test_masks(span):
    """15 % of the bases are to be restored: 80 % are hidden, 10 % another base, 10 % themselves."""
    sequences = random_sequences(400, np.random.default_rng(1), 20, 40)
    inputs = as_tensors(build_inputs(encode(WORDS, sequences), np.arange(400)))
    ids, masking = inputs["input_ids"], Masking(WORDS, span)
    shown, labels = masking.hide(ids.clone(), torch.Generator().manual_seed(1))
    chosen = labels != IGNORED
    base = ids >= len(WORDS) - 4
    assert not (chosen & ~base).any()
    assert torch.equal(labels[chosen], ids[chosen])
    assert torch.equal(shown[~chosen], ids[~chosen])
    share = chosen.sum() / base.sum()
    assert share == pytest.approx(0.15, abs=0.015)
    hidden = shown[chosen] == WORDS.mask_token_id
    assert hidden.float().mean() == pytest.approx(0.8, abs=0.03)
    replaced = shown[chosen][~hidden]
    assert set(replaced.tolist()) == set(WORDS.convert_tokens_to_ids(list("ACGT")))
    same = (replaced == ids[chosen][~hidden]).float().mean()
    assert same == pytest.approx(0.5 + 0.5 / 4, abs=0.08)  # of four bases, one is itself
    # Hidden tokens stand together: more than one in two has a hidden one behind it.
    together = (chosen[:, 1:] & chosen[:, :-1]).sum() / chosen.sum()
    assert (together > 0.5) == (span == 3)
    again = masking.hide(ids.clone(), torch.Generator().manual_seed(1))
    assert torch.equal(shown, again[0])


def test_unlabelled_sequences(tmp_path):
    cases = {
        "a.fa": ">one\nACGU\nAC\n>two\nacgtac\n>bad\nACNX\n",
        "a.fq": "@one\nACGUAC\n+\nIIIIII\n@bad\nACX\n+\nIII\n",
        "a.csv": "id,sequence\n1,ACGTAC\n2,N\n",
    }
    for name, text in cases.items():
        (tmp_path / name).write_text(text)
        assert read_sequences(tmp_path / name) == (["ACGTAC"], 1)
    for text, said in (
        ("@one\nACG\n+\nI\n", "not FASTA or FASTQ"),
        ("id,seq\n1,A\n", "no column 'sequence'"),
        (">x\nNNN\n", "none of its 1 records is a sequence"),
    ):
        (tmp_path / "bad").write_text(text)
        with pytest.raises(InputError, match=said):
            read_sequences(tmp_path / "bad")


@pytest.fixture
def lab(program, scored):
    """Aptamers that have a word in common, ingested and split in the current folder."""
    scored["sequence"] = [f"{s}GATTACAGATTACA" for s in scored["sequence"]]
    scored.to_csv("scored.csv", index=False)
    program("ingest", "scored.csv", "--better", "higher")
    program("split", "aptamers.csv")
    return program


DATA = ["--aptamers", "aptamers.csv", "--split", "split.csv", "--tokenizer", "tokenizer"]


@pytest.mark.parametrize("architecture", [None, "roberta"])
def test_masked_tokens_are_learnt_and_finetuning_starts_there(lab, tmp_path, architecture):
    """The encoder is that of `pretrained`, the head is new; the same seed gives the same bytes."""
    settings = {"kind": "rank", "pretrain": 200 if architecture is None else 6, "batch_size": 32}
    if architecture:
        folder = save_checkpoint(architecture, tmp_path / "hub")
        settings |= {"checkpoint": str(folder), "tokenizer": "pretrained"}
    given = ["--settings", json.dumps(settings)]
    lab("tokenizer", "aptamers.csv", *given)
    lab("pretrain", *DATA, *given)
    history = pd.read_csv("pretraining.csv")
    if architecture is None:
        assert len(history) == 20
        assert history["loss"].iloc[-3:].mean() < 0.75 * history["loss"].iloc[0]
        assert history["accuracy"].iloc[-3:].mean() > 0.5
    else:
        lab("pretrain", *DATA, *given, "-o", "again")
        again = tmp_path / "again/model.safetensors"
        assert again.read_bytes() == (tmp_path / "pretrained/model.safetensors").read_bytes()
    pretrained = AutoModelForMaskedLM.from_pretrained("pretrained").base_model.state_dict()
    chosen = {"size": "nano", "checkpoint": None, "tokenizer": "nucleotide", "dropout": 0.1}
    model = make_model(chosen | settings, AutoTokenizer.from_pretrained("tokenizer"), "pretrained")
    ours = model.base_model.state_dict()
    assert all(torch.equal(weight, ours[name]) for name, weight in pretrained.items())
    assert model.config.num_labels == 1


def test_test_aptamers_are_never_pretrained_on(lab):
    """Though the file of unlabelled sequences has them; too long ones are left out too."""
    known, split = pd.read_csv("scored.csv")["sequence"], pd.read_csv("split.csv")
    train = (split["part"] == "train").sum()
    others = [*known.str.replace("T", "U"), "ACCA", "GGTT", "C" * 600]
    pd.DataFrame({"sequence": others}).to_csv("more.csv", index=False)
    lab("tokenizer", "aptamers.csv")
    settings = ["--settings", '{"pretrain": 1}', "--unlabelled", "more.csv"]
    said = lab("pretrain", *DATA, *settings).output
    assert f"2 sequences more; left out: {len(known)} of the aptamers, 1 too long, 0 no DNA" in said
    assert f"{train + 2} sequences," in said
    assert "expected the number of steps" in lab("pretrain", *DATA, code=1).output


@pytest.mark.parametrize("how", ["SIGURG", "SIGKILL"])
@pytest.mark.slow
def test_a_pretraining_that_is_stopped_goes_on(lab, tmp_path, how):
    """Stopped, as SLURM does it, or killed in a step, it ends with the same bytes."""
    given = ["--settings", '{"kind": "rank", "pretrain": 30, "batch_size": 16}']
    lab("tokenizer", "aptamers.csv", *given)
    lab("pretrain", *DATA, *given)
    program = [sys.executable, ROOT / "scripts/pretrain.py", *DATA, *given, "-o", "again"]
    program += ["--history", "again.csv", "--checkpoints", "kept", "--checkpoint-steps", "1"]
    code = f"""
import os, runpy, sys
sys.path.insert(0, {str(ROOT / "scripts")!r})
from aptarank.training.pretraining import Pretraining
learn = Pretraining.train_step
def stopped(self):
    learn(self)
    if self.step == 7:
        os.kill(os.getpid(), {int(signal.Signals[how])})
Pretraining.train_step = stopped
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    first = [sys.executable, "-c", code, *program[1:]]
    done = subprocess.run(first, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == (128 + signal.SIGURG if how == "SIGURG" else -signal.SIGKILL), done
    assert not (tmp_path / "again").exists()
    done = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=True)
    step = 7 if how == "SIGURG" else 6
    assert f"going on from the checkpoint of step {step}" in done.stderr
    weights = "model.safetensors"
    for mine, whole in (
        ("again.csv", "pretraining.csv"),
        (f"again/{weights}", f"pretrained/{weights}"),
    ):
        assert (tmp_path / mine).read_bytes() == (tmp_path / whole).read_bytes()
    assert not (tmp_path / "kept").exists()


@pytest.mark.slow
def test_in_the_workflow(snakemake, tmp_path, scored):
    """A model pretrained on bpe, and one that starts from it on another dataset."""
    for name, rows in (("old", scored.iloc[:70]), ("new", scored.iloc[50:])):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "more.fa").write_text(">a\nACGUACGU\n")
    quick = "steps: 3, batch_size: 8, evaluate_every: 1, tokenizer: bpe, vocabulary: 20"
    config = f"""
    run: t
    datasets: {{old: {{path: old.csv, better: higher}}, new: {{path: new.csv, better: higher}}}}
    models:
      rank: {{{quick}, pretrain: 4, unlabelled: more.fa}}
      tuned: {{{quick}, kind: rank, init_from: old/rank, learning_rate: 1.0e-9}}
    """
    done = snakemake("-n", config=config)
    plan = done.stdout + done.stderr
    assert "results/t/new/tuned/seed-1/metrics.json" in plan
    assert "more.fa" in plan
    assert "old/tuned" not in plan
    snakemake("results/t/new/tuned/seed-1/model", config=config)
    results = tmp_path / "results/t"
    assert not (results / "new/rank").exists()
    pretrained, old, tuned = (
        load_file(results / f"{folder}/model.safetensors")
        for folder in (
            "old/rank/seed-1/pretrained",
            "old/rank/seed-1/model",
            "new/tuned/seed-1/model",
        )
    )
    assert set(pretrained) - set(old)  # the head that restores tokens
    # What was trained with next to no learning rate is what it started from; its head is scaled.
    encoder = [name for name in old if name.startswith("albert.")]
    assert max((old[name] - tuned[name]).abs().max() for name in encoder) < 1e-6
    heads = old["classifier.weight"], tuned["classifier.weight"]
    assert torch.cosine_similarity(*heads).item() == pytest.approx(1)
    model = load_model(results / "new/tuned/seed-1/model")
    assert model.config.aptarank["init_from"] == "old/rank"
    files = [results / f"{name}/tokenizer/tokenizer.json" for name in ("old/rank", "new/tuned")]
    assert files[0].read_bytes() == files[1].read_bytes()
