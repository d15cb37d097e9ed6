rule finetune:
    "Fine-tune a model on labelled pairs."
    input:
        script=script("finetune"),
        modules=modules("finetune"),
        aptamers="<data>/aptamers.csv",
        train="<fold>/pairs/train.parquet",
        validation="<fold>/pairs/validation.parquet",
        tokenizer=tokenizer_of,
        init=initial_model,
        checkpoint=checkpoint_files,
    output:
        model=directory("<model>/model"),
        history="<model>/history.csv",
    log:
        "<fold>/logs/{model}/seed-{seed}/finetune.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/finetune.tsv"
    wildcard_constraints:
        model=any_of(MODELS),
    priority: 5  # the longest jobs first
    conda:
        "../envs/model.yaml"
    threads: threads_per_node()
    resources:
        **training_resources(),
    params:
        content=lambda wildcards: checksum(checkpoint_files(wildcards)),
        launch=launcher(),
        settings=lambda wildcards: shell_words([settings(wildcards)]),
        init=option_per_file("init", "init"),
        share=[],  # learning_curve.smk has it
        device=config["device"],
        checkpoints=checkpoint_options,
    shell:
        "{params.launch} {input.script:q} --aptamers {input.aptamers:q} --train {input.train:q}"
        " --validation {input.validation:q} --tokenizer {input.tokenizer:q}"
        " {params.init:q} --settings {params.settings} --seed {wildcards.seed}"
        " {params.share:q} --device {params.device} --threads {threads} {params.checkpoints:q}"
        " -o {output.model:q} --history {output.history:q} --log {log:q}"
