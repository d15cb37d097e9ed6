"""The kinds of model: what each reads and how it answers.

Their settings are in config.schema.yaml, `$defs`; what they learn from a batch is in
training/objectives.py. Imports nothing heavy: the config is checked with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ModelKind:
    """A kind of model.

    Attributes:
        name: as in the config and in a model's config.json.
        aptamers: in one model input. 1: the logit is the aptamer's score, and sigmoid of the
            difference of two scores is the probability that the first is fitter. 2: the logit is
            the log-odds that the first of the two is fitter.
        description: a sentence for the model card.
        learning_rate: the default of models that are narrower than ALBERT's base.
    """

    name: str
    aptamers: int
    description: str
    learning_rate: float = 1e-3

    @property
    def scores_aptamers(self) -> bool:
        """Whether it scores each aptamer by itself, so that swapping two flips the sign exactly."""
        return self.aptamers == 1


KINDS = {
    kind.name: kind
    for kind in (
        ModelKind(
            name="rank",
            aptamers=1,
            description="It scores one aptamer; of two, the one with the higher score is fitter.",
        ),
        ModelKind(
            name="pair",
            aptamers=2,
            description="It reads two aptamers and says how likely the first is the fitter one.",
            learning_rate=5e-4,
        ),
    )
}


def scoring_kinds(kinds: Iterable[ModelKind] = tuple(KINDS.values())) -> str:
    """The names of the kinds that score single aptamers, for a message."""
    return " or ".join(kind.name for kind in kinds if kind.scores_aptamers)
