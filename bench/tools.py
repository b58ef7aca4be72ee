# SPDX-License-Identifier: MIT
"""The programs that are compared, each with the settings that suit it best."""
import dataclasses
import functools
import pathlib
import shutil
import subprocess
import typing

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # the one that Debian's packages belong to
ALL = ("sites", "small", "small-h2", "disk", "big")


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    package: str  # Debian's, or none for what this project builds
    command: typing.Callable  # (job) -> argv
    is_there: typing.Callable  # (build folder) -> bool
    cases: tuple = ALL
    writes_files: bool = True


@dataclasses.dataclass(frozen=True)
class Job:
    """One run: a case, and folders of its own."""
    case: typing.Any
    build: pathlib.Path
    scratch: pathlib.Path  # for lists in a tool's own form
    out: pathlib.Path

    def write_list(self, name, lines):
        path = self.scratch / name
        path.write_text("".join(line + "\n" for line in lines))
        return path

    def plain_list(self):
        return self.write_list("list.txt", self.case.urls)


def asyncdl_path(build):
    return build / "src/cli/asyncdl"


def asyncdl(job, *options):
    argv = [asyncdl_path(job.build), "-q", "-d", job.out,
            "--cacert", job.case.ca, *options]
    if job.case.http2:
        argv.append("--http2")
    return argv + [job.plain_list()]


def asyncdl_at_once(job, *options):
    if job.case.name == "sites":
        return asyncdl(job, *options)  # what a user gets without any option
    n = str(job.case.at_once)
    return asyncdl(job, "-j", n, "--per-host", n, *options)


def asyncdl_with(*options):
    return lambda job: asyncdl_at_once(job, *options)


def asyncdl_hashing(job):
    """All that a journal needs but the journal."""
    return asyncdl_at_once(job, "--no-journal", "--manifest",
                           job.scratch / "manifest")


def asyncdl_checksum(job):
    job.write_list("list.txt", [job.case.urls[0],
                                f" checksum=sha-256={job.case.sha256}"])
    return [asyncdl_path(job.build), "-q", "-d", job.out,
            job.scratch / "list.txt"]


def floor(job, n_lanes=1, http2=None):
    argv = [job.build / "bench/floor", "-n", str(job.case.at_once),
            "-l", str(n_lanes), "-d", job.out, "-a", job.case.ca]
    if job.case.http2 if http2 is None else http2:
        argv.append("-2")
    return argv + [job.plain_list()]


def curl(job):
    lines = []
    for i, url in enumerate(job.case.urls):
        lines += [f'url = "{url}"', f'output = "{job.out}/{i:05}"']
    version = "--http2" if job.case.http2 else "--http1.1"
    return ["curl", "-q", "-sS", "--no-progress-meter", "--fail", version,
            "--cacert", job.case.ca, "-Z", "--parallel-max",
            str(job.case.at_once), "-K", job.write_list("curl.txt", lines)]


def curl_then_sha256sum(job):
    sums = job.write_list("sums.txt", [f"{job.case.sha256}  {job.out}/00000"])
    return ["sh", "-c", '"$@" && sha256sum --quiet -c "$0"', sums, *curl(job)]


def aria2(job, n_connections=1):
    lines = []
    for i, url in enumerate(job.case.urls):
        lines += [url, f"  out={i:05}"]
    return ["aria2c", "--no-conf", "-q", "-d", job.out,
            "-j", str(job.case.at_once), f"-x{n_connections}",
            f"-s{n_connections}", "--file-allocation=none",
            f"--ca-certificate={job.case.ca}",
            "-i", job.write_list("aria2.txt", lines)]


def wget2(job):
    return ["wget2", "--no-config", "-q", "-P", job.out, "--no-hsts",
            "--no-ocsp", f"--max-threads={job.case.at_once}",
            f"--ca-certificate={job.case.ca}", "-i", job.plain_list()]


def python(program, job):
    return [PYTHON, HERE / "python" / program, job.plain_list(), job.case.ca,
            str(job.case.at_once)]


def on_path(program):
    return lambda build: shutil.which(program) is not None


@functools.lru_cache(None)
def has_module(module):
    return subprocess.run([PYTHON, "-c", f"import {module}"], check=False,
                          capture_output=True).returncode == 0


def with_python(name, package, module, program):
    return Tool(name, package, functools.partial(python, program),
                lambda build: has_module(module), writes_files=False)


def with_floor(name, cases, **options):
    return Tool(name, None, functools.partial(floor, **options),
                lambda build: (build / "bench/floor").exists(), cases)


def is_built(build):
    return asyncdl_path(build).exists()


TOOLS = (
    Tool("asyncdl", None, asyncdl_at_once, is_built),
    Tool("asyncdl, window auto", None, asyncdl, is_built,
         ("small", "small-h2")),
    Tool("asyncdl --no-journal", None, asyncdl_with("--no-journal"), is_built,
         ("small", "small-h2", "big")),
    Tool("asyncdl, only hashing", None, asyncdl_hashing, is_built, ("small",)),
    Tool("asyncdl, checksum", None, asyncdl_checksum, is_built, ("big",)),
    Tool("asyncdl --fsync none", None, asyncdl_with("--fsync", "none"),
         is_built, ("disk",)),
    Tool("asyncdl --fsync file", None, asyncdl_with("--fsync", "file"),
         is_built, ("disk",)),
    with_floor("floor", ALL),
    with_floor("floor, 2 connections", ("small-h2",), n_lanes=2),
    with_floor("floor, 4 connections", ("small-h2",), n_lanes=4),
    with_floor("floor, HTTP/1.1", ("small-h2",), http2=False),
    Tool("curl -Z", "curl", curl, on_path("curl")),
    Tool("curl, then sha256sum", "curl", curl_then_sha256sum, on_path("curl"),
         ("big",)),
    Tool("aria2", "aria2", aria2, on_path("aria2c")),
    Tool("aria2 -x4", "aria2", functools.partial(aria2, n_connections=4),
         on_path("aria2c"), ("big",)),
    Tool("wget2", "wget2", wget2, on_path("wget2")),
    with_python("aiohttp", "python3-aiohttp", "aiohttp", "aiohttp_gather.py"),
    with_python("requests", "python3-requests", "requests", "requests_sync.py"),
    with_python("requests, 5 threads", "python3-requests", "requests",
                "requests_threads.py"),
    with_python("requests, processes", "python3-requests", "requests",
                "requests_processes.py"),
)
