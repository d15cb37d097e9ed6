"""Tokenizers from their files alone: what transformers loads too, without the time it takes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from tokenizers import Tokenizer

from aptarank.core.errors import InputError, first_line
from aptarank.core.extras import require
from aptarank.models.model_files import read_object
from aptarank.models.tokenizer_files import check_tokenizer

FILE, SETTINGS = "tokenizer.json", "tokenizer_config.json"
# The class of which tokenizer.json says all; others of transformers add rules of their own.
WHOLE = "TokenizersBackend"
LIMIT = 10**30  # of a tokenizer without one, as transformers has it
SPECIAL_ROLES = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")


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
        folder: with tokenizer.json and tokenizer_config.json, which are checked.

    Raises:
        InputError: it cannot be loaded, or has no padding token.
    """

    def __init__(self, folder: Path):
        check_tokenizer(folder)
        settings = read_object(folder / SETTINGS, "the settings of a tokenizer")
        try:
            self.tokenizer = Tokenizer.from_file(str(folder / FILE))
        except Exception as error:  # tokenizers has no class of its own
            raise InputError(f"{folder}: no tokenizer to load: {first_line(error)}") from None
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.name_or_path = folder
        self.model_input_names = settings["model_input_names"]
        self.model_max_length = settings.get("model_max_length", LIMIT)
        special = {role: settings.get(role) for role in SPECIAL_ROLES}
        self.all_special_tokens = [token for token in special.values() if token]
        self.unk_token, self.pad_token = special["unk_token"], special["pad_token"]
        self.unk_token_id = self.id_of(self.unk_token)
        self.pad_token_id, self.pad_token_type_id = self.id_of(self.pad_token), 0
        if self.pad_token_id is None:
            raise InputError(
                f"{folder}: its tokenizer has no pad_token; that of an encoder has one"
            )

    def id_of(self, token: str | None) -> int | None:
        """The id of a token, or None."""
        return None if token is None else self.tokenizer.token_to_id(token)

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
    """Load the tokenizer of a model folder, without transformers if its files say all of it.

    Raises:
        InputError: there is none that can be loaded.
    """
    if (folder / SETTINGS).is_file() and (folder / FILE).is_file():
        settings = read_object(folder / SETTINGS, "the settings of a tokenizer")
        if settings.get("tokenizer_class") == WHOLE and is_plain(settings):
            return FileTokenizer(folder)
    require("transformers", f"{folder}: a tokenizer of another kind than aptarank's own")
    from aptarank.models.tokenizer import load_tokenizer

    return load_tokenizer(folder)


def is_plain(settings: dict) -> bool:
    """Whether the settings are of the types that ours have."""
    names, limit = settings.get("model_input_names"), settings.get("model_max_length", LIMIT)
    return (
        isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and isinstance(limit, int)
        and all(isinstance(settings.get(role), str | None) for role in SPECIAL_ROLES)
    )
