"""Model folders that hold programs, which must not run."""

import os
import pickle
import zipfile
from hashlib import sha256

import torch

from aptarank.exports.variant_info import write_about


class Hostile:
    """What a pickle can hold: a command that is run when it is read."""

    def __reduce__(self):
        return os.system, ("touch ran",)


def program_folder(folder, form, content):
    """Make a model folder that says it is a program of this form, with its own checksum."""
    name = "model.pt2" if form == "torch-export" else "model.pt"
    content(folder / name)
    checksum = sha256((folder / name).read_bytes()).hexdigest()
    about = {"variant": form, "skipped": None, "kind": "rank", "limit": 512}
    write_about(folder, about | {"files": {name: checksum}})


def pickled_export(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data/sample_inputs/model.pt", pickle.dumps(Hostile()))


def writing_script(path):
    """TorchScript that writes to a file when it is run."""

    class Writes(torch.nn.Module):
        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor):
            torch.from_file("ran", shared=True, size=8, dtype=torch.uint8).fill_(65)
            return input_ids.float().mean(1, keepdim=True)

    torch.jit.script(Writes()).save(str(path))


PROGRAMS = {"torch-export": pickled_export, "torchscript": writing_script}


PROGRAMS |= {"torch-int8": writing_script, "torch-export@1": pickled_export}
