rule variant:
    "Write one form of a model, and measure how its predictions differ."
    input:
        unpack(compared_with),
        script=script("variant"),
        modules=modules("variant"),
        model="<model>/model",
        aptamers="<data>/aptamers.csv",
        train="<fold>/pairs/train.parquet",
        validation="<fold>/pairs/validation.parquet",
        test="<fold>/pairs/test.parquet",
    output:
        directory("<model>/variants/{variant}"),
    log:
        "<fold>/logs/{model}/seed-{seed}/variants/{variant}.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/variants/{variant}.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        compared=lambda wildcards, input: [
            f"--{option}={input[option]}" for option in compared_with(wildcards)
        ],
        options=variant_options,
        device=config["device"],
        resamples=config["evaluation"]["resamples"],
        seed=config["evaluation"]["seed"],
    shell:
        "python {input.script:q} {wildcards.variant:q} --model {input.model:q}"
        " --aptamers {input.aptamers:q} --train {input.train:q}"
        " --validation {input.validation:q} --test {input.test:q} {params.compared:q}"
        " {params.options:q} --resamples {params.resamples} --resampling-seed {params.seed}"
        " --device {params.device} --threads {threads} -o {output:q} --log {log:q}"
