# The settings that pretraining uses; changes of others do not rerun it.
PRETRAINING = (
    "kind size checkpoint tokenizer k dropout pretrain batch_size learning_rate warmup weight_decay"
    " clip precision"
).split()


rule pretrain:
    "Train the encoder on sequences alone, before fine-tuning."
    input:
        script=script("pretrain"),
        modules=modules("pretrain"),
        aptamers="<data>/aptamers.csv",
        split="<fold>/split.csv",
        tokenizer=tokenizer_of,
        checkpoint=checkpoint_files,
        unlabelled=unlabelled_file,
    output:
        model=directory("<model>/pretrained"),
        history="<model>/pretraining.csv",
    log:
        "<fold>/logs/{model}/seed-{seed}/pretrain.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/pretrain.tsv"
    wildcard_constraints:
        model=any_of(MODELS),
    conda:
        "../envs/model.yaml"
    threads: config["threads"]
    resources:
        gpu=lambda wildcards: int(not trains_on_cpu()),
        mem_mb=more_each_time(8000),
    params:
        content=lambda wildcards: checksum(
            checkpoint_files(wildcards) + unlabelled_file(wildcards)
        ),
        settings=lambda wildcards: shell_words([settings(wildcards, *PRETRAINING)]),
        unlabelled=lambda wildcards, input: shell_words(
            f"--unlabelled={path}" for path in input.unlabelled
        ),
        device=config["device"],
        checkpoints=checkpoint_options,
    shell:
        "python {input.script:q} --aptamers {input.aptamers:q} --split {input.split:q}"
        " --tokenizer {input.tokenizer:q} --settings {params.settings} {params.unlabelled}"
        " --seed {wildcards.seed} --device {params.device} --threads {threads}"
        " {params.checkpoints:q} -o {output.model:q} --history {output.history:q} --log {log:q}"
