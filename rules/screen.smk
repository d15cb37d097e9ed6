rule screen:
    "Score one chunk of a very large set of candidates."
    input:
        script=script("screen"),
        modules=modules("screen"),
        candidates=lambda wildcards: files_of(config["screen"]["candidates"]),
        model=lambda wildcards: screened_by(),
        aptamers=lambda wildcards: used_data("screen", "aptamers.csv"),
    output:
        directory("<run>/screen/chunks/{chunk}"),
    log:
        "<run>/logs/screen/{chunk}.log",
    benchmark:
        "<run>/benchmarks/screen/{chunk}.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(4000),
    params:
        content=lambda wildcards: checksum(files_of(config["screen"]["candidates"])),
        source=lambda wildcards: shell_words(screen_options()),
        keep=config["screen"]["keep"],
        chunks=config["screen"]["chunks"],
        device=config["device"],
    shell:
        "python {input.script:q} {params.source} --model {input.model:q}"
        " --trained-on {input.aptamers:q} --keep {params.keep}"
        " --chunk {wildcards.chunk} --chunks {params.chunks}"
        " --device {params.device} --threads {threads} -o {output:q} --log {log:q}"
        " -- {input.candidates:q}"


rule shortlist:
    "Merge the best candidates of all chunks."
    input:
        script=script("shortlist"),
        modules=modules("shortlist"),
        chunks=expand(
            "<run>/screen/chunks/{chunk}", chunk=range(config["screen"]["chunks"])
        ),
    output:
        shortlist=report(
            "<run>/screen/shortlist.csv",
            caption="../report/screening.rst",
            category="Ranking and design",
            subcategory="Screening",
            labels=report_labels("The best that were screened", "csv"),
        ),
        page=report(
            "<run>/screen/shortlist.html",
            caption="../report/screening.rst",
            category="Ranking and design",
            subcategory="Screening",
            labels=report_labels("The best that were screened", "html"),
        ),
        rejected=report(
            "<run>/screen/rejected.csv",
            caption="../report/rejected.rst",
            category="Ranking and design",
            subcategory="Screening",
            labels=report_labels("Rejected rows", "csv"),
        ),
        summary="<run>/screen/screen.json",
    log:
        "<run>/logs/shortlist.log",
    benchmark:
        "<run>/benchmarks/shortlist.tsv"
    conda:
        "../envs/onnx.yaml"
    shell:
        "python {input.script:q} {input.chunks:q} -o {output.shortlist:q}"
        " --rejected {output.rejected:q} --summary {output.summary:q} --log {log:q}"
