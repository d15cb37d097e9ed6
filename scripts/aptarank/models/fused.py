"""The same function as a fine-tuned model, with only the work that its logit needs."""

import copy
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from transformers import PreTrainedModel

from aptarank.models.depth import shares_layers
from aptarank.models.predictor import Encoder, Predictor

MASKED = -10_000.0  # added to the attention to padding: its softmax is then 0, in fp16 too


class FusedAlbert(nn.Module):
    """An ALBERT classifier that runs its last layer for [CLS] alone.

    Nothing but the first token's hidden state reaches the pooler, so the last layer needs keys and
    values of all tokens, but attention, output and feed-forward of one. Exact: no weight is changed
    or copied. Inputs and output are those of the model it is made of (`logits`, shape (batch, 1)),
    and so are the dropouts of training and the number of layers, which `set_depth` may change.
    """

    def __init__(self, model: PreTrainedModel):
        super().__init__()
        albert, layer = model.albert, model.albert.encoder.albert_layer_groups[0].albert_layers[0]
        table = albert.embeddings
        self.words, self.positions = table.word_embeddings, table.position_embeddings
        self.types, self.norm = table.token_type_embeddings, table.LayerNorm
        self.project = albert.encoder.embedding_hidden_mapping_in
        self.attention, self.layer = layer.attention, layer
        self.pooler, self.classifier = albert.pooler, model.classifier
        self.dropouts = nn.ModuleList([albert.embeddings.dropout, model.dropout])
        self.heads = layer.attention.num_attention_heads
        self.config = model.config

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        types = self.types.weight[0] if token_type_ids is None else self.types(token_type_ids)
        hidden = self.words(input_ids) + types + self.positions.weight[: input_ids.shape[1]]
        of_embeddings, of_pooled = self.dropouts
        hidden = self.project(of_embeddings(self.norm(hidden)))
        mask = ((1 - attention_mask) * MASKED).to(hidden.dtype)[:, None, None, :]
        for _ in range(self.config.num_hidden_layers - 1):
            hidden = self.run_layer(hidden, hidden, mask)
        first = self.run_layer(hidden[:, :1], hidden, mask)[:, 0]
        return self.classifier(of_pooled(torch.tanh(self.pooler(first))))

    def run_layer(
        self, rows: torch.Tensor, hidden: torch.Tensor, mask: torch.Tensor
    ) -> torch.Tensor:
        """The layer's output for `rows`, which attend to all of `hidden`."""
        of = self.attention
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for part in (of.query(rows), of.key(hidden), of.value(hidden))
        )
        mask = mask.expand(-1, -1, rows.shape[1], -1)
        rate = of.attention_dropout.p if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, mask, rate)
        rows = of.LayerNorm(rows + of.output_dropout(of.dense(mixed.transpose(1, 2).flatten(2))))
        return self.layer.full_layer_layer_norm(rows + self.layer.ff_chunk(rows))


class LogitsAlone(nn.Module):
    """Any other classifier, giving its logits as a tensor."""

    def __init__(self, model: PreTrainedModel):
        super().__init__()
        self.model = model

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        types = {} if token_type_ids is None else {"token_type_ids": token_type_ids}
        return self.model(input_ids=input_ids, attention_mask=attention_mask, **types).logits


def with_modules(module: nn.Module, **modules: nn.Module) -> Any:
    """The same module with other modules in it; it shares all else."""
    other = copy.copy(module)
    other._modules = {**module._modules, **modules}
    return other


def fused(model: PreTrainedModel) -> nn.Module:
    """What gives the model's logits with the least work, in evaluation mode; it has its weights."""
    if isinstance(model, Predictor):
        members = [
            with_modules(member, model=fused(member.model))
            if isinstance(member, Encoder)
            else member
            for member in model.members
        ]
        model = with_modules(model, members=nn.ModuleList(members))
    return (FusedAlbert(model) if shares_layers(model.config) else LogitsAlone(model)).eval()
