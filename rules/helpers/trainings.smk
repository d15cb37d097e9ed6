"""The resources of a training, and what it starts from."""


def launcher():
    """Return the command that starts a training: python, or torchrun for several processes."""
    processes, nodes = config["processes"], config["nodes"]
    if processes == 1:
        return "python"
    torchrun = f"torchrun --nproc-per-node={processes // nodes}"
    if nodes == 1:
        # With --, or torchrun takes our --log for an abbreviation of its own option.
        return f"{torchrun} --standalone --"
    return (
        f"srun --nodes={nodes} --ntasks={nodes} --cpus-per-task={threads_per_node()}"
        f" --kill-on-bad-exit {torchrun} --nnodes={nodes} --rdzv-backend=c10d"
        " --rdzv-id=$SLURM_JOB_ID"
        " --rdzv-endpoint=$(hostname):$((20000 + SLURM_JOB_ID % 10000)) --"
    )


def threads_per_node():
    """Return the CPU threads that a training has on each of its nodes."""
    return config["threads"] * config["processes"] // config["nodes"]


def more_each_time(amount):
    """Return a resource that grows with each attempt at a job."""
    return lambda wildcards, attempt: amount * attempt


@functools.cache
def trains_on_cpu():
    """Whether no training of the run uses a GPU: as many then run at a time as there are cores.

    Known once Snakemake has an executor, which is after all rules were read.
    """
    # Only where jobs run on this machine does it matter what it has.
    is_here = workflow.is_main_process and workflow.local_exec
    return config["device"] == "cpu" or (is_here and not may_have_gpu())


def training_resources():
    """Return the resources of a training: a GPU per process, unless the device is the CPU."""
    nodes = config["nodes"]
    gpus = 0 if config["device"] == "cpu" else config["processes"]
    resources = {"nodes": nodes, "mem_mb": more_each_time(8000)}
    if nodes == 1:
        return resources | {"gpu": lambda wildcards: 0 if trains_on_cpu() else gpus}
    # With mpi, SLURM's plugin leaves srun to the job itself; gres is per node.
    resources |= {"mpi": "srun", "tasks": nodes, "tasks_per_gpu": 0}
    return resources | ({"gres": f"gpu:{gpus // nodes}"} if gpus else {})


def checkpoint_options(wildcards, output):
    """Return options of a training: where it writes checkpoints, and how often."""
    # Not in an output, which Snakemake removes when a job fails.
    folder = os.path.join(os.path.dirname(output.model), "checkpoints")
    intervals = [
        f"--checkpoint-{key}={value or 0}"
        for key, value in config["checkpoints"].items()
    ]
    return [f"--checkpoints={folder}", *intervals]


def checkpoint_files(wildcards):
    """Return the files of the checkpoint that a model starts from, if it is a folder."""
    return files_of_checkpoint(MODELS[wildcards.model])


def files_of_checkpoint(model):
    """Return the files of the checkpoint in a model's settings, if it is a folder."""
    folder = model["checkpoint"]
    if not folder or not os.path.isdir(folder):
        return []
    return sorted(entry.path for entry in os.scandir(folder) if entry.is_file())


def models_to_blend(wildcards):
    """Return the folders of a dataset's models that score aptamers, of the same seed."""
    return [
        in_fold(wildcards.dataset, f"{name}/seed-{wildcards.seed}/model", wildcards)
        for name in models_of(config, wildcards.dataset)
        if KINDS[MODELS[name]["kind"]].scores_aptamers
    ]


def initial_model(wildcards):
    """Return the folder of the model that one starts from, if it is made in the same run."""
    model = MODELS[wildcards.model]
    if model["pretrain"]:
        folder = in_fold(wildcards.dataset, wildcards.model, wildcards)
        return [f"{folder}/seed-{wildcards.seed}/pretrained"]
    if model["init_from"]:
        folder = in_fold(*model["init_from"].split("/"), wildcards)
        return [f"{folder}/seed-{wildcards.seed}/model"]
    return []


def tokenizer_of(wildcards):
    """Return the folder of a model's tokenizer; models of a sweep share equal ones."""

    def tokenizer_settings(name):
        return [MODELS[name][key] for key in ("tokenizer", "k", "vocabulary")]

    name = wildcards.model
    if name in SWEPT:
        others = [config["sweep"]["model"], *SWEPT]
        name = next(
            other
            for other in others
            if tokenizer_settings(other) == tokenizer_settings(name)
        )
    return in_fold(wildcards.dataset, f"{name}/tokenizer", wildcards)


def initial_tokenizer(wildcards):
    """Return the tokenizer of the model that one starts from (init_from)."""
    name = MODELS[wildcards.model]["init_from"]
    return [f"{in_fold(*name.split('/'), wildcards)}/tokenizer"] if name else []


def split_for_tokenizer(wildcards):
    """Return the split, if the tokenizer is learnt from its training part."""
    model = MODELS[wildcards.model]
    if model["tokenizer"] != "bpe" or model["init_from"]:
        return []
    return [in_fold(wildcards.dataset, "split.csv", wildcards)]


def unlabelled_file(wildcards):
    """Return a model's file of more sequences to pretrain on, if there is one."""
    path = MODELS[wildcards.model]["unlabelled"]
    return [path] if path else []
