rule pair:
    "Make labelled pairs of the aptamers of each part."
    input:
        script=script("pairing"),
        modules=modules("pairing"),
        aptamers="<data>/aptamers.csv",
        labels="<data>/labels.parquet",
        split="<fold>/split.csv",
    output:
        train="<fold>/pairs/train.parquet",
        validation="<fold>/pairs/validation.parquet",
        test="<fold>/pairs/test.parquet",
    log:
        "<fold>/logs/pair.log",
    benchmark:
        "<fold>/benchmarks/pair.tsv"
    priority: 10
    conda:
        "../envs/data.yaml"
    resources:
        mem_mb=more_each_time(8000),
    params:
        folder=lambda wildcards, output: os.path.dirname(output.train),
        options=as_options(
            config["pairs"] | {"max_pairs": config["pairs"]["max_pairs"] or 0}
        ),
        fractions=as_options(config["split"]["fractions"]),
    shell:
        "python {input.script:q} --data {input.aptamers:q} --labels {input.labels:q}"
        " --split {input.split:q} {params.options:q} {params.fractions:q}"
        " -o {params.folder:q} --log {log:q}"
