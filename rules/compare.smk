rule compare:
    input:
        script=script("compare"),
        modules=modules("compare"),
        metrics=expand(
            "<data>/{fold}{model}/seed-{seed}/metrics.json",
            fold=fold_folders(),
            model=config["models"],
            seed=config["seeds"],
            allow_missing=True,
        ),
        baselines=expand(
            "<data>/{fold}baselines.csv", fold=fold_folders(), allow_missing=True
        ),
    output:
        "<data>/comparison.csv",
    log:
        "<data>/logs/compare.log",
    conda:
        "../envs/report.yaml"
    params:
        baselines=lambda wildcards, input: [
            f"--baselines={path}" for path in input.baselines
        ],
    shell:
        "python {input.script:q} {input.metrics:q} {params.baselines:q}"
        " -o {output:q} --log {log:q}"
