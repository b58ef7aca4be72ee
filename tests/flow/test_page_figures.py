#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Chromium shows of a page of --report is what the run's other outputs
say: every figure of every table, and every bar of its diagrams.

The programs are in the environment: ASYNCDL, ASYNCDL_COMPARE, ASYNCDL_SITE.
"""
import collections
import math
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import pages

READ_TABLES = """Array.from(document.querySelectorAll('table'), table => ({
    caption: table.caption.innerText,
    columns: Array.from(table.tHead.rows[0].cells, cell => cell.innerText),
    rows: Array.from(table.tBodies[0].rows,
        row => Array.from(row.cells, cell => cell.innerText.trim())),
    bars: Array.from(table.tBodies[0].rows, row => Array.from(
        row.querySelectorAll('.share rect'),
        bar => bar.width.baseVal.valueInSpecifiedUnits)),
    notes: (found => {
        let at = table.parentElement.nextElementSibling;
        for (; at && at.className === 'remark'; at = at.nextElementSibling) {
            found.push(at.innerText);
        }
        return found;
    })([])}))"""

READ_DIAGRAMS = """Array.from(document.querySelectorAll('figure'), figure => ({
    caption: figure.querySelector('figcaption').innerText,
    legend: Array.from(figure.querySelectorAll('.swatch + text'),
        text => text.textContent),
    rows: Array.from(figure.querySelectorAll('.bars > g'), g => ({
        who: g.dataset.who, note: g.dataset.note,
        bars: Array.from(g.children, bar => ({...bar.dataset}))}))}))"""

TEXTS = "Array.from(document.querySelectorAll('%s'), e => e.innerText)"

LABELS = {
    "io": "waiting for I/O", "queue": "waiting for its turn",
    "retry": "waiting to try again", "dns": "looking up the name",
    "connect": "connecting", "tls": "TLS handshake",
    "waiting": "waiting for the answer", "body": "receiving the body",
    "save": "saving", "lock": "waiting for a lock", "start": "starting",
    "compute": "computing",
}

# How a page writes numbers.


def seconds(value):
    return f"{value:.3f} s"


def times(value):
    return f"{value:.{3 if value < 0.095 else 1 if value < 9.95 else 0}f}x"


def memory(n_bytes):
    return f"{n_bytes / 1048576:.1f} MiB" if n_bytes else "-"


def used(way):
    processes, threads = way["processes"], way["threads"]
    if processes == 0:
        return "-"
    if processes == 1:
        return f"{threads} thread{'' if threads == 1 else 's'}"
    if threads <= processes:
        return f"{processes} processes"
    return f"{processes} proc, {threads} threads"


def milliseconds(value):
    if value == 0:
        return "-"
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def size(value):
    units = ["B", "KiB", "MiB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        del units[0]
    return f"{value:.0f} B" if units[0] == "B" else f"{value:.1f} {units[0]}"


def span(ns):
    """A time below 100 s."""
    for unit, name in ((1e9, "s"), (1e6, "ms"), (1e3, "\u00b5s")):
        if ns >= unit * 0.9995:
            value = ns / unit
            digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
            return f"{value:.{digits}f} {name}"
    return f"{ns:.0f} ns"


def rounded(write, value, step):
    """All that a value can be written as that was rounded to step before."""
    return {write(value - step / 2), write(value), write(value + step / 2)}


class Compared(pages.PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made = pages.compare(cls.folder)
        cls.page = cls.browser.open(made.url)
        cls.tables = cls.page.run(READ_TABLES)
        cls.data = made.data
        cls.topics = made.data["topics"]

    def check_way(self, shown, way, columns):
        wanted = {
            "way": {way["name"]},
            "time": rounded(seconds, way["seconds"], 1e-6),
            "faster": rounded(times, way["faster"], 1e-3),
            "CPU time": rounded(seconds, way["cpu_seconds"], 1e-6),
            "memory": {memory(way["peak_bytes"])},
            "used": {used(way)},
            "author's own": {way["author"] or ""},
        }
        for column, key in (("downloads", "beside_seconds"),
                            ("loop held", "held_seconds")):
            wanted[column] = (rounded(seconds, way[key], 1e-6) if way[key]
                              else {"-"})
        for column, text in zip(columns, shown, strict=True):
            self.assertIn(text, wanted[column], (way["name"], column))

    def check_bars(self, shares, values):
        for share, value in zip(shares, values, strict=True):
            self.assertAlmostEqual(share, value / max(values) * 100, delta=0.2)

    def test_each_table_has_the_figures_of_the_json(self):
        self.assertEqual(len(self.tables), len(self.topics))
        for table, topic in zip(self.tables, self.topics):
            self.assertEqual(table["caption"], topic["title"])
            self.assertEqual(table["notes"], topic["notes"])
            if topic["topic"] == "sweep":
                continue
            ways = topic["ways"]
            for shown, way in zip(table["rows"], ways, strict=True):
                self.check_way(shown, way, table["columns"])
            self.check_bars([bar for bar, in table["bars"]],
                            [way["seconds"] for way in ways])

    def test_the_sweep_has_a_line_for_each_number_of_workers(self):
        table = next(t for t in self.tables if t["columns"][0] == "workers")
        topic = next(t for t in self.topics if t["topic"] == "sweep")
        ways = {(way["name"].rsplit(",", 1)[0], way["workers"]): way["seconds"]
                for way in topic["ways"]}
        kinds = table["columns"][1:]

        self.assertEqual(len(ways), len(kinds) * len(table["rows"]))
        for n, shown in enumerate(table["rows"], 1):
            self.assertEqual(shown[0], str(n))
            for kind, text in zip(kinds, shown[1:], strict=True):
                self.assertIn(text, rounded(seconds, ways[kind, n], 1e-6))
        for i, kind in enumerate(kinds):
            self.check_bars([bars[i] for bars in table["bars"]],
                            [ways[kind, n + 1] for n in range(len(
                                table["rows"]))])

    def test_verdicts_and_the_footer_are_those_of_the_json(self):
        data = self.data

        self.assertEqual(self.page.run(TEXTS % ".verdict"),
                         [topic["verdict"] for topic in self.topics])
        self.assertIn(f"asyncdl {data['version']}, with {data['cpus']} CPU",
                      self.page.run(TEXTS % "footer")[0])

    def test_each_way_has_a_diagram_with_its_time(self):
        shown = [d["caption"] for d in self.page.run(READ_DIAGRAMS)]
        wanted = [rounded(lambda s, t=topic, w=way: f"{t['topic']}, "
                          f"{w['name']}: {seconds(s)}", way["seconds"], 1e-6)
                  for topic in self.topics for way in topic["ways"]
                  if topic["topic"] in ("io", "cpu", "both", "hold")]

        for text, texts in zip(shown, wanted, strict=True):
            self.assertIn(text, texts)


class Downloaded(pages.PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = pages.download(cls.folder)
        cls.page = cls.browser.open(cls.made.url)
        cls.tables = {t["caption"]: t for t in cls.page.run(READ_TABLES)}
        cls.read_trace(cls.made.trace)

    @classmethod
    def read_trace(cls, trace):
        """Rows by their name, each a list of (kind, from, to) in ns."""
        names = {e["tid"]: e["args"]["name"] for e in trace["traceEvents"]
                 if e["name"] == "thread_name"}
        cls.rows = {name: [] for name in names.values()}
        cls.notes = {}
        for e in trace["traceEvents"]:
            if e["ph"] == "X":
                start = round(e["ts"] * 1000)
                cls.rows[names[e["tid"]]].append(
                    (e["name"], start, start + round(e["dur"] * 1000)))
                cls.notes[names[e["tid"]]] = e["args"].get("note", "")
        cls.transfers = {name: spans for name, spans in cls.rows.items()
                         if name != "event loop"}

    @staticmethod
    def total(spans, *kinds):
        return sum(end - start for kind, start, end in spans if kind in kinds)

    def n_attempts(self, name):
        found = re.search(r", (\d+) attempts", self.notes[name])
        return int(found.group(1)) if found else 1

    def test_totals_are_those_that_it_printed(self):
        summary = self.page.run(TEXTS % ".summary")[0]
        listing = self.page.run(TEXTS % "pre")[0].splitlines()
        sites, time = re.search(r"Downloaded (\d+) sites in (\S+) seconds",
                                self.made.out).groups()

        self.assertEqual(summary, f"{sites} files in {time} seconds, 3 failed")
        self.assertEqual(listing[:3], self.made.out.splitlines()[-3:])

    def test_the_verdict_has_the_shares_of_the_loop(self):
        verdict = self.page.run(TEXTS % ".verdict")[0]
        waited, worked = map(float, re.search(
            r"waited (\S+) % and worked (\S+) %", verdict).groups())
        loop = self.rows["event loop"]
        busy, all_of_it = self.total(loop, "compute"), self.total(
            loop, "compute", "io")

        self.assertAlmostEqual(waited + worked, 100, delta=0.11)
        self.assertAlmostEqual(worked, busy / all_of_it * 100, delta=0.11)

    def test_hosts_have_their_files_and_times(self):
        table = self.tables["Files and waiting times by host"]
        kinds = ("queue", "dns", "connect", "tls", "waiting", "body", "save")
        files = collections.defaultdict(list)
        for n, host in re.findall(r"^Read (\d+) from http://([^:/]+)",
                                  self.made.out, re.M):
            files[host].append(int(n))

        self.assertEqual(sorted(row[0] for row in table["rows"]),
                         ["127.0.0.1", "localhost"])
        for host, *shown in table["rows"]:
            rows = [spans for name, spans in self.transfers.items()
                    if f"//{host}:" in name]
            self.assertEqual(shown[:3], [
                str(len(files[host])), size(sum(files[host])),
                str(len(rows) - len(files[host]))])
            for i, kind in enumerate(kinds):
                self.check_times([t for t in (self.total(spans, kind)
                                              for spans in rows) if t],
                                 shown[3 + 2 * i:5 + 2 * i], (host, kind))

    def check_times(self, found, shown, what):
        for percent, text in zip((50, 95), shown, strict=True):
            if not found:
                self.assertEqual(text, "-", what)
                continue
            exact = sorted(found)[math.ceil(len(found) * percent / 100) - 1]
            step = {2: 0.01, 1: 0.1, 0: 1}[len(text.partition(".")[2])]
            # Counted in steps of 4 %, and of a microsecond.
            self.assertAlmostEqual(float(text), exact / 1e6, msg=what,
                                   delta=exact / 1e6 * 0.04 + 0.001 + step / 2)

    def test_failures_are_those_that_it_complained_of(self):
        table = self.tables["Failures by cause"]
        told = re.findall(r"^asyncdl: (http://\S+): .*another run (can|will "
                          r"not) help\)$", self.made.err, re.M)

        self.assertEqual(len(told), 3)
        self.assertEqual(
            sorted(tuple(row[1:]) for row in table["rows"]),
            sorted(("1", "1" if can == "can" else "0", url)
                   for url, can in told))
        self.assertEqual(sorted(row[0] for row in table["rows"]), [
            "HTTP 404", "HTTP 503", "connection refused or host unreachable"])

    def test_the_slowest_are_the_slowest(self):
        table = self.tables["The slowest"]
        ns = {}
        for name, spans in self.transfers.items():
            begin = spans[0][2] if spans[0][0] == "queue" else spans[0][1]
            ns[name] = spans[-1][2] - begin

        slowest = sorted(ns.values(), reverse=True)[:10]
        self.assertEqual([row[1] for row in table["rows"]],
                         [milliseconds(n / 1e6) for n in slowest])
        for name, time, queue, n_bytes, attempts in table["rows"]:
            spans = self.transfers[name]
            self.assertEqual(time, milliseconds(ns[name] / 1e6))
            self.assertEqual(queue, milliseconds(self.total(spans, "queue") /
                                                 1e6))
            self.assertIn(n_bytes, self.notes[name])
            self.assertEqual(attempts, str(self.n_attempts(name)))
        told = [float(row[1]) for row in table["rows"]]
        for bars, value in zip(table["bars"], told, strict=True):
            self.assertAlmostEqual(bars[0], value / told[0] * 100, delta=0.1)

    def test_bars_are_the_spans_of_the_trace(self):
        diagram, = self.page.run(READ_DIAGRAMS)
        us = self.made.trace["otherData"]["microseconds"]
        n_joined = 0

        self.assertEqual(diagram["legend"], [
            f"{label}, {span(us[kind] * 1000)}"
            for kind, label in LABELS.items() if us[kind]])
        self.assertEqual(sorted(row["who"] for row in diagram["rows"]),
                         sorted(self.rows))
        for row in diagram["rows"]:
            spans = {(LABELS[kind], start, end)
                     for kind, start, end in self.rows[row["who"]]}
            self.assertEqual(row["note"], self.notes[row["who"]])
            n_bars = sum(int(bar.get("n", 1)) for bar in row["bars"])
            self.assertEqual(n_bars, len(spans))
            bars = [(bar["k"], *(round(float(bar[end]) * 1000)
                                 for end in "ft"), "n" in bar)
                    for bar in row["bars"]]
            joined = {end for _, *ends, is_joined in bars if is_joined
                      for end in ends}
            lengths = {(kind, end - start) for kind, start, end in spans}
            for kind, start, end, is_joined in bars:
                if is_joined:
                    n_joined += 1  # too short to be told apart
                elif joined & {start, end}:  # shares its window with them
                    self.assertIn((kind, end - start), lengths)
                else:
                    self.assertIn((kind, start, end), spans)
        self.assertLess(n_joined, 40)


if __name__ == "__main__":
    pages.main()
