"""The files of a tokenizer, checked before they are loaded: see `aptarank.models.model_files`."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from tokenizers import Tokenizer

from aptarank.core.errors import InputError
from aptarank.models.model_files import read_object
from aptarank.models.spelling import own_normalizers
from aptarank.values.sequences import shortened

JSON_FILES = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.json", "model.safetensors.index.json"),
)
TOKEN_KEYS = {"__type", "content", "id", "lstrip", "normalized", "rstrip", "single_word", "special"}
LONGEST_TEXT = 100  # characters that a step of the normaliser may write in one place
GROWTH = 100  # times as long as it was, a text may become
# A pattern may find the nothing between any two letters and so double a text.
MOST_PATTERNS = 5
# All words of three letters: what a normaliser does to bases, it does to some of these.
SAMPLE = "".join("".join(word) for word in product("ACGTU", repeat=3)) + "acgtuNn"


def check_tokenizer(folder: Path) -> None:
    """Raise InputError where a file of a folder's tokenizer cannot be one, or would take memory
    without bounds."""
    for name in JSON_FILES:
        if (folder / name).exists():
            found = read_object(folder / name, "a file of a tokenizer")
            if name != "tokenizer.json":
                check_tokens(found, folder / name)
    check_versions(folder / "tokenizer_config.json")
    path = folder / "tokenizer.json"
    if path.exists():
        found = read_object(path, "a tokenizer")
        check_growth(found.get("normalizer"), path)
        check_merges(found.get("model"), path)
        check_template(found.get("post_processor"), path)


def check_tokens(found: dict, path: Path) -> None:
    """Raise InputError where a special token has a key that tokenizers does not know: it would
    print the key as it is, on a terminal that may obey it."""
    decoder = found.get("added_tokens_decoder")
    tokens = list(decoder.values()) if isinstance(decoder, dict) else []
    tokens += [each for each in dicts_in(found) if "content" in each or "__type" in each]
    for token in tokens:
        if isinstance(token, dict) and (unknown := sorted(set(token) - TOKEN_KEYS)):
            raise InputError(
                f"{path}: a token has a key {shortened(unknown[0])!r}; expected of "
                f"{', '.join(sorted(TOKEN_KEYS))}"
            )


def dicts_in(value: object) -> Iterator[dict]:
    """All objects in a value of JSON."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        yield from dicts_in(each)


def check_versions(path: Path) -> None:
    """Raise InputError where transformers would read another file in tokenizer.json's place, in or
    out of the folder, by its own version."""
    found = read_object(path, "the settings of a tokenizer") if path.exists() else {}
    named = found.get("fast_tokenizer_files")
    if named not in (None, [], ["tokenizer.json"]):
        raise InputError(
            f"{path}: fast_tokenizer_files names other files; expected tokenizer.json alone"
        )


def check_growth(normalizer: object, path: Path) -> None:
    """Raise InputError where a normaliser makes far more text than it reads.

    Step by step, since each multiplies what those before it made. Ours need no check: those of
    k-mers have many patterns, which write one letter each behind a base.
    """
    if normalizer in own_normalizers():
        return
    text, patterns = SAMPLE, 0
    for step in steps_of(normalizer):
        longest = max(map(len, texts_in(step)), default=0)
        if step.get("type") in ("Replace", "Prepend", "Append") and longest > LONGEST_TEXT:
            raise InputError(f"{path}: its normalizer writes {longest} characters in one place")
        if "Regex" in (step.get("pattern") or ()):
            patterns += 1
            if patterns > MOST_PATTERNS or len(str(step.get("content"))) > 1:
                raise InputError(
                    f"{path}: its normalizer puts more in the place of what patterns find: "
                    f"expected one character each, of at most {MOST_PATTERNS} patterns"
                )
        alone = {"version": "1.0", "normalizer": step, "model": EMPTY}
        try:
            text = Tokenizer.from_str(json.dumps(alone)).normalizer.normalize_str(text)
        except (MemoryError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # tokenizers panics with a class of its own, below that
            raise InputError(f"{path}: its normalizer cannot be read: {error}") from None
        if len(text) > GROWTH * len(SAMPLE):
            raise InputError(f"{path}: its normalizer makes texts {GROWTH} times as long")


def check_merges(model: object, path: Path) -> None:
    """Raise InputError where byte pairs have a prefix that merged words lack: tokenizers would cut
    through their letters, and end the process."""
    prefix = model.get("continuing_subword_prefix") if isinstance(model, dict) else None
    if not isinstance(model, dict) or not isinstance(prefix, str) or not prefix:
        return
    merges = model.get("merges")
    for merge in merges if isinstance(merges, list) else ():
        words = merge.split(" ") if isinstance(merge, str) else merge
        second = words[-1] if isinstance(words, list) and words else None
        if not isinstance(second, str) or not second.startswith(prefix):
            raise InputError(f"{path}: a merge without the continuing_subword_prefix {prefix!r}")


def check_template(processor: object, path: Path) -> None:
    """Raise InputError where a template has a special token that it does not define: tokenizers
    would panic at the first text."""
    if not isinstance(processor, dict) or processor.get("type") != "TemplateProcessing":
        return
    defined = processor.get("special_tokens")
    pieces = [processor.get(name) for name in ("single", "pair")]
    for piece in (piece for some in pieces if isinstance(some, list) for piece in some):
        token = piece.get("SpecialToken") if isinstance(piece, dict) else None
        name = token.get("id") if isinstance(token, dict) else None
        if isinstance(name, str) and isinstance(defined, dict) and name not in defined:
            raise InputError(f"{path}: its post_processor has no special token {name!r}")


EMPTY = {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}


def steps_of(normalizer: object) -> list[dict]:
    """The steps of a normaliser, in order."""
    if not isinstance(normalizer, dict):
        return []
    inner = normalizer.get("normalizers")
    if normalizer.get("type") == "Sequence" and isinstance(inner, list):
        return [step for each in inner for step in steps_of(each)]
    return [normalizer]


def texts_in(value: object) -> list[str]:
    """All texts in a value of JSON."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in texts_in(each)]
