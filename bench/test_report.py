#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the benchmark says follows from what it measured."""
import contextlib
import io
import unittest

import report


def run(tool, wall_s, fault="", case="big", peak_kib=1024):
    return report.Run(case, 1, tool, wall_s, wall_s / 4, wall_s / 4, peak_kib,
                      fault)


def ours(wall_s, fault="", checksum_s=None):
    """Both of ours that the case big looks at."""
    return [run("asyncdl --no-journal", wall_s, fault),
            run("asyncdl, checksum", checksum_s or wall_s, fault)]


def check(runs, case="big"):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        met = report.check_targets({case: runs})
    return met, said.getvalue()


class Report(unittest.TestCase):
    def test_median_leaves_out_runs_that_lost_bytes(self):
        found = report.medians([run("a", 1.0), run("a", 3.0), run("a", 2.0),
                                run("a", 0.1, "half a file")])
        self.assertEqual(found["a"], report.Median(2.0, 1.0, 1.0))

    def test_tool_without_a_good_run_has_no_median(self):
        self.assertIsNone(report.medians([run("a", 1.0, "lost")])["a"])

    def test_target_is_met_up_to_its_limit(self):
        curl = [run("curl -Z", 1.0), run("curl, then sha256sum", 5.0)]
        self.assertTrue(check(ours(1.05, checksum_s=1.1) + curl)[0])
        for missed in (ours(1.06), ours(1.05, checksum_s=1.11)):
            met, said = check(missed + curl)
            self.assertFalse(met)
            self.assertIn("MISSED", said)

    def test_target_without_its_peer_is_not_met(self):
        met, said = check(ours(1.0))
        self.assertFalse(met)
        self.assertIn("not measured", said)

    def test_fast_run_that_lost_bytes_meets_nothing(self):
        self.assertFalse(check(ours(0.1, "lost") + [run("curl -Z", 1.0)])[0])

    def test_memory_has_a_limit_of_its_own(self):
        peers = [run(t, 9.0, case="small") for t in ("floor", "curl -Z",
                                                     "wget2")]
        peers += [run(f"asyncdl{how}", 1.0, case="small")
                  for how in (" --no-journal", ", only hashing")]
        for peak_mib, expected in ((23, True), (24, False)):
            one = run("asyncdl", 1.0, case="small", peak_kib=peak_mib * 1024)
            self.assertEqual(check(peers + [one], "small")[0], expected)

    def test_equal_to_what_must_be_beaten_is_missed(self):
        runs = [run(t, 1.0, case="sites") for t in ("asyncdl", "floor",
                                                    "curl -Z")]
        self.assertFalse(check(runs, "sites")[0])


if __name__ == "__main__":
    unittest.main()
