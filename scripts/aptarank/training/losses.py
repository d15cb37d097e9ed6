"""The losses: what is minimised over the labelled pairs of a batch (`loss` in the config)."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

# Both take logits and labels and return a mean.
PairLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
BatchLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Loss:
    """A loss. A label is the probability that the first of two aptamers is fitter, 0 to 1.

    Attributes:
        reference: of its source, a line for the model card.
        of_batch: takes the scores of a batch, shape (batch,), and the label of each two of them,
            shape (batch, batch), NaN where there is none and not NaN everywhere. For models that
            score single aptamers.
        of_pairs: takes the log-odds that the first is fitter, and the labels, both of shape
            (n_pairs,). For models that compare two aptamers, which cannot learn without it.
    """

    reference: str
    of_batch: BatchLoss
    of_pairs: PairLoss | None = None


def pairwise(reference: str, of_pairs: PairLoss) -> Loss:
    """A loss of pairs, which is also one of batches: of all their pairs that have a label."""

    def of_batch(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        labelled = labelled_pairs(labels)
        difference = (scores[:, None] - scores[None, :])[labelled]
        return of_pairs(difference, labels[labelled])

    return Loss(reference, of_batch, of_pairs)


def labelled_pairs(labels: torch.Tensor) -> torch.Tensor:
    """Where a batch has a label, each pair once, bool, shape (batch, batch)."""
    return torch.triu(~labels.isnan(), 1)


def hinge(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean hinge loss with a margin of 1; a pair weighs less the nearer its label is to a draw."""
    certainty = 2 * labels - 1  # −1 to 1
    return (certainty.abs() * functional.relu(1 - certainty.sign() * logits)).mean()


def listmle(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Negative log-likelihood of the batch's order under the Plackett–Luce model, a mean.

    Each aptamer is chosen first from itself and all that are less fit: log Σ exp(f) − f. For a
    total order this is ListMLE. Written with labels of pairs, it needs no total order: aptamers
    of other groups, and those whose order is not known, do not take part in a choice. The mean is
    over the aptamers that are fitter than some other.
    """
    beats = labels > 0.5  # NaN beats nothing
    chooses = beats.any(1)
    candidates = beats | torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    logits = scores[None, :].masked_fill(~candidates, -torch.inf)
    losses = logits.logsumexp(1) - scores
    return losses[chooses].sum() / max(int(chooses.sum()), 1)


LOSSES = {
    "ranknet": pairwise(
        "RankNet: Burges et al. 2005, doi:10.1145/1102351.1102363",
        functional.binary_cross_entropy_with_logits,
    ),
    "hinge": pairwise("ranking SVM (hinge loss): Joachims 2002, doi:10.1145/775047.775067", hinge),
    "listmle": Loss("ListMLE: Xia et al. 2008, doi:10.1145/1390156.1390306", listmle),
}
