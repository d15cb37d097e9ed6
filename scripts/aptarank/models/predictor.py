"""Predictors that are sums of several parts, which later stages use as they use an encoder.

A predictor is a weighted sum of members. Each member reads the bases of one aptamer, as token ids
of the nucleotide tokenizer, and gives it a score: a linear function of bases and k-mers, a kernel
machine, an ensemble of trees, or the fitness of the nearest known aptamers, or an encoder. A blend
has several members, and so has an encoder with a linear path. aptarank.predictors makes them.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    AutoModelForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import SequenceClassifierOutput
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
)
from transformers.utils.logging import disable_progress_bar, set_verbosity_error

from aptarank.models.model_files import DEEPEST, PREDICTOR, without_runtime
from aptarank.models.spelling import BASES, LONGEST_WORD, NO_BASE
from aptarank.models.tokenizer import LIMIT, SPECIAL

disable_progress_bar()  # of transformers: weights load and save in no time
set_verbosity_error()  # nor its tables of what a file of weights lacks: encoder.py checks that

# What reads a whole sequence at once and classifies it (BERT, RoBERTa, DistilBERT, ELECTRA, …).
ENCODERS = MODEL_FOR_MASKED_LM_MAPPING_NAMES.keys() & (
    MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES.keys()
)
FIRST_BASE = len(SPECIAL)  # token id of A; C, G and T follow


class PredictorConfig(PreTrainedConfig):
    """The members of a predictor: `name`, `form`, `weight` and sizes of each."""

    model_type = PREDICTOR

    def __init__(
        self,
        members: Sequence[Mapping[str, Any]] = (),
        vocab_size: int = FIRST_BASE + len(BASES),
        max_position_embeddings: int = LIMIT,
        **more: Any,
    ):
        self.members = [dict(member) for member in members]
        self.vocab_size = vocab_size
        self.max_position_embeddings = max_position_embeddings
        super().__init__(**{"num_labels": 1} | more)


def base_codes(input_ids: torch.Tensor) -> torch.Tensor:
    """The bases of each aptamer as 0 to 3, and `NO_BASE` elsewhere, int64.

    Args:
        input_ids: `[CLS] bases [SEP]`, padded, shape (batch, tokens).

    Returns:
        Shape (batch, tokens − 1): [CLS] is left out, so that the first base comes first.
    """
    codes = input_ids[:, 1:] - FIRST_BASE
    return codes.where((codes >= 0) & (codes < NO_BASE), NO_BASE)


def padded(codes: torch.Tensor, count: int) -> torch.Tensor:
    """Codes followed by `count` places without a base."""
    return functional.pad(codes, (0, count), value=NO_BASE)


def one_hot(codes: torch.Tensor, positions: int) -> torch.Tensor:
    """Whether each of the first positions has each base, one column a position and base, bool.

    Returns:
        Shape (batch, 4 × positions); False past the end.
    """
    first = padded(codes, positions)[:, :positions]
    bases = torch.arange(NO_BASE, device=codes.device)
    return (first[:, :, None] == bases).flatten(1)


def dot(rows: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """rows @ weights, shape (n_rows,), as a sum of products: a matrix product by a vector is what
    ONNX Runtime cannot run once it is quantised.
    """
    return (rows * weights).sum(1)


class Linear(nn.Module):
    """A weight for each base at each position, and for each k-mer of 1 to 4 bases anywhere."""

    def __init__(self, positions: int):
        super().__init__()
        self.bases = nn.Parameter(torch.zeros(NO_BASE * positions))
        self.words = nn.ParameterList(
            nn.Parameter(torch.zeros(NO_BASE**size)) for size in range(1, LONGEST_WORD + 1)
        )
        self.bias = nn.Parameter(torch.zeros(1))
        self.positions = positions

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        score = dot(one_hot(codes, self.positions).to(self.bases.dtype), self.bases) + self.bias
        count, codes = codes.shape[1], padded(codes, LONGEST_WORD)
        word, whole = torch.zeros_like(codes[:, :count]), codes[:, :count] >= 0
        for size, weights in enumerate(self.words):
            base = codes[:, size : size + count]
            whole = whole & (base < NO_BASE)
            word = word * NO_BASE + base
            score = score + (weights[word.where(whole, 0)] * whole).sum(1)
        return score


class Kernel(nn.Module, ABC):
    """Σ aᵢ k(x, xᵢ) over known aptamers xᵢ, of which k counts the equal bases.

    Attributes:
        known: codes of the bases of known aptamers, uint8, shape (n_known, positions).
        coefficients: a, shape (n_known,).
    """

    known: torch.Tensor

    def __init__(self, known: int, positions: int):
        super().__init__()
        self.register_buffer("known", torch.full((known, positions), NO_BASE, dtype=torch.uint8))
        self.coefficients = nn.Parameter(torch.zeros(known))
        self.bias = nn.Parameter(torch.zeros(1))
        self.scale = nn.Parameter(torch.ones(1))

    def differences(self, codes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Equal bases of each aptamer and each known one, and bases that differ (a base that only
        one of them has counts as half), shapes (batch, n_known)."""
        positions = self.known.shape[1]
        dtype = self.coefficients.dtype
        theirs = one_hot(self.known.long(), positions).to(dtype)
        # Positions that no known aptamer has a base at are not read.
        read = (self.known < NO_BASE).any(0).repeat_interleave(NO_BASE)
        ours = (one_hot(codes, positions) & read).to(dtype)
        equal = ours @ theirs.T
        return equal, (ours.sum(1)[:, None] + theirs.sum(1)) / 2 - equal

    @abstractmethod
    def weights(self, codes: torch.Tensor) -> torch.Tensor:
        """k of each aptamer and each known one, shape (batch, n_known)."""

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        return (
            dot(self.weights(codes).double(), self.coefficients.double()).to(self.bias.dtype)
            + self.bias
        )


class Rbf(Kernel):
    """k(x, y) = exp(−scale × number of positions that differ)."""

    def weights(self, codes: torch.Tensor) -> torch.Tensor:
        return torch.exp(-self.scale * self.differences(codes)[1])


class Quadratic(Kernel):
    """k(x, y) = (1 + scale × equal bases)²: every base and every pair of bases has a weight."""

    def weights(self, codes: torch.Tensor) -> torch.Tensor:
        return (1 + self.scale * self.differences(codes)[0]) ** 2


class Nearest(Kernel):
    """The mean fitness of the nearest known aptamers, by the number of positions that differ."""

    def weights(self, codes: torch.Tensor) -> torch.Tensor:
        apart = self.differences(codes)[1]
        nearest = (apart <= apart.min(1, keepdim=True).values).to(apart.dtype)
        return nearest / nearest.sum(1, keepdim=True)


class Trees(nn.Module):
    """The mean over decision trees; a node asks whether a base is at a position.

    Attributes:
        question: the column of `one_hot` that each node asks for, shape (n_nodes,).
        no, yes: the node that follows; a leaf is followed by itself.
        value: of each leaf.
        root: the first node of each tree, shape (n_trees,).
    """

    question: torch.Tensor
    no: torch.Tensor
    yes: torch.Tensor
    root: torch.Tensor

    def __init__(self, positions: int, nodes: int, trees: int, depth: int):
        super().__init__()
        if depth > DEEPEST:
            raise ValueError(f"trees of depth {depth}; expected at most {DEEPEST}")
        for name, size in (("question", nodes), ("no", nodes), ("yes", nodes), ("root", trees)):
            self.register_buffer(name, torch.zeros(size, dtype=torch.int32))
        self.value = nn.Parameter(torch.zeros(nodes))
        self.positions, self.depth = positions, depth

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        has = one_hot(codes, self.positions)
        node = self.root.long().expand(codes.shape[0], -1)
        for _ in range(self.depth):
            asked = has.gather(1, self.question[node].long())
            node = self.yes[node].where(asked, self.no[node]).long()
        return self.value[node].mean(1)


class Encoder(nn.Module):
    """An encoder with one logit, whose tokens are bases.

    Args:
        config: of the encoder.
        columns: indices of the tokens that it reads, of inputs that are all of one length; None:
            it reads all.
    """

    def __init__(self, config: Mapping[str, Any], columns: Sequence[int] | None = None):
        super().__init__()
        if config["model_type"] not in ENCODERS:
            raise ValueError(f"a member of type {config['model_type']!r}, which is not an encoder")
        known = without_runtime(config, "a member")
        own = CONFIG_MAPPING[config["model_type"]].from_dict(known)
        self.model = AutoModelForSequenceClassification.from_config(own)
        if columns is not None and not all(0 <= column < LIMIT for column in columns):
            raise ValueError(f"columns of tokens beyond {LIMIT}")
        self.columns = columns

    def forward(self, inputs: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Scores, shape (batch,)."""
        if self.columns is not None:
            inputs = {name: chosen(tensor, self.columns) for name, tensor in inputs.items()}
        found = self.model(**inputs)
        return (found if isinstance(found, torch.Tensor) else found.logits)[:, 0]


def chosen(tokens: torch.Tensor, columns: Sequence[int]) -> torch.Tensor:
    """These columns of a model input, 0 past its end; shape (batch, n_columns)."""
    longer = functional.pad(tokens, (0, max(columns) + 1))
    return longer.index_select(1, torch.tensor(columns, device=tokens.device))


FORMS = {
    "linear": Linear,
    "rbf": Rbf,
    "quadratic": Quadratic,
    "nearest": Nearest,
    "trees": Trees,
    "encoder": Encoder,
}
NOT_SIZES = ("form", "name", "weight")  # of a member's entry in the configuration


class Predictor(PreTrainedModel):
    """A weighted sum of members: `logits`, shape (batch, 1), is the score of each aptamer."""

    config_class = PredictorConfig
    base_model_prefix = "members"

    def __init__(self, config: PredictorConfig):
        super().__init__(config)
        self.members = nn.ModuleList(
            FORMS[member["form"]](**{k: v for k, v in member.items() if k not in NOT_SIZES})
            for member in config.members
        )
        weights = torch.tensor([float(member["weight"]) for member in config.members])
        self.register_buffer("weights", weights)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Nothing: weights are fitted, and then loaded."""

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> SequenceClassifierOutput:
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            inputs["token_type_ids"] = token_type_ids
        codes = base_codes(input_ids)
        scores = [
            member(inputs if isinstance(member, Encoder) else codes).to(self.weights.dtype)
            for member in self.members
        ]
        logits = dot(torch.stack(scores, 1), self.weights)
        return SequenceClassifierOutput(logits=logits[:, None])

    def rescale(self, factor: float) -> None:
        """Multiply all scores, which are then stored so."""
        self.weights.mul_(factor)
        for member in self.config.members:
            member["weight"] *= factor


def encoder_in(model: PreTrainedModel) -> PreTrainedModel | None:
    """The encoder of a model: the model itself, or the first among a predictor's members."""
    if not isinstance(model, Predictor):
        return model
    encoders = (member.model for member in model.members if isinstance(member, Encoder))
    return next(encoders, None)


AutoConfig.register(PREDICTOR, PredictorConfig)
AutoModelForSequenceClassification.register(PredictorConfig, Predictor)
