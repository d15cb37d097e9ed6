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
