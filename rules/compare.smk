rule compare:
    input:
        script=script("compare"),
        modules=modules("compare"),
        metrics=expand(
            "<data>/{model}/seed-{seed}/metrics.json",
            model=config["models"],
            seed=config["seeds"],
            allow_missing=True,
        ),
        baselines="<data>/baselines.csv",
    output:
        "<data>/comparison.csv",
    log:
        "<data>/logs/compare.log",
    conda:
        "../envs/report.yaml"
    shell:
        "python {input.script:q} {input.metrics:q} --baselines {input.baselines:q}"
        " -o {output:q} --log {log:q}"
