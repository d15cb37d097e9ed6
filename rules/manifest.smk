# Last, after all results, since it contains their checksums.
rule manifest:
    "Record the config, versions, machine and checksums of a run, also as an RO-Crate."
    input:
        script=script("manifest"),
        modules=modules("manifest"),
        about=own_files("Snakefile", "CITATION.cff", "requirements.txt"),
        results=whole_results,
        files=lambda wildcards: input_files(),
    output:
        manifest="<run>/manifest.json",
        crate="<run>/ro-crate-metadata.json",
        workflow="<run>/Snakefile",
    log:
        "<run>/logs/manifest.log",
    conda:
        "../envs/onnx.yaml"
    params:
        read=lambda wildcards: [
            f"--read={checksums_at_start().get(file, '')}" for file in input_files()
        ],
        config=lambda wildcards: shell_words([json.dumps(config)]),
        folder=lambda wildcards, output: os.path.dirname(output.manifest),
    shell:
        "python {input.script:q} {params.read} --results {params.folder:q} --config {params.config}"
        " -o {output.manifest:q} --log {log:q} -- {input.files:q}"
