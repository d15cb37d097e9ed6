rule finetune:
    input:
        script=script("finetune"),
        modules=modules("finetune"),
        aptamers="<data>/aptamers.csv",
        train="<data>/pairs/train.parquet",
        validation="<data>/pairs/validation.parquet",
        tokenizer="<data>/{model}/tokenizer",
        checkpoint=checkpoint_files,
    output:
        model=directory("<model>/model"),
        history="<model>/history.csv",
    log:
        "<data>/logs/{model}/seed-{seed}/finetune.log",
    benchmark:
        "<data>/benchmarks/{model}/seed-{seed}/finetune.tsv"
    conda:
        "../envs/model.yaml"
    threads: config["threads"]
    resources:
        gpu=1,
    params:
        settings=lambda wildcards: settings(wildcards),
        margin=config["pairs"]["margin"],
        device=config["device"],
    shell:
        "python {input.script:q} --aptamers {input.aptamers:q} --train {input.train:q}"
        " --validation {input.validation:q} --tokenizer {input.tokenizer:q}"
        " --settings {params.settings:q} --margin {params.margin} --seed {wildcards.seed}"
        " --device {params.device} --threads {threads}"
        " -o {output.model:q} --history {output.history:q} --log {log:q}"
