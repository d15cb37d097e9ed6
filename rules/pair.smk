rule pair:
    input:
        script=script("pairing"),
        modules=modules("pairing"),
        aptamers="<data>/aptamers.csv",
        split="<data>/split.csv",
    output:
        train="<data>/pairs/train.parquet",
        validation="<data>/pairs/validation.parquet",
        test="<data>/pairs/test.parquet",
    log:
        "<data>/logs/pair.log",
    benchmark:
        "<data>/benchmarks/pair.tsv"
    priority: 10
    conda:
        "../envs/data.yaml"
    params:
        folder=lambda wildcards, output: os.path.dirname(output.train),
        margin=config["pairs"]["margin"],
        max_pairs=config["pairs"]["max_pairs"] or 0,
        seed=config["pairs"]["seed"],
    shell:
        "python {input.script:q} --data {input.aptamers:q} --split {input.split:q}"
        " --margin {params.margin} --max-pairs {params.max_pairs} --seed {params.seed}"
        " -o {params.folder:q} --log {log:q}"
