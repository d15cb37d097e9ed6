# What a family is, as options of split.py and audit.py: only what matters, so that another k does
# not rerun a split by cluster.
MATTERS = {"prefix": ["by", "k"], "cluster": ["by", "identity"]}
FAMILY = as_options(
    {key: config["split"][key] for key in MATTERS.get(config["split"]["by"], ["by"])}
    if not config["split"]["file"]
    else {}
)
# What differences are counted from, and what only split.py needs of a split of mutants.
REFERENCE = as_options({"reference": config["split"]["reference"]})
OF_MUTANTS = {
    "distance": ["reference", "distance"],
    "position": ["reference", "positions"],
}


rule split:
    "Divide aptamers into train, validation and test parts."
    input:
        script=script("split"),
        modules=modules("split"),
        aptamers="<data>/aptamers.csv",
        file=lambda wildcards: split_file(),
    output:
        "<fold>/split.csv",
    log:
        "<fold>/logs/split.log",
    benchmark:
        "<fold>/benchmarks/split.tsv"
    priority: 10
    conda:
        "../envs/data.yaml"
    threads: config["threads"]
    params:
        content=lambda wildcards: checksum(split_file()),
        family=FAMILY,
        mutants=as_options(
            {
                key: config["split"][key]
                for key in OF_MUTANTS.get(config["split"]["by"], [])
                if not config["split"]["file"]
            }
        ),
        fractions=[
            f"--{part}={fraction}"
            for part, fraction in config["split"]["fractions"].items()
        ],
        folds=as_options({"folds": config["split"]["folds"]}),
        fold=fold_option,
        seed=config["split"]["seed"],
        file=lambda wildcards: shell_words(f"--file={path}" for path in split_file()),
    shell:
        "python {input.script:q} {input.aptamers:q} {params.family:q} {params.mutants:q}"
        " {params.file}"
        " {params.fractions:q} {params.folds:q} {params.fold:q} --seed {params.seed} --threads {threads}"
        " -o {output:q} --log {log:q}"
