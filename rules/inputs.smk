"""The user's own files as parameters, and results that were deleted."""

# A job's own process takes what was noted when the run was planned.
CHECKSUMS = InputChecksums(
    planned=not workflow.is_main_process, keep=workflow.is_main_process and not DRY
)


def checksums(paths):
    """Checksums of the user's files, as a parameter of the rule that reads them."""
    return CHECKSUMS.of(paths)


def make_missing_again():
    """Plan again what made the results that the manifest lists and that are not there.

    Not where targets are named: whoever asks for a page wants no training.
    """
    settings = workflow.dag_settings
    if not workflow.is_main_process or settings is None or settings.targets:
        return
    folder = f"results/{config['run']}"

    def is_output(path):
        return any(rule.is_producer(path) for rule in workflow.rules)

    found = made_by(missing_results(Path(folder)), folder, is_output)
    if not found:
        return
    few = ", ".join(list(found)[:3]) + (", ..." if len(found) > 3 else "")
    tell(
        f"{folder}: {len(found)} of the files that its manifest lists are not there: {visible(few)}; "
        "what makes them runs again"
    )
    settings.forcerun = {*settings.forcerun, *found.values()}
