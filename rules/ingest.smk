rule ingest:
    input:
        script=script("ingest"),
        modules=modules("ingest"),
        file=lambda wildcards: dataset(wildcards)["path"],
    output:
        aptamers="<data>/aptamers.csv",
        rejected="<data>/rejected.csv",
    log:
        "<data>/logs/ingest.log",
    benchmark:
        "<data>/benchmarks/ingest.tsv"
    priority: 10  # bad input shows before any training
    conda:
        "../envs/data.yaml"
    params:
        format=lambda wildcards: dataset(wildcards)["format"],
        sequence=lambda wildcards: dataset(wildcards)["sequence"],
        score=lambda wildcards: dataset(wildcards)["score"],
        name=lambda wildcards: dataset(wildcards)["name"],
        better=lambda wildcards: dataset(wildcards)["better"],
    shell:
        "python {input.script:q} {input.file:q} --format {params.format:q}"
        " --sequence {params.sequence:q} --score {params.score:q} --name {params.name:q}"
        " --better {params.better:q} -o {output.aptamers:q} --rejected {output.rejected:q}"
        " --log {log:q}"
