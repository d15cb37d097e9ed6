rule export:
    "Write a fine-tuned model as ONNX, and prove that it gives the same logits."
    input:
        script=script("export"),
        modules=modules("export"),
        model="<model>/model",
        pairs="<fold>/pairs/test.parquet",
    output:
        "<model>/onnx/model.onnx",
    log:
        "<fold>/logs/{model}/seed-{seed}/export.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/export.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        opset=config["export"]["opset"],
        tolerance=config["export"]["tolerance"],
    shell:
        "python {input.script:q} --model {input.model:q} --pairs {input.pairs:q}"
        " --opset {params.opset} --tolerance {params.tolerance} --threads {threads}"
        " -o {output:q} --log {log:q}"
