rule baselines:
    input:
        script=script("baselines"),
        modules=modules("baselines"),
        aptamers="<data>/aptamers.csv",
        split="<data>/split.csv",
        validation="<data>/pairs/validation.parquet",
        test="<data>/pairs/test.parquet",
    output:
        "<data>/baselines.csv",
    log:
        "<data>/logs/baselines.log",
    benchmark:
        "<data>/benchmarks/baselines.tsv"
    conda:
        "../envs/report.yaml"
    params:
        seed=config["seeds"][0],
    shell:
        "python {input.script:q} --aptamers {input.aptamers:q} --split {input.split:q}"
        " --validation {input.validation:q} --test {input.test:q} --seed {params.seed}"
        " -o {output:q} --log {log:q}"
