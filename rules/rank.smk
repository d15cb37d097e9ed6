rule rank:
    "Rank the user's candidates with the models of all seeds."
    input:
        script=script("rank"),
        modules=modules("rank"),
        candidates=lambda wildcards: files_of(config["rank"]["candidates"]),
        models=lambda wildcards: used_models("rank", "onnx/model.onnx"),
        folders=lambda wildcards: used_models("rank", "model"),  # their tokenizers
        expected=lambda wildcards: expected_of("rank"),
        aptamers=lambda wildcards: used_data("rank", "aptamers.csv"),
        split=lambda wildcards: used_data("rank", f"{fold_folders()[0]}split.csv"),
    output:
        ranking=report(
            "<run>/ranking/ranking.csv",
            caption="../report/ranking.rst",
            category="Ranking and design",
            subcategory="Ranking",
            labels=report_labels("Candidates, best first", "csv"),
        ),
        page=report(
            "<run>/ranking/ranking.html",
            caption="../report/ranking.rst",
            category="Ranking and design",
            subcategory="Ranking",
            labels=report_labels("Candidates, best first", "html"),
        ),
        plot=report(
            "<run>/ranking/ranking.svg",
            caption="../report/ranking.rst",
            category="Ranking and design",
            subcategory="Ranking",
            labels=report_labels("Candidates, best first"),
        ),
        rejected=report(
            "<run>/ranking/rejected.csv",
            caption="../report/rejected.rst",
            category="Ranking and design",
            subcategory="Ranking",
            labels=report_labels("Rejected rows", "csv"),
        ),
    log:
        "<run>/logs/rank.log",
    benchmark:
        "<run>/benchmarks/rank.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        content=lambda wildcards: checksum(files_of(config["rank"]["candidates"])),
        models=option_per_file("model", "models"),
        expected=option_per_file("expected", "expected"),
        options=lambda wildcards: shell_words(
            as_options(config["rank"], exclude=["candidates", "model"])
        ),
        device=config["device"],
    shell:
        "python {input.script:q} {params.models:q} {params.expected:q}"
        " --trained-on {input.aptamers:q} --split {input.split:q} {params.options}"
        " --device {params.device} --threads {threads}"
        " -o {output.ranking:q} --rejected {output.rejected:q} --log {log:q}"
        " -- {input.candidates:q}"
