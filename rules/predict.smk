rule predict:
    "Compute the logits of all test pairs."
    input:
        script=script("predict"),
        modules=modules("predict"),
        pairs="<fold>/pairs/test.parquet",
        model="<model>/model",
    output:
        predictions="<model>/predictions.csv",
        logits="<model>/logits.parquet",
        scores="<model>/scores.csv",
    log:
        "<fold>/logs/{model}/seed-{seed}/predict.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/predict.tsv"
    conda:
        "../envs/model.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        device=config["device"],
    shell:
        "python {input.script:q} {input.pairs:q} --model {input.model:q}"
        " --device {params.device} --threads {threads}"
        " -o {output.predictions:q} --logits {output.logits:q} --scores {output.scores:q}"
        " --log {log:q}"
