"""Predictors without an encoder: the model computes what scikit-learn fitted, in every form."""

import json

import numpy as np
import pytest
import torch
from scipy.stats import rankdata, spearmanr
from sklearn.ensemble import ExtraTreesRegressor

from aptarank.config.names import PREDICTORS as NAMES
from aptarank.core.errors import InputError
from aptarank.exports.onnx_model import export_onnx
from aptarank.exports.onnx_runtime import onnx_forward
from aptarank.models.encoder import load_model
from aptarank.models.model_inputs import build_inputs, encode
from aptarank.models.tokenizer import nucleotide_tokenizer
from aptarank.models.torch_inference import as_tensors
from aptarank.predictors.assemble import assemble, blend, reads_bases, save
from aptarank.predictors.features import base_codes, one_hot, word_counts
from aptarank.predictors.fit import PREDICTORS, SHARES, trees
from aptarank.predictors.normal_scores import normal_scores
from aptarank.use.load_scorer import load_scorer
from made_aptamers import random_sequences
from small_models import TOKENIZER, model

RNG = np.random.default_rng(3)
TRAIN = random_sequences(150, RNG, 6, 14)
OTHERS = [*random_sequences(40, RNG, 1, 30), "ACGT" * 20]


def fitness_of(sequences):
    return np.array([s.count("A") + 2 * (s[0] == "G") + 3 * ("CCG" in s) for s in sequences], float)


@pytest.fixture(scope="module")
def members():
    return {name: fit(TRAIN, fitness_of(TRAIN), 1) for name, fit in PREDICTORS.items()}


def test_names():
    assert tuple(PREDICTORS) == NAMES


def test_words_are_counted():
    sequences = ["ACGTA", "A", "GGGGG"]
    counts = word_counts(base_codes(sequences, 5))
    words = ["A", "C", "G", "T"]
    words += [a + b for a in "ACGT" for b in "ACGT"]
    for row, sequence in enumerate(sequences):
        for column, word in enumerate(words):
            found = sum(sequence.startswith(word, start) for start in range(len(sequence)))
            assert counts[row, column] == found, (sequence, word)
    assert counts.shape == (3, 4 + 16 + 64 + 256)
    assert counts[2, -256 + 0b10101010] == 2  # GGGG


def test_ridge_is_linear_in_bases_and_words(members):
    module = members["ridge"].module
    weights = [w.detach().numpy() for w in module.words]
    codes = base_codes(OTHERS, module.positions)
    words = word_counts(base_codes(OTHERS, 80))
    expected = one_hot(codes) @ module.bases.detach().numpy()
    expected = expected + words @ np.concatenate(weights) + module.bias.item()
    assert np.allclose(members["ridge"].scores(OTHERS), expected, atol=1e-4)
    assert any(weight.any() for weight in weights)  # CCG counts wherever it is


def test_trees_are_those_of_scikit_learn(members):
    columns = one_hot(base_codes(TRAIN, 14))
    wanted = one_hot(base_codes(OTHERS, 14))
    found = members["trees"].scores(OTHERS)
    fits = []
    for share in SHARES:
        forest = ExtraTreesRegressor(
            200, max_features=share, min_samples_leaf=2, max_leaf_nodes=2000, random_state=1
        )
        fits.append(np.abs(forest.fit(columns, fitness_of(TRAIN)).predict(wanted) - found).max())
    assert min(fits) < 1e-4


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("gp", lambda equal, apart, scale: np.exp(-scale * apart)),
        ("additive_pairwise", lambda equal, apart, scale: (1 + scale * equal) ** 2),
    ],
)
def test_kernels_by_plain_loops(members, name, kernel):
    module = members[name].module
    known, scale = module.known.numpy(), module.scale.item()
    read = (known < 4).any(axis=0)
    expected = []
    for sequence in OTHERS:
        codes = base_codes([sequence], known.shape[1])[0]
        total = module.bias.item()
        for other, coefficient in zip(known, module.coefficients.tolist(), strict=True):
            both = [(a, b) for a, b, used in zip(codes, other, read, strict=True) if used]
            equal = sum(a == b < 4 for a, b in both)
            apart = sum(int(a < 4) + int(b < 4) for a, b in both) / 2 - equal
            total += coefficient * kernel(equal, apart, scale)
        expected.append(total)
    assert np.allclose(members[name].scores(OTHERS), expected, rtol=1e-3, atol=0.01)


def test_nearest_by_plain_loops():
    train, fitness = ["AAAA", "AACC", "GGGG"], np.array([1.0, 2.0, 5.0])
    found = PREDICTORS["nearest"](train, fitness, 1).scores(["AAAC", "AAAA", "GGGC", "TGGG"])
    assert found == pytest.approx([1.5, 1.0, 5.0, 5.0])


@pytest.mark.parametrize("name", PREDICTORS)
def test_each_learns(name):
    """Substitutions of one parent, as most measured sets are: sites that add up."""
    rng = np.random.default_rng(1)
    effects = rng.normal(size=(30, 4))
    sequences = ["".join(rng.choice(list("ACGT"), p=[0.7, 0.1, 0.1, 0.1], size=30))]
    parent = base_codes(sequences, 30)[0]
    codes = np.where(rng.random((400, 30)) < 0.1, rng.integers(4, size=(400, 30)), parent)
    sequences = ["".join("ACGT"[code] for code in row) for row in codes]
    fitness = effects[np.arange(30), codes].sum(1)
    member = PREDICTORS[name](sequences[:300], normal_scores(fitness[:300]), 1)
    assert spearmanr(member.scores(sequences[300:]), fitness[300:])[0] > 0.35


@pytest.mark.parametrize("name", PREDICTORS)
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_few_aptamers(name, count):
    scores = PREDICTORS[name](TRAIN[:count], fitness_of(TRAIN[:count]), 1).scores(OTHERS)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("name", ["gp", "additive_pairwise", "nearest", "trees"])
def test_positions_that_never_vary_are_not_read(name):
    flanks = ["GGGAAA" + s + "TTTCCC" for s in random_sequences(80, RNG, 8, 8)]
    member = PREDICTORS[name](flanks, fitness_of(flanks), 1)
    changed = ["CATTTA" + sequence[6:] for sequence in flanks]
    assert np.allclose(member.scores(flanks), member.scores(changed), atol=1e-5)


def test_normal_scores():
    """By rank: an outlier is one more rank; ties are equal."""
    found = normal_scores(np.array([1.0, 5.0, 5.0, 1e9]))
    assert found[1] == found[2]
    assert found[0] == pytest.approx(-found[3])
    assert abs(found).max() < 2
    assert rankdata(found).tolist() == [1, 2.5, 2.5, 4]


def test_a_folder_comes_back(members, tmp_path):
    weights = {name: 0.5 + place for place, name in enumerate(members)}
    save(assemble(members, weights, "stack"), tmp_path / "model")
    expected = sum(weight * members[name].scores(TRAIN) for name, weight in weights.items())
    scorer = load_scorer(tmp_path / "model", 1, "cpu")
    assert scorer.kind.scores_aptamers
    assert np.allclose(scorer.scores(TRAIN), expected, rtol=1e-4, atol=1e-4)
    files = {path.name for path in (tmp_path / "model").iterdir()}
    assert files == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


def blended(members):
    stack = assemble(members, dict.fromkeys(members, 0.5), "stack")
    encoders = {name: model("rank", seed=seed).eval() for seed, name in enumerate(["rank", "more"])}
    weights = {"stack": 2.0, "rank": 3.0, "more": 1.5}
    return stack, encoders, blend({"stack": stack} | encoders, weights, "blend")


def test_a_blend_is_the_weighted_sum(members, tmp_path):
    stack, encoders, made = blended(members)
    save(made, tmp_path / "model", TOKENIZER)
    inputs = as_tensors(build_inputs(encode(TOKENIZER, TRAIN), np.arange(len(TRAIN))))
    with torch.inference_mode():
        ours = made(**inputs).logits[:, 0]
        one, two = (encoder(**inputs).logits[:, 0] for encoder in encoders.values())
        expected = 2 * stack(**inputs).logits[:, 0] + 3 * one + 1.5 * two
        assert torch.allclose(ours, expected, atol=1e-4)
        loaded = load_model(tmp_path / "model")
        assert torch.allclose(loaded(**inputs).logits[:, 0], ours, atol=1e-4)


@pytest.mark.parametrize("which", ["stack", "blend"])
def test_onnx_gives_the_same(members, which, tmp_path):
    stack, _, made = blended(members)
    chosen, tokenizer = (made, TOKENIZER) if which == "blend" else (stack, None)
    tokenizer = tokenizer or nucleotide_tokenizer(512, types=False)
    inputs = build_inputs(encode(tokenizer, TRAIN), np.arange(len(TRAIN)))
    path = tmp_path / "model.onnx"
    export_onnx(chosen, {name: values[:2] for name, values in inputs.items()}, path, 20)
    forward = onnx_forward(path, 1)
    for some in (TRAIN, OTHERS, ["A"], ["ACGTNNACG", "RYK"]):
        inputs = build_inputs(encode(tokenizer, some), np.arange(len(some)))
        with torch.inference_mode():
            expected = chosen(**as_tensors(inputs)).logits[:, 0].numpy()
        assert np.abs(forward(inputs) - expected).max() < 1e-3


def test_which_tokenizers_can_be_blended():
    assert reads_bases(TOKENIZER)
    assert reads_bases(nucleotide_tokenizer(512, padding=1))
    assert not reads_bases(nucleotide_tokenizer(512, k=3))


HOSTILE = {
    "a form that is none": {"form": "pickle"},
    "depth without end": {"form": "trees", "depth": 10**9},
    "sizes beyond memory": {"form": "rbf", "known": 10**9, "positions": 10**9},
    "not an encoder": {"form": "encoder", "config": {"model_type": "gpt2"}},
    "an unknown encoder": {"form": "encoder", "config": {"model_type": "none", "auto_map": "x.y"}},
    "layers without end": {
        "form": "encoder",
        "config": {"model_type": "bert", "num_hidden_layers": 10**9},
    },
    "no weight": {"weight": None},
    "a weight that is text": {"weight": "much"},
    "a weight that is not finite": {"weight": float("nan")},
    "other sizes": {"positions": 3},
}


@pytest.mark.parametrize("change", HOSTILE)
def test_a_folder_from_elsewhere_is_data(members, change, tmp_path):
    name = "trees" if "depth" in change else "ridge"
    save(assemble(members, {name: 1.0}, name), tmp_path / "model")
    path = tmp_path / "model/config.json"
    config = json.loads(path.read_text())
    config["members"][0] |= HOSTILE[change]
    path.write_text(json.dumps(config))
    with pytest.raises(InputError):
        load_scorer(tmp_path / "model", 1, "cpu")


@pytest.mark.parametrize("members_given", [None, 7, ["x"], {"form": "linear"}, [None], [{}]])
def test_members_that_are_not_a_list_of_members(members, members_given, tmp_path):
    save(assemble(members, {"ridge": 1.0}, "ridge"), tmp_path / "model")
    path = tmp_path / "model/config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"members": members_given}))
    with pytest.raises(InputError):
        load_scorer(tmp_path / "model", 1, "cpu")


def test_nodes_out_of_range(tmp_path):
    member = trees(TRAIN, fitness_of(TRAIN), 1)
    member.module.yes[:] = 10**8
    save(assemble({"trees": member}, {"trees": 1.0}, "trees"), tmp_path / "model")
    with pytest.raises(InputError, match="cannot be run"):
        load_scorer(tmp_path / "model", 1, "cpu")
