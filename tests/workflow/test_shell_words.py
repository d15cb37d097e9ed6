"""Texts of the user's on their way through Snakemake and a shell."""

import json
import re
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from aptarank.workflow.shell_words import shell_words

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@given(st.lists(TEXT, min_size=1))
def test_bash_gets_the_texts(texts):
    """Also where it does not know that they are UTF-8."""
    words = shell_words(texts)
    assert not re.search(r"[<>&{}]", words)
    assert words.isprintable()
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {words}"],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C"},
    )
    assert done.stdout.decode().split("\0")[:-1] == texts


TEXTS = "{dataset}{x}<run></script>&amp; $(touch hacked) '\""
USES = """
run: coded
datasets:
  lab: {path: scored.csv, score: TEXT, sequence: TEXT, name: TEXT, group: TEXT, five_primer: TEXT}
models:
  rank: {pretrain: 2, unlabelled: "a'b.fa", checkpoint: "a</script>", tokenizer: bpe}
split: {by: column, column: TEXT}
rank: {candidates: ["-c.csv", "--full=5"], sequence: TEXT, name: TEXT, format: TEXT}
screen: {candidates: "-c.csv", sequence: TEXT, name: TEXT}
design: {generations: 2}
explain: {aptamers: [TEXT, "-x", "--full=5"], group: TEXT}
sweep: {model: rank, size: [nano, base]}
"""


def test_no_rule_hands_snakemake_a_text(snakemake, tmp_path):
    """Each command has them coded, and names of files behind options."""
    for name in ("scored.csv", "-c.csv", "--full=5", "a'b.fa"):
        (tmp_path / name).write_text("sequence,score\nACG,1\n")
    config = USES.replace("TEXT", json.dumps(TEXTS))
    done = snakemake("-n", "-p", "--forceall", config=config)
    said = done.stdout + done.stderr
    assert "</script>" not in said
    assert said.count(r"\x3c/script\x3e\x26amp; $(touch hacked)") > 10
    assert not (tmp_path / "hacked").exists()
    ends = {"rank.py": "-c.csv --full=5", "screen.py": "-c.csv", "explain.py": "-x --full=5"}
    for rule, files in ends.items():
        command = rf"Shell command: python \S*scripts/{rule} .*"
        lines = re.findall(command, said)
        assert lines
        assert all(re.search(rf" -- (\S.* )?{files}$", line) for line in lines)
