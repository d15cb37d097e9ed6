rule baselines:
    "Fit cheap predictors, and measure them on the same test pairs as the models."
    input:
        script=script("baselines"),
        modules=modules("baselines"),
        aptamers="<data>/aptamers.csv",
        split="<fold>/split.csv",
        train="<fold>/pairs/train.parquet",
        validation="<fold>/pairs/validation.parquet",
        test="<fold>/pairs/test.parquet",
    output:
        table="<fold>/baselines.csv",
        probabilities="<fold>/baselines.parquet",
        distances="<fold>/baselines_by_distance.csv",
        models=directory("<fold>/predictors"),
    log:
        "<fold>/logs/baselines.log",
    benchmark:
        "<fold>/benchmarks/baselines.tsv"
    conda:
        "../envs/model.yaml"
    params:
        seed=config["seeds"][0],
        fold=fold_option,
        reference=REFERENCE,
    shell:
        "python {input.script:q} --aptamers {input.aptamers:q} --split {input.split:q}"
        " --train {input.train:q} --validation {input.validation:q} --test {input.test:q} --seed {params.seed}"
        " {params.fold:q} {params.reference:q} --distances {output.distances:q}"
        " -o {output.table:q} --probabilities {output.probabilities:q} --models {output.models:q}"
        " --log {log:q}"
