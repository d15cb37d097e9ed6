"""What a training asks for, and what it starts from."""


def launcher():
    """What starts a training: python, or torchrun for several processes, on each of its nodes."""
    processes, nodes = config["processes"], config["nodes"]
    if processes == 1:
        return "python"
    torchrun = f"torchrun --nproc-per-node={processes // nodes}"
    if nodes == 1:
        # Behind --, or torchrun takes our --log for the start of an option of its own.
        return f"{torchrun} --standalone --"
    return (
        f"srun --nodes={nodes} --ntasks={nodes} --cpus-per-task={threads_of_a_node()}"
        f" --kill-on-bad-exit {torchrun} --nnodes={nodes} --rdzv-backend=c10d"
        " --rdzv-id=$SLURM_JOB_ID"
        " --rdzv-endpoint=$(hostname):$((20000 + SLURM_JOB_ID % 10000)) --"
    )


def threads_of_a_node():
    """Processor threads that a training has on each of its nodes."""
    return config["threads"] * config["processes"] // config["nodes"]


def more_each_time(amount):
    """A resource that grows with each attempt at a job."""
    return lambda wildcards, attempt: amount * attempt


def training_resources():
    """What a training asks for: a GPU for each process unless it is to do without."""
    gpus, nodes = config["processes"], config["nodes"]
    if config["device"] == "cpu":
        gpus = 0
    wanted = {"nodes": nodes, "mem_mb": more_each_time(8000)}
    if nodes == 1:
        return wanted | {"gpu": gpus}
    # With mpi, SLURM's plugin leaves srun to the job itself; gres is a node's share.
    wanted |= {"mpi": "srun", "tasks": nodes, "tasks_per_gpu": 0}
    return wanted | ({"gres": f"gpu:{gpus // nodes}"} if gpus else {})


def checkpoint_options(wildcards, output):
    """Where a training writes checkpoints, and how often, as options of its script."""
    # Beside the outputs, which Snakemake removes when a job fails.
    folder = os.path.join(os.path.dirname(output.model), "checkpoints")
    every = [
        f"--checkpoint-{key}={value or 0}"
        for key, value in config["checkpoints"].items()
    ]
    return [f"--checkpoints={folder}", *every]


def checkpoint_files(wildcards):
    """The files of a model's checkpoint, where that is a folder."""
    return files_of_checkpoint(MODELS[wildcards.model])


def files_of_checkpoint(model):
    """The same by the model's settings."""
    folder = model["checkpoint"]
    if not folder or not os.path.isdir(folder):
        return []
    return sorted(entry.path for entry in os.scandir(folder) if entry.is_file())


def start(wildcards):
    """The folder of what a model starts from, where that is made in the same run."""
    model = MODELS[wildcards.model]
    if model["pretrain"]:
        folder = in_fold(wildcards.dataset, wildcards.model, wildcards)
        return [f"{folder}/seed-{wildcards.seed}/pretrained"]
    if model["init_from"]:
        folder = in_fold(*model["init_from"].split("/"), wildcards)
        return [f"{folder}/seed-{wildcards.seed}/model"]
    return []


def tokenizer_of(wildcards):
    """The folder of a model's tokenizer; models of a sweep share those that are the same."""

    def made_of(name):
        return [MODELS[name][key] for key in ("tokenizer", "k", "vocabulary")]

    name = wildcards.model
    if name in SWEPT:
        others = [config["sweep"]["model"], *SWEPT]
        name = next(other for other in others if made_of(other) == made_of(name))
    return in_fold(wildcards.dataset, f"{name}/tokenizer", wildcards)


def start_tokenizer(wildcards):
    """The tokenizer of the model that one starts from (init_from)."""
    name = MODELS[wildcards.model]["init_from"]
    return [f"{in_fold(*name.split('/'), wildcards)}/tokenizer"] if name else []


def learnt_from(wildcards):
    """The split, where the tokenizer is learnt from its training part."""
    model = MODELS[wildcards.model]
    if model["tokenizer"] != "bpe" or model["init_from"]:
        return []
    return [in_fold(wildcards.dataset, "split.csv", wildcards)]


def unlabelled(wildcards):
    """A model's file of more sequences to pretrain on, where there is one."""
    path = MODELS[wildcards.model]["unlabelled"]
    return [path] if path else []
