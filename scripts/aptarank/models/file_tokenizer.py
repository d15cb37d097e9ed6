"""Tokenizers from their files alone: what transformers loads too, without the time it takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tokenizers import Tokenizer

from aptarank.core.errors import InputError, first_line
from aptarank.core.extras import require
from aptarank.models.model_files import read_object
from aptarank.models.spelling import own_normalizers
from aptarank.models.tokenizer_files import check_tokenizer

FILE, SETTINGS = "tokenizer.json", "tokenizer_config.json"
# The class of which tokenizer.json says all; others of transformers add rules of their own.
WHOLE = "TokenizersBackend"
OTHERS = ("added_tokens.json", "special_tokens_map.json")  # which may add tokens
SPECIAL_ROLES = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")

# Settings of a tokenizer that aptarank has saved.
KNOWN = {"backend", "is_local", "local_files_only", "tokenizer_class"}
KNOWN |= {"model_input_names", "model_max_length", *SPECIAL_ROLES}


class AptamerTokenizer(Protocol):
    """What the pipeline asks of a tokenizer, of transformers' or a `FileTokenizer`."""

    name_or_path: Any
    model_input_names: list[str]
    model_max_length: int

    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...
    def __len__(self) -> int: ...
    def get_vocab(self) -> dict[str, int]: ...
    def convert_ids_to_tokens(self, ids: Any) -> Any: ...
    @property
    def pad_token_id(self) -> Any: ...
    @property
    def pad_token_type_id(self) -> int: ...
    @property
    def unk_token(self) -> Any: ...
    @property
    def unk_token_id(self) -> Any: ...
    @property
    def all_special_tokens(self) -> list[str]: ...


class FileTokenizer:
    """A tokenizer of a folder, which tokenizes as transformers' own of these files does.

    Args:
        folder: one that `is_ours`; its files are checked.

    Raises:
        InputError: it cannot be loaded.
    """

    def __init__(self, folder: Path):
        check_tokenizer(folder)
        settings = read_object(folder / SETTINGS, "the settings of a tokenizer")
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / FILE))
            self.tokenizer.no_padding()
            self.tokenizer.no_truncation()
            vocabulary = self.tokenizer.get_vocab()
            self.ids = {role: vocabulary[settings[role]] for role in SPECIAL_ROLES}
        except (MemoryError, KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # tokenizers panics with a class of its own, below that
            raise InputError(f"{folder}: no tokenizer to load: {first_line(error)}") from None
        if max(vocabulary.values()) >= len(vocabulary):
            raise InputError(f"{folder}: its tokenizer has ids beyond its {len(vocabulary)} tokens")
        self.name_or_path = folder
        self.model_input_names = settings["model_input_names"]
        self.model_max_length = settings["model_max_length"]
        self.all_special_tokens = [settings[role] for role in SPECIAL_ROLES]
        self.unk_token, self.unk_token_id = settings["unk_token"], self.ids["unk_token"]
        self.pad_token_id, self.pad_token_type_id = self.ids["pad_token"], 0

    def __len__(self) -> int:
        return self.tokenizer.get_vocab_size()

    def get_vocab(self) -> dict[str, int]:
        """The ids of all tokens."""
        return self.tokenizer.get_vocab()

    def convert_ids_to_tokens(self, ids: Sequence[int]) -> list[str | None]:
        """The tokens of these ids."""
        return [self.tokenizer.id_to_token(number) for number in ids]

    def __call__(
        self,
        first: str | Sequence[str],
        second: str | None = None,
        *,
        add_special_tokens: bool = True,
        **_: Any,
    ) -> dict[str, Any]:
        """The ids (and token types) of one text or two, or the ids of each of many texts.

        Other options of transformers' tokenizers, which change nothing here, are accepted.
        """
        if not isinstance(first, str):
            many = self.tokenizer.encode_batch_fast(
                list(first), add_special_tokens=add_special_tokens
            )
            return {"input_ids": [each.ids for each in many]}
        made = self.tokenizer.encode(first, second, add_special_tokens=add_special_tokens)
        return {"input_ids": made.ids, "token_type_ids": made.type_ids}


def load_light(folder: Path) -> AptamerTokenizer:
    """Load the tokenizer of a model folder, without transformers if it is one that aptarank made.

    Raises:
        InputError: there is none that can be loaded.
    """
    if is_ours(folder):
        return FileTokenizer(folder)
    require("transformers", f"{folder}: a tokenizer of another kind than aptarank's own")
    from aptarank.models.tokenizer import load_tokenizer

    return load_tokenizer(folder)


def is_ours(folder: Path) -> bool:
    """Whether tokenizer.json says all that transformers would make of a folder: its class adds
    nothing, no setting and no other file does, and the words are read as ours are.
    """
    if not all((folder / name).is_file() for name in (FILE, SETTINGS)):
        return False
    if any((folder / name).exists() for name in OTHERS):
        return False
    settings = read_object(folder / SETTINGS, "the settings of a tokenizer")
    found = read_object(folder / FILE, "a tokenizer")
    model = found.get("model")
    names, limit = settings.get("model_input_names"), settings.get("model_max_length")
    return (
        settings.get("tokenizer_class") == WHOLE
        and set(settings) <= KNOWN
        and isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and isinstance(limit, int)
        and all(isinstance(settings.get(role), str) and settings[role] for role in SPECIAL_ROLES)
        and found.get("normalizer") in own_normalizers()
        and isinstance(model, dict)
        and not any(model.get(key) for key in ("continuing_subword_prefix", "end_of_word_suffix"))
    )
