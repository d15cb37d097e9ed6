"""An encoder with a linear path, or one that skips constant positions: when, and in every form."""

import json
import shutil

import numpy as np
import pytest
import torch
from torch import nn

from aptarank.core.errors import InputError
from aptarank.exports.variants import FORMS, load_variant, write_variant
from aptarank.models.depth import depths_of, set_depth
from aptarank.models.encoder import load_model
from aptarank.models.model_inputs import build_inputs, encode
from aptarank.models.predictor import Predictor, encoder_in
from aptarank.models.torch_inference import as_tensors, torch_forward
from aptarank.predictors.assemble import blend, save
from aptarank.predictors.fit import ridge
from aptarank.predictors.linear_path import (
    additive_and_trees,
    columns_read,
    first_path,
    resolve,
    with_path,
)
from aptarank.predictors.normal_scores import normal_scores
from aptarank.programs.json_options import model_settings
from aptarank.training.loop import calibrate, finetune
from made_aptamers import random_sequences
from small_models import ALONE, CPU, TOKENIZER, model, settings

RNG = np.random.default_rng(8)
CORES = random_sequences(160, RNG, 10, 10)
LIBRARY = ["GGGAAA" + core + "TTTCCC" for core in CORES]
WEIGHTS = RNG.normal(size=(10, 4))


def additive(cores, noise=2.0):
    clean = np.array([sum(WEIGHTS[i, "ACGT".index(b)] for i, b in enumerate(c)) for c in cores])
    return clean + np.random.default_rng(1).normal(scale=noise, size=len(cores))


def by_combinations(cores):
    """Whether the first two bases are equal, and then the next two: nothing for a linear fit."""
    return np.array([2.0 * (c[0] == c[1]) + (c[2] == c[3]) for c in cores])


def chosen(**given):
    return model_settings(json.dumps(given), ["kind=rank"])


def made(*, linear_path):
    """A model to train on the library."""
    path = first_path(LIBRARY, additive(CORES), 1) if linear_path else None
    return with_path(model("rank"), path, columns_read(LIBRARY))


def logits(any_model, sequences):
    inputs = build_inputs(encode(TOKENIZER, sequences), np.arange(len(sequences)))
    return torch_forward(any_model.eval(), CPU)(inputs)


def said_by(labels):
    """The settings that labels decide, without the figures that they decide by."""
    found = resolve(chosen(), CORES, labels, 1, reads_bases=True)
    assert -1 <= found.pop("trees") <= 1
    assert -1 <= found.pop("ridge") <= 1
    return found


def test_labels_decide():
    """Noisy additive labels: a linear path, much dropout, few steps. Combinations of bases, or
    additive labels without noise: neither."""
    noisy, clean = additive(CORES), by_combinations(CORES)
    ahead, behind = additive_and_trees(CORES, noisy, 1)
    assert behind < ahead < 0.8
    ahead, behind = additive_and_trees(CORES, clean, 1)
    assert behind > ahead + 0.2
    assert said_by(noisy) == {"linear_path": True, "dropout": 0.2, "steps": 800}
    without = {"linear_path": False, "dropout": 0.02, "steps": 3000}
    assert said_by(clean) == without
    assert said_by(additive(CORES, noise=0)) == without


def test_settings_decide_first():
    own = {"linear_path": True, "dropout": 0.1, "steps": 7}
    assert resolve(chosen(**own), CORES, by_combinations(CORES), 1, reads_bases=True) == own
    without = {"linear_path": False, "dropout": 0.02, "steps": 3000}
    noisy = additive(CORES)
    assert resolve(chosen(freeze=True), CORES, noisy, 1, reads_bases=True) == without
    assert resolve(chosen(), CORES[:9], noisy[:9], 1, reads_bases=True) == without
    assert resolve(chosen(), CORES, noisy, 1, reads_bases=False) == without


@pytest.mark.parametrize(
    ("cores", "reads_bases", "said"),
    [(CORES, False, "needs a model whose tokens are bases"), ([], True, "all have only bounds")],
)
def test_a_path_that_cannot_be(cores, reads_bases, said):
    with pytest.raises(InputError, match=f"linear_path: true .*{said}"):
        resolve(chosen(linear_path=True), cores, additive(cores), 1, reads_bases=reads_bases)


def test_what_is_read():
    assert columns_read(LIBRARY) == [0, *range(7, 17), 23]
    assert columns_read(CORES) is None  # all vary
    assert columns_read([*LIBRARY, "ACGT"]) is None  # of several lengths
    assert columns_read([]) is None
    assert columns_read(["ACGT", "ACGT"]) is None


def test_it_stays_an_encoder_where_nothing_asks_for_more():
    assert not isinstance(with_path(model("rank"), None, None), Predictor)


def test_it_starts_as_a_ridge():
    start = made(linear_path=True)
    expected = ridge(LIBRARY, 2 * normal_scores(additive(CORES)), 1).scores(LIBRARY)
    assert np.allclose(logits(start, LIBRARY), expected, atol=1e-3)


@pytest.mark.parametrize("linear_path", [True, False])
def test_constant_positions_are_not_read(linear_path):
    """Their bases change nothing in the encoder; what is shorter or longer is still read."""
    library = made(linear_path=linear_path)
    encoder = encoder_in(library)
    torch.nn.init.normal_(encoder.classifier.weight)
    alone = library.members[0]
    flanked = [f"CATTTA{core}GGGTTT" for core in CORES]

    def scores(sequences):
        inputs = build_inputs(encode(TOKENIZER, sequences), np.arange(len(sequences)))
        with torch.inference_mode():
            return alone(as_tensors(inputs)).numpy()

    assert np.allclose(scores(LIBRARY), scores(flanked), atol=1e-5)
    assert np.ptp(scores(LIBRARY)) > 0.01
    assert np.isfinite(scores(["ACGT", "A", "ACGT" * 20])).all()


def test_it_learns_calibrates_and_comes_back(parts, tmp_path):
    """On the parts of other tests, whose fitness is additive with combinations."""
    train, validation = parts
    fitness = train.comparison.low[np.argsort(train.comparison.aptamers)]
    path = first_path(list(train.sequences), fitness, 1)
    begun = with_path(model("rank"), path, columns_read(train.sequences))
    before = {name: value.clone() for name, value in begun.state_dict().items()}
    history = finetune(begun, *parts, settings("rank", steps=60, evaluate_every=20), 1, ALONE)
    assert history["validation_accuracy"].max() > 0.9
    after = begun.state_dict()
    assert not torch.equal(before["members.1.bases"], after["members.1.bases"])
    assert not torch.equal(
        before["members.0.model.classifier.weight"], after["members.0.model.classifier.weight"]
    )
    temperature = calibrate(begun, validation, validation.pairs, CPU)
    scaled = logits(begun, LIBRARY)
    assert begun.weights.tolist() == pytest.approx([1 / temperature] * 2)
    save(begun, tmp_path / "model", TOKENIZER)
    loaded = load_model(tmp_path / "model")
    assert np.allclose(logits(loaded, LIBRARY), scaled, atol=1e-5)
    twice = blend({"rank": loaded}, {"rank": 2.0}, "blend")
    assert np.allclose(logits(twice, LIBRARY), 2 * scaled, atol=1e-4)


HERE = [name for name, form in FORMS.items() if form.missing(CPU) is None]


@pytest.fixture(scope="module")
def library_model():
    trained = made(linear_path=True)
    nn.init.normal_(encoder_in(trained).classifier.weight, std=0.1)
    return trained


@pytest.mark.parametrize("name", [name for name in HERE if name != "torch-compile"])
@pytest.mark.slow
def test_forms(library_model, name, tmp_path):
    folder = tmp_path / name
    inputs = build_inputs(encode(TOKENIZER, LIBRARY[:40]), np.arange(40))
    about = write_variant(name, library_model, [inputs], 20, folder)
    (folder / "variant.json").write_text(json.dumps(about | {"skipped": None}))
    forward = load_variant(folder, 1, CPU, made_here=True)
    tolerance = {"fp32": 1e-3, "bf16": 0.3, "int8": 0.5}[FORMS[name].precision]
    for some in (LIBRARY[40:], ["ACGT", *CORES[:3], "ACGT" * 20]):
        tokens = build_inputs(encode(TOKENIZER, some), np.arange(len(some)))
        expected = torch_forward(library_model, CPU)(tokens)
        assert np.abs(forward(tokens) - expected).max() < tolerance


def test_depths(library_model):
    assert depths_of(library_model, [1]) == [1, 2]
    full = logits(library_model, LIBRARY)
    set_depth(library_model, 1)
    assert not np.allclose(logits(library_model, LIBRARY), full, atol=1e-3)
    set_depth(library_model, 2)
    assert np.allclose(logits(library_model, LIBRARY), full, atol=1e-6)


def test_columns_of_a_strange_file(library_model, tmp_path):
    save(library_model, tmp_path / "model", TOKENIZER)
    config = json.loads((tmp_path / "model/config.json").read_text())
    for columns in ([-1, 3], [0, 10**9], ["a"], 7, [0, 600]):
        strange = shutil.copytree(tmp_path / "model", tmp_path / "strange", dirs_exist_ok=True)
        config["members"][0]["columns"] = columns
        (strange / "config.json").write_text(json.dumps(config))
        with pytest.raises(InputError, match="strange"):
            load_model(strange)
