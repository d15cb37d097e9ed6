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


rule manifest:
    input:
        script=script("manifest"),
        modules=modules("manifest"),
        comparisons=expand("<run>/{dataset}/comparison.csv", dataset=config["datasets"]),
        files=input_files(),
    output:
        "<run>/manifest.json",
    log:
        "<run>/logs/manifest.log",
    conda:
        "../envs/onnx.yaml"
    params:
        config=json.dumps(config),
    shell:
        "python {input.script:q} {input.files:q} --config {params.config:q}"
        " -o {output:q} --log {log:q}"
