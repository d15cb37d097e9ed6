# Last, after all results, for it has their checksums.
rule manifest:
    input:
        script=script("manifest"),
        modules=modules("manifest"),
        results=results(),
        files=input_files(),
    output:
        "<run>/manifest.json",
    log:
        "<run>/logs/manifest.log",
    conda:
        "../envs/onnx.yaml"
    params:
        config=lambda wildcards: json.dumps(config),
        folder=lambda wildcards, output: os.path.dirname(output[0]),
    shell:
        "python {input.script:q} --results {params.folder:q} --config {params.config:q}"
        " -o {output:q} --log {log:q} -- {input.files:q}"
