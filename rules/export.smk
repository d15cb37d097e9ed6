rule export:
    input:
        script=script("export"),
        modules=modules("export"),
        model="<model>/model",
        pairs="<data>/pairs/test.parquet",
    output:
        "<model>/onnx/model.onnx",
    log:
        "<data>/logs/{model}/seed-{seed}/export.log",
    benchmark:
        "<data>/benchmarks/{model}/seed-{seed}/export.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    params:
        opset=config["export"]["opset"],
        tolerance=config["export"]["tolerance"],
    shell:
        "python {input.script:q} --model {input.model:q} --pairs {input.pairs:q}"
        " --opset {params.opset} --tolerance {params.tolerance} --threads {threads}"
        " -o {output:q} --log {log:q}"
