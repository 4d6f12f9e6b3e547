"""The expected results as a table of docs/conformance.md."""

BEGIN, END = "<!-- results -->", "<!-- end of results -->"


def result_of(entry):
    """An entry is a result, or a result with the reason for it."""
    return entry["result"] if isinstance(entry, dict) else entry


def write_table(file, pinned):
    """Puts the table between the file's two marks."""
    text = file.read_text()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    file.write_text(f"{before}{BEGIN}\n{table(pinned)}{END}{after}")


def table(pinned):
    """A summary of each run, then each module that neither passed nor waits for somebody to look, with the reason."""
    lines = [f"Suite {pinned['suite']}, run on {pinned['date']}.", "", "| run | modules | PASSED | REVIEW | WARNING | SKIPPED | other |", "|---|--:|--:|--:|--:|--:|--:|"]
    for name, modules in pinned["runs"].items():
        count = lambda kind: sum(result_of(entry) == kind for entry in modules.values())
        counts = [count(kind) for kind in ("PASSED", "REVIEW", "WARNING", "SKIPPED")]
        cells = [len(modules), *counts, len(modules) - sum(counts)]
        lines.append(f"| {name} | " + " | ".join(str(cell) if cell else "" for cell in cells) + " |")
    lines += ["", "| run | module | result | because |", "|---|---|---|---|"]
    for name, modules in pinned["runs"].items():
        for module, entry in modules.items():
            if result_of(entry) not in ("PASSED", "REVIEW"):
                because = entry["because"] if isinstance(entry, dict) else ""
                lines.append(f"| {name} | `{module}` | {result_of(entry)} | {because} |")
    return "\n".join(lines) + "\n"
