# The same training and prediction, from a share of the training aptamers.


use rule finetune as finetune_share with:
    output:
        model=directory("<model>/learning_curve/{share}/model"),
        history="<model>/learning_curve/{share}/history.csv",
    log:
        "<fold>/logs/{model}/seed-{seed}/learning_curve/{share}/finetune.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/learning_curve/{share}/finetune.tsv"
    priority: 1  # long, but the models themselves come first
    params:
        share=lambda wildcards: [f"--share={wildcards.share}"],


use rule predict as predict_share with:
    input:
        script=script("predict"),
        modules=modules("predict"),
        pairs="<fold>/pairs/test.parquet",
        model="<model>/learning_curve/{share}/model",
    output:
        predictions="<model>/learning_curve/{share}/predictions.csv",
        logits="<model>/learning_curve/{share}/logits.parquet",
        scores="<model>/learning_curve/{share}/scores.csv",
    log:
        "<fold>/logs/{model}/seed-{seed}/learning_curve/{share}/predict.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/learning_curve/{share}/predict.tsv"


rule learning_curve:
    "Compare models that were trained on shares of the training aptamers."
    input:
        script=script("learning_curve"),
        modules=modules("learning_curve"),
        train=f"<data>/{fold_folders()[0]}pairs/train.parquet",
        logits=lambda wildcards: [
            path for _, _, path in curve_points(wildcards.dataset)
        ],
    output:
        table=report(
            "<data>/comparison/learning_curve.csv",
            caption="../report/learning_curve.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("learning_curve", "csv"),
        ),
        plot=report(
            "<data>/comparison/learning_curve.svg",
            caption="../report/learning_curve.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("learning_curve"),
        ),
    log:
        "<data>/logs/learning_curve.log",
    benchmark:
        "<data>/benchmarks/learning_curve.tsv"
    conda:
        "../envs/report.yaml"
    params:
        points=lambda wildcards, input: [
            word
            for (model, share, _), path in zip(
                curve_points(wildcards.dataset), input.logits
            )
            for word in ("--point", model, share, path)
        ],
        resamples=config["evaluation"]["resamples"],
        seed=config["evaluation"]["seed"],
    shell:
        "python {input.script:q} --train {input.train:q} {params.points:q}"
        " --resamples {params.resamples} --resampling-seed {params.seed}"
        " -o {output.table:q} --plot {output.plot:q} --log {log:q}"
