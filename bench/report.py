# SPDX-License-Identifier: MIT
"""Tables, CSV files, and whether the targets are met."""
import csv
import dataclasses
import statistics


@dataclasses.dataclass(frozen=True)
class Run:
    case: str
    round: int
    tool: str
    wall_s: float
    user_s: float
    system_s: float
    peak_kib: int
    fault: str  # empty when every byte arrived


@dataclasses.dataclass(frozen=True)
class Median:
    wall_s: float
    cpu_s: float
    peak_mib: float


def medians(runs):
    """By tool, over the runs that got every byte; None where none did."""
    by_tool = {}
    for run in runs:
        by_tool.setdefault(run.tool, []).append(run)
    return {tool: _median([r for r in of_tool if not r.fault])
            for tool, of_tool in by_tool.items()}


def _median(runs):
    if not runs:
        return None
    return Median(statistics.median(r.wall_s for r in runs),
                  statistics.median(r.user_s + r.system_s for r in runs),
                  statistics.median(r.peak_kib for r in runs) / 1024)


def print_table(case, runs):
    n_files = len(case.urls)
    found = medians(runs)
    print(f"\n{case.title} ({case.name})")
    print(f"{'':24}{'wall':>9}{'fastest':>9}{'CPU':>9}"
          f"{'CPU a file':>12}{'peak':>11}")
    for tool, m in sorted(found.items(),
                          key=lambda item: item[1].wall_s if item[1] else 1e9):
        of_tool = [r for r in runs if r.tool == tool]
        faults = [r.fault for r in of_tool if r.fault]
        if m:
            fastest = min(r.wall_s for r in of_tool if not r.fault)
            each = f"{m.cpu_s / n_files * 1e6:9.0f} us" if n_files > 1 else ""
            print(f"{tool:24}{m.wall_s:7.3f} s{fastest:7.3f} s{m.cpu_s:7.3f} s"
                  f"{each:>12}{m.peak_mib:7.1f} MiB")
        if faults:
            print(f"{tool:24}failed {len(faults)} of {len(of_tool)} times: "
                  f"{faults[0]}")


def write_csv(path, runs):
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(field.name for field in dataclasses.fields(Run))
        writer.writerows(dataclasses.astuple(run) for run in runs)


# case, which asyncdl, what of it, at most (or below) this many times, what of whom
OURS = "asyncdl"
TARGETS = (
    ("small", OURS + " --no-journal", "cpu_s", "<=", 1.0, "floor"),
    ("small", OURS, "cpu_s", "<=", 1.05, OURS + ", only hashing"),
    ("small", OURS, "wall_s", "<", 1.0, "curl -Z"),
    ("small", OURS, "wall_s", "<", 1.0, "wget2"),
    ("small", OURS, "peak_mib", "<", 24.0, None),
    ("small-h2", OURS + " --no-journal", "cpu_s", "<=", 1.0, "curl -Z"),
    ("small-h2", OURS, "wall_s", "<", 1.0, "curl -Z"),
    ("small-h2", OURS, "wall_s", "<", 1.0, "wget2"),
    ("sites", OURS, "wall_s", "<=", 1.2, "floor"),
    ("sites", OURS, "wall_s", "<", 1.0, "curl -Z"),
    ("disk", OURS, "wall_s", "<", 1.0, "curl -Z"),
    ("big", OURS + " --no-journal", "wall_s", "<=", 1.05, "curl -Z"),
    ("big", OURS + ", checksum", "wall_s", "<=", 1.1, "curl -Z"),
    ("big", OURS + ", checksum", "wall_s", "<", 1.0, "curl, then sha256sum"),
)


def check_targets(runs_by_case):
    """Print each target with its figures; return whether all are met."""
    print("\ntargets")
    verdicts = [_check(medians(runs_by_case[case]), case, *rest)
                for case, *rest in TARGETS if case in runs_by_case]
    return all(verdicts)


def _check(found, case, tool, what, sign, factor, peer):
    ours = found.get(tool)
    theirs = found.get(peer)
    times = "" if factor == 1.0 else f"{factor:g} x "
    claim = f"{case}: {tool}: {what} {sign} " + (
        f"{times}{peer}'s" if peer else f"{factor:g}")
    if ours is None or (peer and theirs is None):
        print(f"  not measured  {claim}")
        return False
    value = getattr(ours, what)
    limit = factor * getattr(theirs, what) if peer else factor
    met = value < limit or (sign == "<=" and value == limit)
    print(f"  {'met' if met else 'MISSED':12}  {claim}: "
          f"{value:.3f} against {limit:.3f}")
    return met
