"""The usual training loop of the field, to compare ours with. Not part of the pipeline."""

from collections.abc import Iterator

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset


class PairsAsText(Dataset):
    """Pairs that are tokenised on access, padded to a fixed length or not at all.

    Args:
        pairs: (first, second, label) of each pair, sequences as text.
    """

    def __init__(self, pairs: list[tuple[str, str, int]], tokenizer, length: int | None):
        self.pairs, self.tokenizer, self.length = pairs, tokenizer, length

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, number: int) -> dict:
        first, second, label = self.pairs[number]
        padding = "max_length" if self.length else False
        inputs = self.tokenizer(
            first, second, padding=padding, max_length=self.length, truncation=bool(self.length)
        )
        return {**inputs, "labels": float(label)}


def collate(rows: list[dict]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}


def train(
    model: nn.Module,
    data: PairsAsText,
    batch_size: int,
    learning_rate: float,
    device: torch.device,
    workers: int = 0,
) -> Iterator[float]:
    """Train endlessly with plain AdamW in fp32 on shuffled pairs; yields the loss of each step."""
    model.to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    loss_of = nn.BCEWithLogitsLoss()
    while True:
        loader = DataLoader(
            data, batch_size, shuffle=True, drop_last=True, collate_fn=collate, num_workers=workers
        )
        for batch in loader:
            batch = {name: tensor.to(device) for name, tensor in batch.items()}
            labels = batch.pop("labels")
            optimizer.zero_grad()
            loss = loss_of(model(**batch).logits.squeeze(-1), labels)
            loss.backward()
            optimizer.step()
            yield loss.item()
