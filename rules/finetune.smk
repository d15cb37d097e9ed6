rule finetune:
    input:
        script=script("finetune"),
        modules=modules("finetune"),
        aptamers="<data>/aptamers.csv",
        train="<fold>/pairs/train.parquet",
        validation="<fold>/pairs/validation.parquet",
        tokenizer="<data>/{model}/tokenizer",
        checkpoint=checkpoint_files,
    output:
        model=directory("<model>/model"),
        history="<model>/history.csv",
    log:
        "<fold>/logs/{model}/seed-{seed}/finetune.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/finetune.tsv"
    conda:
        "../envs/model.yaml"
    threads: config["threads"]
    resources:
        gpu=1,
    params:
        settings=lambda wildcards: settings(wildcards),
        device=config["device"],
    shell:
        "python {input.script:q} --aptamers {input.aptamers:q} --train {input.train:q}"
        " --validation {input.validation:q} --tokenizer {input.tokenizer:q}"
        " --settings {params.settings:q} --seed {wildcards.seed}"
        " --device {params.device} --threads {threads}"
        " -o {output.model:q} --history {output.history:q} --log {log:q}"
