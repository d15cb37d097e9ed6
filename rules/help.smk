# snakemake --cores 1 help
rule help:
    "Say what Snakemake can be asked for."
    input:
        workflow.source_path("../docs/targets.txt"),
    log:
        ".snakemake/log/help.log",  # empty; the lint wants one
    run:
        with open(input[0], encoding="utf-8") as file:
            print(file.read())
