rule split:
    input:
        script=script("split"),
        modules=modules("split"),
        aptamers="<data>/aptamers.csv",
        file=split_file(),
    output:
        "<data>/split.csv",
    log:
        "<data>/logs/split.log",
    benchmark:
        "<data>/benchmarks/split.tsv"
    priority: 10
    conda:
        "../envs/data.yaml"
    params:
        fractions=[
            f"--{part}={fraction}"
            for part, fraction in config["split"]["fractions"].items()
        ],
        seed=config["split"]["seed"],
        file=[f"--file={path}" for path in split_file()],
    shell:
        "python {input.script:q} {input.aptamers:q} {params.file:q} {params.fractions:q}"
        " --seed {params.seed} -o {output:q} --log {log:q}"
