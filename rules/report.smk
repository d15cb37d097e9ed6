rule describe:
    "Plot and describe the aptamers of a dataset."
    input:
        script=script("describe"),
        modules=modules("describe"),
        aptamers="<data>/aptamers.csv",
        summary="<data>/ingestion.json",
    output:
        report(
            directory("<data>/description"),
            patterns=["{figure}.{kind}"],
            caption="../report/description.rst",
            category="Data",
            subcategory="{dataset}",
            labels=report_labels_in_folder,
        ),
    log:
        "<data>/logs/describe.log",
    benchmark:
        "<data>/benchmarks/describe.tsv"
    conda:
        "../envs/report.yaml"
    shell:
        "python {input.script:q} {input.aptamers:q} --summary {input.summary:q}"
        " -o {output:q} --log {log:q}"


# A few sentences, which are on the report's first page.
rule answer:
    "Write the findings of a dataset in a few sentences, and as numbers."
    input:
        script=script("answer"),
        modules=modules("answer"),
        ingestion="<data>/ingestion.json",
        audits=expand(
            "<data>/{fold}audit/audit.csv", fold=fold_folders(), allow_missing=True
        ),
        histories=lambda wildcards: models_and_blend(
            "<run>/{dataset}/{fold}{model}/seed-{seed}/history.csv", wildcards.dataset
        ),
        comparison="<data>/comparison.csv",
        summary="<data>/comparison/summary.csv",
        paired="<data>/comparison/paired.csv",
    output:
        text="<data>/answer.rst",
        figures="<data>/answer.json",
    log:
        "<data>/logs/answer.log",
    benchmark:
        "<data>/benchmarks/answer.tsv"
    conda:
        "../envs/report.yaml"
    params:
        audits=option_per_file("audit", "audits"),
        split="file" if config["split"]["file"] else config["split"]["by"],
        histories=lambda wildcards, input: [
            word
            for path in input.histories
            for word in ("--history", path.split("/")[-3], path)
        ],
    shell:
        "python {input.script:q} --ingestion {input.ingestion:q} {params.audits:q}"
        " {params.histories:q} --comparison {input.comparison:q} --summary {input.summary:q}"
        " --paired {input.paired:q} --split {params.split:q} -o {output.text:q}"
        " --figures {output.figures:q} --log {log:q}"
