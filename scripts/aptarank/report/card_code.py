"""The programs of a model card, which need transformers or ONNX Runtime and nothing of ours."""

from collections.abc import Mapping

from aptarank.config.model_kinds import KINDS

START = """\
{imports}

folder = "."  # {where}
tokenizer = AutoTokenizer.from_pretrained(folder)
{load}


def tokens(*texts):
    texts = [[text.upper().replace("U", "T") for text in side] for side in texts]
    return tokenizer(*texts, padding=True, return_tensors="{tensors}")


{run}


{fitter}


print(fitter(["{first}"], ["{second}"]))
"""
# By the number of aptamers that the model reads.
FITTER = {
    1: '''\
def fitter(first, second):
    """Probability that each of the first is fitter than its partner."""
    difference = logits(tokens(first)) - logits(tokens(second))
    return 1 / (1 + {exp}(-difference))''',
    2: '''\
def fitter(first, second):
    """Probability that each of the first is fitter than its partner: the mean of both orders."""
    difference = logits(tokens(first, second)) - logits(tokens(second, first))
    return 1 / (1 + {exp}(-difference / 2))''',
}
PYTORCH = {
    "imports": "import torch\n"
    "from transformers import AutoModelForSequenceClassification, AutoTokenizer",
    "load": "model = AutoModelForSequenceClassification.from_pretrained(folder)",
    "tensors": "pt",
    "run": """\
def logits(inputs):
    with torch.inference_mode():
        return model(**inputs).logits[:, 0].double()""",
}
ONNX = {
    "imports": "import numpy as np\nimport onnxruntime\nfrom transformers import AutoTokenizer",
    "load": 'session = onnxruntime.InferenceSession(f"{folder}/onnx/model.onnx")',
    "tensors": "np",
    "run": """\
def logits(inputs):
    return session.run(["logits"], dict(inputs))[0][:, 0].astype(np.float64)""",
}


def how_to_load(config: Mapping, tokenizer: Mapping, length: int, repository: str | None) -> str:
    """Two programs that say which of two aptamers is fitter.

    Args:
        config, tokenizer: the model's config.json and tokenizer_config.json.
        length: bases of the aptamers in the example, which are made up.
        repository: its name on the Hub, owner/name, or None.
    """
    kind = KINDS[config["aptarank"]["kind"]]
    where = "that of this card"
    if repository:
        where += f'; from the Hub: huggingface_hub.snapshot_download("{repository}")'
    programs = [
        START.format(
            **parts,
            where=where,
            fitter=FITTER[kind.aptamers].format(exp=exp),
            first=repeated("GATTACA", length),
            second=repeated("TGCAC", length),
        )
        for parts, exp in ((PYTORCH, "torch.exp"), (ONNX, "np.exp"))
    ]
    more = ""
    if kind.scores_aptamers:
        more = "The score of each is `logits(tokens([…]))`, by which any number are put in order."
    elif "token_type_ids" in tokenizer.get("model_input_names", []):
        more = (
            "The model needs `token_type_ids` to tell the two apart: in transformers.js, ask the "
            "tokenizer for them by `return_token_type_ids: true`."
        )
    return (
        f"With PyTorch:\n\n```python\n{programs[0]}```\n\n"
        f"With ONNX Runtime:\n\n```python\n{programs[1]}```\n\n{more}"
    ).rstrip()


def repeated(word: str, length: int) -> str:
    """A word over and over, cut to a length."""
    return (word * length)[:length]
