rule audit:
    "Measure how far training and test aptamers resemble each other."
    input:
        script=script("audit"),
        modules=modules("audit"),
        aptamers="<data>/aptamers.csv",
        split="<fold>/split.csv",
        test="<fold>/pairs/test.parquet",
    output:
        table="<fold>/audit/audit.csv",
        page=report(
            "<fold>/audit/audit.html",
            caption="../report/audit.rst",
            category="Data",
            subcategory="{dataset}",
            labels=report_labels("What training and test share", "html"),
        ),
        plots=report(
            directory("<fold>/audit/plots"),
            patterns=["{figure}.{kind}"],
            caption="../report/audit_plots.rst",
            category="Data",
            subcategory="{dataset}",
            labels=report_labels_in_folder,
        ),
    log:
        "<fold>/logs/audit.log",
    benchmark:
        "<fold>/benchmarks/audit.tsv"
    conda:
        "../envs/report.yaml"
    threads: config["threads"]
    params:
        family=FAMILY,
        reference=REFERENCE,
    shell:
        "python {input.script:q} --aptamers {input.aptamers:q} --split {input.split:q}"
        " --test {input.test:q} {params.family:q} {params.reference:q} --threads {threads}"
        " -o {output.table:q} --plots {output.plots:q} --log {log:q}"
