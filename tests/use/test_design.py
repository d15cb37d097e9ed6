"""Design: constraints that always hold, a search that finds what is there, tables and the rule."""

import dataclasses
import itertools
import re
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from aptarank.config.resolution import resolve
from aptarank.core.errors import InputError
from aptarank.use.constraints import Constraints, Space, to_codes, to_text
from aptarank.use.genetic import NONE, GeneticSettings, evolve, standardised, summarise
from aptarank.use.lineage import ancestry, candidates
from designs import constraints
from snakemake_runs import ROOT, planned, run_snakemake

SMALL = GeneticSettings(
    population=40,
    generations=12,
    tournament=3,
    crossover=0.9,
    mutation=0.05,
    insertion=0.2,
    deletion=0.2,
    elite=0.2,
    kappa=0.0,
    seed=1,
)


def changed(**values):
    return dataclasses.replace(SMALL, **values)


def landscape(seed, width=12):
    """A score of sequences: what each base adds, and each two neighbours."""
    rng = np.random.default_rng(seed)
    alone, pairs = rng.normal(size=(width, 5)), rng.normal(size=(width - 1, 25))

    def score(sequences):
        short = np.arange(width) >= np.array([len(text) for text in sequences])[:, None]
        codes = np.where(short, 4, to_codes(sequences, width))
        both = 5 * codes[:, :-1].astype(int) + codes[:, 1:]
        total = alone[np.arange(width), codes].sum(1) + pairs[np.arange(width - 1), both].sum(1)
        return total[None]

    return score


def every(shortest, longest):
    """All sequences of some lengths."""
    return [
        "".join(letters)
        for length in range(shortest, longest + 1)
        for letters in itertools.product("ACGT", repeat=length)
    ]


def meets(sequence, limits):
    """The constraints, by plain text."""
    whole = limits.five + sequence + limits.three
    share = sum(base in "GC" for base in sequence) / len(sequence)
    run = limits.homopolymer or len(whole)
    return (
        limits.length[0] <= len(sequence) <= limits.length[1]
        and limits.gc[0] - 1e-9 <= share <= limits.gc[1] + 1e-9
        and not any(word in whole for word in limits.forbidden)
        and not any(base * (run + 1) in whole for base in "ACGT")
    )


words = st.text("ACGT", min_size=1, max_size=4)
percent = st.integers(0, 100).map(lambda number: number / 100)
limits = st.builds(
    Constraints,
    st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda ends: tuple(sorted(ends))),
    st.tuples(percent, percent).map(lambda ends: tuple(sorted(ends))),
    st.lists(words, max_size=3, unique=True).map(tuple),
    st.sampled_from([None, 1, 2, 3]),
    st.text("ACGT", max_size=3),
    st.text("ACGT", max_size=3),
)


@settings(max_examples=60)
@given(limits)
def test_a_space_has_what_the_constraints_allow(limits):
    """The sequences that are allowed, counted and drawn are those that plain text finds."""
    those = every(*limits.length)
    fit = [meets(sequence, limits) for sequence in those]
    try:
        space = Space(limits)
    except InputError as error:
        refused = re.search("is possible|redesigned", str(error))
        assert refused
        assert not any(fit)
        return
    lengths = np.array([len(sequence) for sequence in those])
    assert space.allows(to_codes(those, limits.length[1]), lengths).tolist() == fit
    assert space.size() == sum(fit)
    drawn = to_text(*space.draw(200, np.random.default_rng(1)))
    assert all(meets(sequence, limits) for sequence in drawn)


def test_what_is_drawn_is_spread_by_the_composition():
    share = np.array([0.4, 0.1, 0.2, 0.3])
    space = Space(constraints(4, 5), composition=share)
    drawn = "".join(to_text(*space.draw(5000, np.random.default_rng(1))))
    found = [drawn.count(base) / len(drawn) for base in "ACGT"]
    assert found == pytest.approx(share, abs=0.02)
    alike = Space(constraints(3, 3, gc=(0.3, 0.7), homopolymer=1))
    counts = pd.Series(to_text(*alike.draw(5000, np.random.default_rng(1)))).value_counts()
    assert len(counts) == alike.size()
    assert counts.max() < 2 * counts.min()


TIGHT = Constraints((7, 11), (0.3, 0.7), ("GAT", "CC"), 2, "TTG", "ACA", 3)


@pytest.fixture(scope="module")
def run():
    """A run within tight constraints: space, all that was scored, its history."""
    rng = np.random.default_rng(5)
    known = ["".join(rng.choice(list("ACGT"), rng.integers(7, 12))) for _ in range(30)]
    space = Space(TIGHT, known)
    return space, *evolve(landscape(1), space, SMALL)


def test_constraints_hold_for_all_that_is_scored(run):
    space, scored, _ = run
    assert len(scored) > 300
    for sequence in scored["sequence"]:
        assert meets(sequence, TIGHT)
        assert min(Levenshtein.distance(sequence, other) for other in space.known) >= 3


def test_nothing_is_scored_twice(run):
    calls = []

    def score(sequences):
        calls.extend(sequences)
        return landscape(1)(sequences)

    _, scored, _ = run
    assert scored["sequence"].is_unique
    again, history = evolve(score, run[0], SMALL)
    assert calls == again["sequence"].tolist()
    assert history["evaluated"].iloc[-1] == len(calls)
    # All of it, the scores to the last bit.
    pd.testing.assert_frame_equal(again, scored, check_exact=True)
    assert not evolve(score, run[0], changed(seed=2))[0].equals(scored)


def test_the_best_is_never_lost(run):
    _, scored, history = run
    assert (history["best"].diff().iloc[1:] >= 0).all()
    assert history["best"].iloc[-1] == scored["lcb"].max()
    sofar = scored.groupby("generation")["lcb"].max().cummax()
    assert history["best"].to_numpy() == pytest.approx(sofar.to_numpy())
    assert history["median"].iloc[-1] > history["median"].iloc[0]
    assert (history["size"] == 40).all()
    without = evolve(landscape(1), run[0], changed(elite=0.0))[1]
    assert (without["best"].diff() < 0).any()


def test_lineage_is_what_was_done(run):
    """A child is made of its parents' bases at the same places, but for what its operation says."""
    _, scored, _ = run
    kinds = set()
    for number, row in scored.iterrows():
        parents = [parent for parent in (row["parent1"], row["parent2"]) if parent != NONE]
        if row["generation"] == 0:
            assert (row["operation"], parents) == ("random", [])
            continue
        if row["operation"] == "random":
            continue
        assert all(parent < number for parent in parents)
        assert (scored.loc[parents, "generation"] < row["generation"]).all()
        told = row["operation"]
        kinds |= set(re.sub(r"\d+ ", "", told).split("; "))
        assert ("crossover" in told) == (len(parents) == 2)
        edits = sum(map(int, re.findall(r"(\d+) (?:substituted|deleted|inserted)", told)))
        texts = scored.loc[parents, "sequence"].tolist()
        if len(parents) == 1:
            assert 1 <= Levenshtein.distance(texts[0], row["sequence"]) <= edits
        elif not edits:
            assert row["sequence"] in crossed(*texts, points=int(told[-1]))
    assert kinds == {"crossover at 1", "crossover at 2", "substituted", "deleted", "inserted"}


def crossed(first, second, points):
    """All that crossover at these points can make of two parents."""
    shorter = min(len(first), len(second))
    if points == 1:
        return {first[:cut] + second[cut:] for cut in range(1, shorter)}
    return {
        first[:low] + second[low:high] + first[high:]
        for low in range(1, shorter)
        for high in range(low + 1, shorter + 1)
    }


def test_better_than_random_search():
    """400 of 65,536 sequences are scored: as many random ones reach the top 0.1 % in a third of
    runs, and in all six with a chance of 0.001."""
    those = every(8, 8)
    space, ranks = Space(constraints(8, 8)), []
    for seed in range(6):
        score = landscape(seed, 8)
        true = np.sort(score(those)[0])
        one = changed(seed=seed, generations=11, insertion=0.0, deletion=0.0)
        scored, _ = evolve(score, space, one)
        assert len(scored) <= 400
        ranks.append(len(true) - np.searchsorted(true, scored["lcb"].max(), side="right"))
    assert sum(rank < 0.001 * len(those) for rank in ranks) == 6
    assert np.median(ranks) < 10


def test_all_there_is_can_be_scored():
    """The run ends where no other sequence is left, and it has found the best of all."""
    space = Space(constraints(3, 3, homopolymer=1))
    scored, history = evolve(landscape(2), space, changed(population=20, generations=50))
    assert len(scored) == space.size() == 36
    assert history["generation"].iloc[-1] < 50
    best = landscape(2)([text for text in every(3, 3) if meets(text, space.constraints)]).max()
    assert scored["lcb"].max() == best


def test_known_aptamers_as_the_first_generation():
    first = ["ACACACA", "TGTGTGTG", "AGAGAGAGA"]
    space = Space(constraints(7, 9, min_distance=2), first)
    scored, history = evolve(landscape(3), space, SMALL, first)
    assert scored["sequence"].iloc[:3].tolist() == first
    assert scored["operation"].iloc[:4].tolist() == ["known"] * 3 + ["random"]
    assert history["newcomers"].iloc[0] == 37
    best = candidates(scored, len(scored), space, ["a", "b", "c"])
    assert len(best) == len(scored) - 3
    assert (best["distance"] >= 2).all()
    assert set(best["nearest"]) == {"a", "b", "c"}


def test_the_table_of_candidates(run):
    space, scored, _ = run
    best = candidates(scored, 10, space, [f"k{n}" for n in range(30)], rna=True)
    assert best["rank"].tolist() == list(range(1, 11))
    assert best["lcb"].tolist() == sorted(scored["lcb"], reverse=True)[:10]
    for row in best.itertuples():
        assert row.aptamer == ("TTG" + row.sequence + "ACA").replace("T", "U")
        number = int(row.id[1:]) - 1
        assert scored.loc[number, "sequence"] == row.sequence
        far = [Levenshtein.distance(row.sequence, other) for other in space.known]
        assert (row.distance, far[int(row.nearest[1:])]) == (min(far), min(far))
        assert row.gc == pytest.approx(sum(base in "GC" for base in row.sequence) / row.length)
    whole = ancestry(scored, best["id"])
    assert set(best["id"]) <= set(whole["id"])
    named = {parent for text in whole["parents"] for parent in text.split()}
    assert named <= set(whole["id"])
    assert set(whole.loc[whole["generation"] == 0, "parents"]) == {""}


def test_models_count_alike_whatever_their_scale():
    """Standardised, the bound is the same for scores that are shifted and stretched."""
    rng = np.random.default_rng(1)
    known = rng.normal(size=(3, 50))
    stretch, shift = np.array([[1], [10], [0.1]]), np.array([[0], [3], [-7]])
    scores = rng.normal(size=(3, 8))
    plain = standardised(lambda texts: scores, known, "abc")([])
    other = standardised(lambda texts: stretch * scores + shift, stretch * known + shift, "abc")([])
    assert other == pytest.approx(plain)
    told = summarise(plain, 2.0)
    assert told["lcb"].to_numpy() == pytest.approx(plain.mean(0) - 2 * plain.std(0, ddof=1))
    assert summarise(plain[:1], 0.0)["uncertainty"].isna().all()
    with pytest.raises(InputError, match="b: it scores all 50 known aptamers the same"):
        standardised(None, known * [[1], [0], [1]], "abc")


def test_the_bound_keeps_away_from_what_the_models_disagree_on():
    """Two models agree on sequences with an A first, and disagree, the more so the higher."""
    rows = {base: np.array(pair) for base, pair in {"A": (1, 1), "C": (5, 0)}.items()}

    def score(sequences):
        return np.stack([rows.get(text[0], rows["A"] - 1) for text in sequences], axis=1)

    space = Space(constraints(6, 6))
    bold, careful = (evolve(score, space, changed(kappa=kappa))[0] for kappa in (0.0, 1.0))
    assert bold.loc[bold["lcb"].idxmax(), "sequence"][0] == "C"
    assert careful.loc[careful["lcb"].idxmax(), "sequence"][0] == "A"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (constraints(8, 6), "length is from 8 to 6"),
        (constraints(6, 6, gc=(0.8, 0.2)), "gc is from 0.8 to 0.2"),
        (constraints(5, 5, gc=(0.45, 0.55)), "no sequence of 5 to 5 bases .*GC content from 0.45"),
        (
            constraints(6, 6, forbidden=("A", "C", "G"), homopolymer=3),
            "no sequence of .*none of A, C, G",
        ),
        (constraints(6, 6, forbidden=("GAUC",), five="CCGATCC"), "GAUC, but five_primer"),
        (constraints(6, 6, three="ACGGGGT", homopolymer=3), "homopolymer is 3, but three_primer"),
        (constraints(6, 6, forbidden=("GANTC",)), "forbidden has 'GANTC': degenerate code"),
        (constraints(2, 2), "population is 40, but only 16 sequences"),
        (constraints(6, 6, min_distance=6), "only 0 aptamers at least 6 edits from all 4 known"),
    ],
)
def test_what_cannot_be_is_told(limits, said):
    known = [base * 6 for base in "ACGT"]
    with pytest.raises(InputError, match=said):
        evolve(landscape(1), Space(limits, known), SMALL)


@pytest.mark.parametrize(
    ("design", "said"),
    [
        ("{model: other/rank}", "'other/rank'; expected one of: example/blend, example/rank"),
        ("{model: example/best}", "'example/best'; expected one of: example/blend, example/rank"),
        ("{model: example/pair}", "'example/pair'; expected one of: example/blend, example/rank"),
        ("{model: rank}", "design.model is 'rank'; expected a text"),
        ("{model: example/rank, kappa: 1}", "design.kappa is 1, but there is one seed"),
        ("{length: [5]}", "design.length is .*at least 2 of them"),
        ("{gc: [0, 0.5, 1]}", "design.gc is .*at most 2 of them"),
        ("{elite: 50}", "design.elite is 50; expected at most 1"),
    ],
)
def test_the_config(design, said):
    with pytest.raises(InputError, match=re.compile(said, re.S)):
        resolve({"design": yaml.safe_load(design)})


def test_the_config_of_the_docs():
    page = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)
    assert resolve(yaml.safe_load(block))["design"]["generations"] == 200


def test_the_program(finished, program, tmp_path):
    """An ensemble of ONNX files: same bytes twice, and tables that agree with one another."""
    data = finished / "results/small/lab"
    models = [f"--model={data}/rank/seed-{seed}/onnx/model.onnx" for seed in (1, 2)]
    words = [*models, "--known", data / "aptamers.csv", "--population", 30, "--generations", 3]
    words += ["--kappa", 1, "--keep", 8, "--min-distance", 1, "--five-primer", "GGGAGA"]
    words += ["--threads", 1]
    names = ("designed.csv", "generations.csv", "lineage.csv", "design.svg")
    said = program("design", *words).output
    assert "hypotheses" in said
    first = [(tmp_path / name).read_bytes() for name in names]
    program("design", *words)
    assert [(tmp_path / name).read_bytes() for name in names] == first
    best = pd.read_csv("designed.csv")
    assert best["aptamer"].str.startswith("GGGAGA").all()
    assert best["aptamer"].str.contains("U").any()
    assert not best["aptamer"].str.contains("T").any()  # the known ones are RNA
    assert (best["distance"] >= 1).all()
    assert best["lcb"].to_numpy() == pytest.approx(best["score"] - best["uncertainty"])
    assert (best["uncertainty"] > 0).all()
    known = pd.read_csv(data / "aptamers.csv").set_index("id")["sequence"]
    nearest = known[best["nearest"]].str.replace("U", "T")
    assert best["distance"].tolist() == list(map(Levenshtein.distance, best["sequence"], nearest))
    history = pd.read_csv("generations.csv")
    assert history["generation"].tolist() == [0, 1, 2, 3]
    assert history["best"].iloc[-1] == pytest.approx(best["lcb"].iloc[0])
    assert set(best["id"]) <= set(pd.read_csv("lineage.csv")["id"])
    drawn = (tmp_path / "design.svg").read_text()
    assert all(word in drawn for word in ("best known aptamer", "median", "generation"))


def test_the_program_refuses(finished, program):
    data = finished / "results/small/lab"
    known = ["--known", data / "aptamers.csv", "--threads", 1]
    pair, rank = (data / f"{kind}/seed-1/model" for kind in ("pair", "rank"))
    assert "kind pair" in program("design", "--model", pair, *known, code=1).output
    said = program("design", "--model", rank, *known, "--kappa", 1, code=1).output
    assert "there is one model" in said
    said = program("design", "--model", rank, *known, "--length", 10, 600, code=1).output
    assert "reads at most 512 tokens" in said


def test_the_rule(finished):
    """Asked for by the config, it takes the models of all seeds, and nothing else is made anew."""
    # Beside it: what Snakemake knows of a finished run are relative paths.
    lab = shutil.copytree(finished, finished.with_name("designing"))
    overlay = "design: {model: lab/rank, generations: 2, population: 20, gc: [0.2, 0.8], kappa: 1}"
    (lab / "design.yaml").write_text(overlay)
    words = ["--configfile", "overlay.yaml", "design.yaml"]
    plan = run_snakemake(lab, "-n", "-p", *words)
    assert planned(plan) == {"design": 1, "manifest": 1}
    assert all(f"rank/seed-{seed}/onnx/model.onnx" in plan.stdout for seed in (1, 2))
    run_snakemake(lab, *words)
    folder = lab / "results/small/design"
    best = pd.read_csv(folder / "designed.csv")
    assert best["gc"].between(0.2, 0.8).all()
    assert best["uncertainty"].notna().all()
    assert (folder / "design.svg").is_file()
