"""Tiny checkpoints of the encoders that people use, with random weights and own tokenizers."""

import torch
from transformers import (
    CONFIG_MAPPING,
    AutoModelForMaskedLM,
    BertTokenizer,
    DistilBertTokenizer,
    RobertaTokenizer,
)

POSITIONS = 66
PIECES = ["a", "c", "g", "t", "##a", "##c", "##g", "##t", "##cg"]
WORDPIECE = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES]
BYTES = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "A", "C", "G", "T", "AC", "GG"]
TOKENIZERS = {"roberta": RobertaTokenizer, "distilbert": DistilBertTokenizer}
SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": POSITIONS,
    "initializer_range": 0.3,
}
OTHER = {
    "electra": {"embedding_size": 16},
    "distilbert": {"hidden_dim": 64},
    "modernbert": {"cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3},
}
ENCODERS = ("bert", "roberta", "distilbert", "electra", "modernbert")


def save_checkpoint(architecture, folder):
    """Save a pretrained model and its tokenizer as the hub has them; returns the folder."""
    if architecture == "roberta":
        vocabulary = {token: number for number, token in enumerate(BYTES)}
        tokenizer = RobertaTokenizer(vocab=vocabulary, merges=[("A", "C"), ("G", "G")])
    else:
        vocabulary = {token: number for number, token in enumerate(WORDPIECE)}
        tokenizer = TOKENIZERS.get(architecture, BertTokenizer)(vocab=vocabulary)
    config = CONFIG_MAPPING[architecture](
        **{"vocab_size": len(vocabulary), "pad_token_id": tokenizer.pad_token_id}
        | SHAPE
        | OTHER.get(architecture, {})
    )
    torch.manual_seed(0)
    AutoModelForMaskedLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
