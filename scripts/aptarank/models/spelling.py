"""How our tokenizers spell a sequence before they cut it into tokens."""

import functools
import json

from tokenizers import Regex, normalizers

BASES = ("A", "C", "G", "T")
READ_AS = {"a": "A", "c": "C", "g": "G", "t": "T", "u": "T", "U": "T"}
LARGEST_K = 6  # of a k-mer, as in config.schema.yaml
NO_BASE = len(BASES)  # code of what is past the end, or not a base
LONGEST_WORD = 4  # of those that predictors count


def normalizer_of(k: int) -> normalizers.Normalizer:
    """The normaliser of a tokenizer of bases (k = 1) or of k-mers."""
    return normalizers.Sequence([*spelling(), *lookahead(k)])


@functools.cache
def own_normalizers() -> list[dict]:
    """Our normalisers as tokenizer.json has them."""
    return [json.loads(normalizer_of(k).__getstate__()) for k in range(1, LARGEST_K + 1)]


def spelling() -> list[normalizers.Normalizer]:
    """Read lower case, and U as T."""
    return [normalizers.Strip(), *(normalizers.Replace(old, new) for old, new in READ_AS.items())]


def lookahead(k: int) -> list[normalizers.Normalizer]:
    """Write behind each base, in lower case, the k − 1 that follow: the nearest first."""
    return [
        normalizers.Replace(Regex(f"(?<=[ACGT]{'[acgt]' * n})(?={ahead})"), base.lower())
        for n in range(k - 1)  # tokens that are written already
        for base in BASES
        # The last of those behind the next base is the one to write; at first, the base itself.
        for ahead in [f"[ACGT]{'[acgt]' * (n - 1)}{base.lower()}" if n else base]
    ]
