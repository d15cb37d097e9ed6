rule archive:
    "Pack a finished run and its inputs into results/<run>.zip."
    input:
        script=script("archive"),
        modules=modules("archive"),
        manifest="<run>/manifest.json",
        files=lambda wildcards: input_files(),
        reports=reports(),
    output:
        "<run>.zip",
    log:
        "<run>/logs/archive.log",
    conda:
        "../envs/data.yaml"
    params:
        folder=lambda wildcards, input: os.path.dirname(input.manifest),
    shell:
        "python {input.script:q} {params.folder:q} -o {output:q} --log {log:q}"
