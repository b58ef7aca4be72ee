#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Pages of --report in Chromium, used by mouse, by keyboard, on paper, in the
dark, on narrow and wide screens.

The programs are in the environment: ASYNCDL, ASYNCDL_COMPARE, ASYNCDL_SITE.
"""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import chromium
import pages

# What a diagram shows: its axis, its bars, what is told of one of them.
READ_STATE = """(() => {
    const svg = document.querySelector('svg.adl');
    const tip = document.querySelector('.tip');
    const left = +svg.dataset.left, right = +svg.dataset.right;
    const shown = Array.from(svg.querySelectorAll('.bars rect')).filter(
        bar => bar.getAttribute('display') !== 'none');
    const edges = shown.map(bar => [bar, +bar.getAttribute('x'),
        +bar.getAttribute('width')]).flatMap(([bar, x, width]) => [
            ...(x > left + 0.01 ? [[+bar.dataset.f, x]] : []),
            ...(width > 2 && x + width < right - 0.01 ?
                [[+bar.dataset.t, x + width]] : [])]);
    const [first, last] = [Math.min, Math.max].map(pick => edges.find(
        edge => edge[0] === pick(...edges.map(e => e[0]))) || [0, 0]);
    const box = tip.getBoundingClientRect();
    return {
        ticks: Array.from(svg.querySelectorAll('.tick'), t => t.textContent),
        scale: last[0] > first[0] ?
            (last[1] - first[1]) / (last[0] - first[0]) : 0,
        bars: shown.map(bar => bar.getAttribute('x') + ' ' +
            bar.getAttribute('width')),
        now: document.querySelector('.now').innerText,
        tip: tip.hidden ? null : tip.innerText.trim().split('\\n'),
        inside: box.left >= 0 && box.right <= innerWidth && box.top >= 0 &&
            box.bottom <= innerHeight,
        marked: document.querySelectorAll('rect.on').length};
})()"""

# The middle of an element, once it has been brought into view.
READ_PLACE = """(() => {
    const e = document.querySelectorAll('%s')[%d];
    e.scrollIntoView({block: 'center'});
    const box = e.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
})()"""

READ_FOCUS = """(() => {
    const e = document.activeElement, style = getComputedStyle(e);
    const all = Array.from(document.querySelectorAll(
        '.table, pre, button, svg.adl'));
    return {at: all.indexOf(e), n: all.length,
        outline: style.outlineStyle === 'none' ? 0 :
            parseFloat(style.outlineWidth)};
})()"""

# Texts that stand out from what is behind them less than so much.
READ_PALE = """(least => {
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v =>
        v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce(
        (sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = e => {
        for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0) return c;
        }
        return [255, 255, 255];
    };
    const found = [];
    const walker = document.createTreeWalker(document.body,
        NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const e = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !e.getClientRects().length ||
            e.closest('title, desc, script')) continue;
        const style = getComputedStyle(e);
        const ink = light(parse(e.closest('svg') ? style.fill : style.color));
        const paper = light(behind(e));
        const contrast = (Math.max(ink, paper) + 0.05) /
            (Math.min(ink, paper) + 0.05);
        if (contrast < least) {
            found.push(walker.currentNode.data + ' ' + contrast.toFixed(2));
        }
    }
    return found;
})(%s)"""

PAPER = "getComputedStyle(document.body).backgroundColor"
WHITE = "rgb(255, 255, 255)"

# What is cut off, or sticks out, at this width.
READ_WIDE = """(() => [
    document.documentElement.scrollWidth - innerWidth,
    ...Array.from(document.querySelectorAll('caption, p, h1, h2, figcaption'),
        e => e.getBoundingClientRect().right - innerWidth)
    ].filter(by => by > 0.5))()"""


class PageUse(pages.PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.downloaded = pages.download(cls.folder)
        cls.compared = pages.compare(cls.folder, "io", "cpu", "sweep",
                                     "search")
        cls.both = (cls.downloaded, cls.compared)

    def place(self, page, selector, i=0):
        page.run(READ_PLACE % (selector, i))
        return page.run(READ_PLACE % (selector, i))  # it has scrolled

    def click(self, page, selector, i=0):
        x, y = self.place(page, selector, i)
        page.mouse("Moved", x, y)
        page.mouse("Pressed", x, y, button="left", clickCount=1)
        page.mouse("Released", x, y, button="left", clickCount=1)

    def state(self, page):
        return page.run(READ_STATE)

    def check_scale(self, page, wanted):
        self.assertAlmostEqual(self.state(page)["scale"] / wanted, 1,
                               delta=0.02)

    def test_buttons_zoom_and_move(self):
        page = self.open(self.downloaded)
        begin = self.state(page)
        click = {name: lambda i=i: self.click(page, "figure button", i)
                 for i, name in enumerate(("in", "out", "earlier", "later",
                                           "all"))}

        click["in"]()
        self.check_scale(page, begin["scale"] * 2)
        zoomed = self.state(page)
        self.assertNotEqual(zoomed["ticks"], begin["ticks"])
        click["later"]()
        self.check_scale(page, begin["scale"] * 2)
        self.assertNotEqual(self.state(page)["bars"], zoomed["bars"])
        click["earlier"]()
        self.assertEqual(self.state(page)["bars"], zoomed["bars"])
        click["out"]()
        self.check_scale(page, begin["scale"])
        click["in"]()
        click["all"]()
        self.assertEqual(self.state(page), begin)

    def test_the_wheel_zooms_where_the_diagram_has_the_focus(self):
        page = self.open(self.downloaded)
        scale = self.state(page)["scale"]
        x, y = self.place(page, "svg.adl .bars")

        page.mouse("Wheel", x, y, deltaX=0, deltaY=-1)
        self.check_scale(page, scale)  # it scrolls the page
        self.click(page, "svg.adl .bars")
        x, y = self.place(page, "svg.adl .bars")
        page.mouse("Wheel", x, y, deltaX=0, deltaY=-100)
        self.check_scale(page, scale / 0.8)
        page.mouse("Wheel", x, y, deltaX=0, deltaY=100)
        self.check_scale(page, scale)

    def test_dragging_moves_what_is_zoomed(self):
        page = self.open(self.downloaded)
        self.click(page, "figure button", 0)
        before = self.state(page)
        x, y = self.place(page, "svg.adl .bars")

        page.mouse("Moved", x, y)
        page.mouse("Pressed", x, y, button="left", buttons=1, clickCount=1)
        page.mouse("Moved", x - 50, y, button="left", buttons=1)
        page.mouse("Released", x - 50, y, button="left", clickCount=1)
        after = self.state(page)
        self.check_scale(page, before["scale"])
        self.assertNotEqual(after["ticks"], [])
        self.assertNotEqual(after["bars"], before["bars"])

    def check_tip(self, page, i, bar):
        x, y = self.place(page, "svg.adl .bars rect", i)
        page.mouse("Moved", x, y)
        state = self.state(page)

        self.assertIsNotNone(state["tip"], bar)
        self.assertEqual(state["tip"][0], bar["who"])
        self.assertRegex(state["tip"][1], f"^{bar['k']}, [0-9.]+ \\S+$")
        self.assertRegex(state["tip"][2], "^from .* to ")
        self.assertEqual(state["tip"][3:], [bar["note"]])
        self.assertTrue(state["inside"], bar)
        self.assertEqual(state["marked"], 1)
        self.assertTrue(state["now"].startswith(f"{bar['who']}, {bar['k']}, "))

    def find_bars(self, page):
        """Those that can be pointed at: how wide they are depends on how the
        run went, so look closer at its begin until there are some."""
        for _ in range(10):
            bars = page.run("""Array.from(document.querySelectorAll(
                'svg.adl .bars rect'), (bar, i) => {
                    const box = bar.getBoundingClientRect();
                    const top = document.elementFromPoint(
                        box.left + box.width / 2, box.top + box.height / 2);
                    return {i, k: bar.dataset.k, isTop: top === bar,
                        who: bar.parentElement.dataset.who,
                        note: bar.parentElement.dataset.note,
                        width: box.width};
                }).filter(bar => bar.isTop && bar.width > 8)""")
            if bars:
                return bars
            self.click(page, "figure button", 0)  # in
            self.click(page, "figure button", 2)  # earlier
        self.fail("no bar to point at")

    def test_hovering_tells_what_a_bar_is(self):
        for width in (400, 1400):
            page = self.open(self.downloaded, width=width, height=3000)
            bars = self.find_bars(page)
            for bar in bars[::max(1, len(bars) // 6)]:
                self.check_tip(page, bar["i"], bar)
            page.mouse("Moved", 2, 2)
            self.assertIsNone(self.state(page)["tip"])
            self.assertEqual(self.state(page)["marked"], 0)

    def test_the_tip_goes_with_the_mouse(self):
        page = self.open(self.downloaded)
        page.run("document.querySelector('svg.adl').focus()")
        x, y = self.place(page, "svg.adl .bars rect")
        page.mouse("Moved", x, y)
        self.assertIsNotNone(self.state(page)["tip"])
        page.mouse("Moved", 2, 2)
        self.assertIsNone(self.state(page)["tip"])
        self.assertEqual(self.state(page)["marked"], 1)  # keys go on there

    def test_keys_bring_bars_into_view_and_tell_what_they_are(self):
        page = self.open(self.downloaded, height=300)
        who = page.run("Array.from(document.querySelectorAll('.bars > g'), "
                       "g => g.dataset.who)")

        page.run("document.querySelector('svg.adl').focus()")
        page.press("ArrowRight")
        for name in who[1:]:
            page.press("ArrowDown")
            page.run("0")  # it has scrolled
            state = self.state(page)
            self.assertIsNotNone(state["tip"], name)
            self.assertEqual(state["tip"][0], name)
            self.assertTrue(state["inside"])

    def test_keys_go_from_bar_to_bar_and_zoom(self):
        page = self.open(self.downloaded)
        begin = self.state(page)
        who = page.run("Array.from(document.querySelectorAll('.bars > g'), "
                       "g => g.dataset.who)")

        page.run("document.querySelector('svg.adl').focus()")
        page.press("ArrowRight")
        self.assertTrue(self.state(page)["now"].startswith(who[0] + ", "))
        self.assertEqual(self.state(page)["tip"][0], who[0])
        page.press("ArrowDown")
        self.assertTrue(self.state(page)["now"].startswith(who[1] + ", "))
        first = self.state(page)["now"]
        page.press("ArrowRight")
        self.assertNotEqual(self.state(page)["now"], first)
        page.press("ArrowLeft")
        self.assertEqual(self.state(page)["now"], first)
        page.press("ArrowUp")
        self.assertTrue(self.state(page)["now"].startswith(who[0] + ", "))
        page.press("Escape")
        self.assertEqual(self.state(page), begin)
        page.press("+")
        self.check_scale(page, begin["scale"] * 2)
        bars = self.state(page)["bars"]
        page.press("ArrowRight", chromium.SHIFT)
        self.assertNotEqual(self.state(page)["bars"], bars)
        page.press("Home")
        self.assertEqual(self.state(page)["ticks"][0], "0")
        page.press("0")
        self.assertEqual(self.state(page), begin)

    def test_tab_reaches_everything_once_in_its_order(self):
        for made in self.both:
            page = self.open(made)
            n = page.run(READ_FOCUS)["n"]

            for i in range(n):
                page.press("Tab")
                focus = page.run(READ_FOCUS)
                self.assertEqual(focus["at"], i)
                self.assertGreaterEqual(focus["outline"], 2)
            page.press("Tab")
            self.assertEqual(page.run(READ_FOCUS)["at"], -1)  # out of the page

    def test_enter_presses_a_button(self):
        page = self.open(self.downloaded)
        scale = self.state(page)["scale"]

        page.run("document.querySelector('figure button').focus()")
        page.press("Enter")
        self.check_scale(page, scale * 2)

    def test_texts_stand_out_in_light_in_dark_and_on_paper(self):
        for made in self.both:
            page = self.open(made)
            seen = set()
            for media, scheme in (("screen", "light"), ("screen", "dark"),
                                  ("print", "light"), ("print", "dark")):
                page.use_media(media, scheme)
                self.assertEqual(page.run(READ_PALE % "4.5"), [],
                                 (media, scheme))
                seen.add((media, page.run(PAPER)))
            self.assertEqual(len(seen), 3)
            self.assertIn(("print", WHITE), seen)

    def test_bars_stand_out_in_light_and_in_dark(self):
        page = self.open(self.compared)
        for scheme in ("light", "dark"):
            page.use_media("screen", scheme)
            colors = page.run("""Array.from(document.querySelectorAll(
                'pattern'), p => p.id + ' ' + Array.from(p.children, e =>
                getComputedStyle(e).fill + getComputedStyle(e).stroke))""")
            self.assertGreater(len({c.split()[0] for c in colors}), 10)
            kinds = {re.sub(r"^d\d+-", "", color) for color in colors}
            names = {kind.split()[0] for kind in kinds}
            self.assertEqual(len(kinds), len(names))
            looks = {kind.partition(" ")[2] for kind in kinds}
            # Both ways of waiting for an answer are red.
            self.assertGreaterEqual(len(looks), len(names) - 1)

    def test_nothing_is_cut_off_on_narrow_and_wide_screens(self):
        for made in self.both:
            for width in (400, 800, 1400):
                page = self.open(made, width=width)
                self.assertEqual(page.run(READ_WIDE), [], width)
                text = page.run("document.querySelector('.adl .tick')"
                                ".getBoundingClientRect().height")
                self.assertGreater(text, 9, width)

    def test_wide_tables_scroll_by_key(self):
        page = self.open(self.downloaded, width=400)
        page.run("document.querySelector('.table').focus()")
        for _ in range(3):
            page.press("ArrowRight")
        page.run("new Promise(done => setTimeout(done, 300))")
        self.assertGreater(page.run(
            "document.querySelector('.table').scrollLeft"), 0)

    def test_paper_has_all_of_it_and_no_buttons(self):
        for made in self.both:
            page = self.open(made)
            begin = self.state(page)
            page.run("document.querySelector('svg.adl').focus()")
            for key in ("+", "ArrowRight"):
                page.press(key)
            self.assertNotEqual(self.state(page), begin)

            pdf = page.print()
            self.assertTrue(pdf.startswith(b"%PDF-"))
            # Hatching would be drawn as pictures, a megabyte of them a page.
            self.assertLess(len(pdf), 500_000)
            self.assertEqual(self.state(page), begin)  # it shows all again
            page.use_media("print", "light")
            page.resize(718, 1000)  # A4 without its margins
            self.assertEqual(page.run(
                "Array.from(document.querySelectorAll('.tools, .now, .tip'), "
                "e => getComputedStyle(e).display).filter(d => d !== 'none')"),
                [])
            self.assertEqual(page.run(
                "Array.from(document.querySelectorAll('table, svg.adl'), "
                "e => e.getBoundingClientRect().right - innerWidth)"
                ".filter(by => by > 0.5)"), [])


if __name__ == "__main__":
    pages.main()
