rule blend:
    "Blend the cheap predictors and the models that score aptamers into one model."
    input:
        script=script("blend"),
        modules=modules("blend"),
        predictors="<fold>/predictors",
        models=models_to_blend,
        validation="<fold>/pairs/validation.parquet",
    output:
        model=directory(f"<fold>/{BLEND}/seed-{{seed}}/model"),
        history=f"<fold>/{BLEND}/seed-{{seed}}/history.csv",
    log:
        f"<fold>/logs/{BLEND}/seed-{{seed}}/blend.log",
    benchmark:
        f"<fold>/benchmarks/{BLEND}/seed-{{seed}}/blend.tsv"
    conda:
        "../envs/model.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        models=lambda wildcards, input: [
            word
            for path in input.models
            for word in ("--model", path.split("/")[-3], path)
        ],
        device=config["device"],
    shell:
        "python {input.script:q} --predictors {input.predictors:q} {params.models:q}"
        " --validation {input.validation:q} --seed {wildcards.seed} --device {params.device}"
        " --threads {threads} -o {output.model:q} --history {output.history:q} --log {log:q}"
