rule ingest:
    "Read scored aptamers in any format; account for every row."
    input:
        script=script("ingest"),
        modules=modules("ingest"),
        files=lambda wildcards: files_of(dataset(wildcards)["path"]),
    output:
        aptamers="<data>/aptamers.csv",
        rejected=report(
            "<data>/rejected.csv",
            caption="../report/rejected.rst",
            category="Data",
            subcategory="{dataset}",
            labels=report_labels("Rejected rows", "csv"),
        ),
        labels="<data>/labels.parquet",
        summary="<data>/ingestion.json",
    log:
        "<data>/logs/ingest.log",
    benchmark:
        "<data>/benchmarks/ingest.tsv"
    priority: 10  # bad input shows before any training
    conda:
        "../envs/data.yaml"
    params:
        content=lambda wildcards: checksum(files_of(dataset(wildcards)["path"])),
        options=lambda wildcards: shell_words(
            as_options(dataset(wildcards), exclude=["path"])
        ),
        family=lambda wildcards: shell_words(
            f"--family={column}" for column in family_column()
        ),
        plates=lambda wildcards: f"--dataset={config['run']}/{wildcards.dataset}",
    shell:
        "python {input.script:q} {params.options} {params.family}"
        " {params.plates:q} -o {output.aptamers:q}"
        " --rejected {output.rejected:q} --labels {output.labels:q} --summary {output.summary:q}"
        " --log {log:q} -- {input.files:q}"
