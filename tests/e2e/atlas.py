#!/usr/bin/env python3
"""The page of `check --format html` in a real browser: clicked, driven by keys, filtered, in the dark, and watched.

What is expected comes from the data in the page itself, so that the same checks hold for any page. Besides the pages of
the test data, which have every state and hostile texts, the atlas of the built-in catalogue is looked at if
`TORCH_PATCH` names a binary; that needs the network for the first run.

    tests/e2e/atlas.py SCREENSHOTS [PAGE]…

Pictures are written into the directory SCREENSHOTS. Without a PAGE the pages are made by the ignored test
`pages_for_a_browser`. Needs Chromium with its driver (Debian: chromium, chromium-driver) and selenium from PyPI.
"""

import json
import os
import pathlib
import re
import sys
import tempfile
import time
import xml.etree.ElementTree

from harness import REPOSITORY, Checks, binary_under_test, equal, holds, run, section
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

HOSTILE_ID = "<img>"
# WCAG 2.2, 1.4.3: the least contrast of text.
CONTRAST = 4.5
MAX_BYTES = 600_000
MAX_SECONDS = 2.0
# Of a page with more cells only the speed is looked at.
LARGE = 2000


class Page:
    """A page in a browser of its own, and the data in it."""

    def __init__(self, path, pictures):
        self.path = pathlib.Path(path).resolve()
        self.name = self.path.stem
        self.pictures = pictures
        self.source = self.path.read_text(encoding="utf-8")
        self.data = Data(self.source)
        self.driver = None

    def __enter__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = browser(self.profile.name)
        self.size(1400, 900)
        self.driver.get("about:blank")
        self.driver.get_log("performance")  # of the browser's own first page
        self.load()
        return self

    def __exit__(self, *_):
        self.driver.quit()
        self.profile.cleanup()

    def load(self, words=""):
        """Opens the page anew, with words after the `#`."""
        self.driver.get("about:blank")
        self.driver.get(self.path.as_uri() + (f"#{words}" if words else ""))

    def size(self, width, height):
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def media(self, **features):
        """Lets the system prefer something, such as `prefers_color_scheme="dark"`."""
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def picture(self, name):
        self.driver.save_screenshot(str(self.pictures / f"{self.name}-{name}.png"))

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def slot(self, place):
        """The slot of the grid that has a cell, by its place in the data, in sight."""
        slot = self.find(f'td[data-cells~="{place}"]')
        self.js("arguments[0].scrollIntoView({block: 'nearest', inline: 'nearest'})", slot)
        return slot

    def press(self, *keys):
        for key in keys:
            self.driver.switch_to.active_element.send_keys(key)

    def place_of_focus(self):
        """The place in the data of the cell that has the focus, or -1."""
        value = self.js("return document.activeElement.dataset.cells ?? '-1'")
        return int(value.split(" ")[0])

    def open(self, place):
        """Clicks on a cell."""
        self.slot(place).click()
        self.opened()

    def opened(self):
        """Waits for the dialog to be there and to rest."""
        wait(self.is_open, "the dialog is open")
        wait(lambda: self.js("return document.getAnimations().length") == 0, "the dialog rests")

    def is_open(self):
        return self.js("return document.getElementById('details').open")

    def title(self):
        return self.js("return document.getElementById('title').textContent")

    def close(self):
        self.press(Keys.ESCAPE)
        wait(lambda: not self.is_open(), "the dialog is closed")

    def shown(self):
        """The places of the cells that the grid shows, by what can be seen."""
        script = """
            return [...document.querySelectorAll('td[data-cells]')]
              .filter((cell) => cell.checkVisibility() && getComputedStyle(cell, '::before').content !== 'none')
              .flatMap((cell) => cell.dataset.cells.split(' ').map(Number))"""
        return sorted(self.js(script))

    def choose(self, name, values):
        """Ticks exactly these boxes."""
        for box in self.find_all(f"input[name={name}]"):
            if box.is_selected() != (box.get_attribute("value") in values):
                box.click()

    def type(self, text):
        box = self.find("input[name=patch]")
        box.clear()
        box.send_keys(text)


class Data:
    """What the page says of its cells."""

    def __init__(self, source):
        found = re.search(r'<script type="application/json" id="data">(.*?)</script>', source, re.DOTALL)
        raw = json.loads(found.group(1))
        text = lambda index: None if index is None else raw["texts"][index]  # noqa: E731
        self.broken = {name for name, _, is_broken in raw["states"] if is_broken}
        self.cells = []
        for patch, distribution, release, platform, state, variant, files, near, reason, source, notes in raw["cells"]:
            files = [raw["files"][index] for index in files]
            near = None if near is None else raw["nears"][near]
            self.cells.append({
                "patch": text(patch), "distribution": text(distribution), "release": text(release),
                "platform": text(platform), "state": text(state), "variant": text(variant), "reason": text(reason),
                "from": text(source), "notes": [text(note) for note in notes],
                "files": [{"path": text(path), "before": text(before), "after": text(after), "lines": lines,
                           "diff": diff and "".join(map(text, diff))} for path, before, after, lines, diff in files],
                "near": near and {"path": text(near[0]), "anchor": text(near[1]), "message": text(near[3]),
                                  "lines": [(line, text(words)) for line, words, *_ in near[4]],
                                  "changed_in": text(near[5]), "last_ok": text(near[6])},
            })  # fmt: skip

    def places(self, condition):
        return [place for place, cell in enumerate(self.cells) if condition(cell)]

    def values(self, name):
        return sorted({cell[name] for cell in self.cells})


def browser(profile):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        f"--user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


def wait(condition, what, seconds=5):
    """Returns once the condition holds; raises after some seconds."""
    end = time.monotonic() + seconds
    while not condition():
        holds(time.monotonic() < end, what)
        time.sleep(0.02)


def check_structure(checks, page):
    data = page.data
    with checks.check("every cell is in the grid once, under its patch, release and platform"):
        script = """
            return [...document.querySelectorAll('td[data-cells]')].flatMap((cell) => {
              const heads = cell.closest('table').tHead.rows[0].cells;
              const place = [cell.closest('tbody').dataset.patch, heads[cell.cellIndex].textContent,
                             cell.parentElement.cells[0].textContent];
              return cell.dataset.cells.split(' ').map((number) => [Number(number), ...place]);
            })"""
        found = sorted(page.js(script))
        shown = lambda text: one_line(text)  # noqa: E731
        expected = [[place, shown(cell["patch"]), shown(cell["release"]), shown(cell["platform"])]
                    for place, cell in enumerate(data.cells)]  # fmt: skip
        equal(found, expected, "the grid")
    with checks.check("the sums are those of the data"):
        text = page.find("body > header p").text
        holds(text.startswith(f"{len(data.cells)} cell"), f"the number of cells in {text!r}")
        for state in data.values("state"):
            holds(f"{len(data.places(lambda cell: cell['state'] == state))} {state}" in text, f"{state} in {text!r}")
    with checks.check("a reader of the screen finds a grid with headers, cells with words, and a status"):
        tree = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        nodes = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in tree if "role" in node]
        for role in ("grid", "columnheader", "rowheader", "gridcell", "status", "searchbox"):
            holds(any(found == role for found, _ in nodes), f"a node with the role {role}")
        words = {name for role, name in nodes if role == "gridcell" and name}
        holds(set(data.values("state")) <= {word.strip() for word in words}, f"the words of the cells: {words}")
        headers = {name for role, name in nodes if role == "columnheader"}
        holds({one_line(release) for release in data.values("release")} <= headers, "the releases as headers")


def one_line(text):
    """As the grid shows a text."""
    return visible(" ".join(re.split(r"[ \t\n\r\u2028\u2029\u0085]+", text)).strip())


def visible(text):
    """A text in which the hidden letters of the test data are seen, as the dialog shows it."""
    return re.sub("[\x1b\u202e\u2028]", lambda found: f"\\u{{{ord(found.group()):x}}}", text)


def unix(text):
    return text.replace("\r\n", "\n")


def check_click(checks, page):
    data = page.data
    place = data.places(lambda cell: cell["state"] == "ok" and any(file["diff"] for file in cell["files"]))[-1]
    cell = data.cells[place]
    with checks.check("a click on a cell shows its state, its digests, its lines and its diff"):
        page.open(place)
        title = f"{cell['patch']} on {cell['distribution']} {cell['release']}, {cell['platform']}"
        equal(page.title(), title, "the title")
        text = page.find("#holds").text
        file = cell["files"][0]
        for word in ("ok", cell["variant"], cell["from"], file["path"], file["before"], file["after"]):
            holds(word in text, f"{word} in the dialog")
        equal(page.js("return document.querySelector('pre.diff').textContent"), unix(file["diff"]), "the diff")
        equal("CRLF" in text, "\r\n" in file["diff"], "whether the line ends are told")
        holds(str(file["lines"][0]) in text, "the line number")
        kinds = page.js("return [...document.querySelectorAll('pre.diff span')].map((line) => [line.textContent[0], line.className])")
        holds(["+", "add"] in kinds and ["@", "hunk"] in kinds, f"the lines of the diff: {kinds}")
        page.picture("diff")
    with checks.check("Escape closes it and the cell has the focus again"):
        page.close()
        equal(page.place_of_focus(), place, "the focus")
    with checks.check("the address leads to the same cell"):
        page.slot(place).click()
        words = page.js("return location.hash.slice(1)")
        page.load(words)
        page.opened()
        equal(page.title(), title, "the title")
        page.close()
    broken = data.places(lambda cell: cell["near"] and cell["near"]["lines"] and cell["patch"] != HOSTILE_ID)
    if broken:
        check_near_miss(checks, page, broken[0])


def check_near_miss(checks, page, place):
    near = page.data.cells[place]["near"]
    with checks.check("a broken cell shows the anchor, the nearest lines and since when"):
        page.open(place)
        text = page.find("#holds").text
        holds(near["message"] in text, f"the message in {text!r}")
        for release in filter(None, (near["changed_in"], near["last_ok"])):
            holds(release in text, f"since when in {text!r}")
        anchor, lines = page.js("""return [document.querySelector('.miss pre').textContent,
            [...document.querySelectorAll('.near tbody tr')].map((row) => [Number(row.cells[0].textContent), row.cells[1].textContent])]""")
        equal(anchor, near["anchor"] + "\n", "the anchor")
        equal([tuple(line) for line in lines], near["lines"], "the nearest lines")
        page.picture("near-miss")
        page.close()


def check_keys(checks, page):
    page.load()
    with checks.check("keys alone: into the grid, about in it, a cell open and closed again"):
        for _ in range(40):
            page.press(Keys.TAB)
            if page.place_of_focus() >= 0:
                break
        start = page.place_of_focus()
        holds(start >= 0, "the Tab key leads into the grid")
        outline = page.js("return getComputedStyle(document.activeElement).outlineStyle")
        equal(outline, "solid", "the outline of the focus")
        row = page.js("""return [...document.activeElement.parentElement.querySelectorAll('td[data-cells]')]
            .map((cell) => Number(cell.dataset.cells.split(' ')[0]))""")
        equal(row[0], start, "the first cell of the row")
        page.press(Keys.END)
        equal(page.place_of_focus(), row[-1], "after End")
        page.press(Keys.ARROW_RIGHT)
        equal(page.place_of_focus(), row[-1], "to the right of the last cell")
        page.press(Keys.HOME)
        equal(page.place_of_focus(), row[0], "after Home")
        covered = "const [a, b] = [document.activeElement, document.activeElement.getBoundingClientRect()]; return document.elementFromPoint(b.x + 3, b.y + 3) !== a"
        holds(not page.js(covered), "the first cell is not covered by a header")
        page.press(Keys.END)
        for _ in row[3:]:
            page.press(Keys.ARROW_LEFT)
            holds(not page.js(covered), f"cell {page.place_of_focus()} is not covered by a header")
        page.press(Keys.HOME)
        page.press(*[Keys.ARROW_RIGHT] * (len(row) - 1), *[Keys.ARROW_LEFT] * (len(row) > 1))
        equal(page.place_of_focus(), row[-2] if len(row) > 1 else row[0], "after the arrows")
        page.press(Keys.ENTER)
        page.opened()
        page.close()
        holds(page.place_of_focus() in row, "the focus is back")
    with checks.check("down and up stay in the column"):
        page.press(Keys.HOME)
        column = page.js("return document.activeElement.cellIndex")
        before = page.place_of_focus()
        page.press(Keys.ARROW_DOWN)
        holds(page.place_of_focus() != before, "another cell")
        equal(page.js("return document.activeElement.cellIndex"), column, "the column")
        page.press(Keys.ARROW_UP)
        equal(page.place_of_focus(), before, "after up")
    with checks.check("one cell of a grid is in the order of the Tab key"):
        counts = page.js("return [...document.querySelectorAll('[role=grid]')].map((grid) => grid.querySelectorAll('td[tabindex=\"0\"]').length)")
        equal(counts, [1] * len(counts), "cells with tabindex 0")
    with checks.check("from an open cell to the one of the release before it, and the focus follows"):
        page.press(Keys.END)
        place = page.place_of_focus()
        page.press(Keys.ENTER)
        page.opened()
        newest = page.title()
        page.find("#older").click()
        holds(page.title() != newest, "another title")
        page.close()
        wait(lambda: page.place_of_focus() != place, "the focus moves on")
        release = page.data.cells[page.place_of_focus()]["release"]
        holds(release not in newest, f"the focus is at {release}")
        page.js("document.activeElement.blur()")


def check_filters(checks, page):
    data = page.data
    page.load()
    everything = list(range(len(data.cells)))
    status = lambda: page.find("#shown").text  # noqa: E731
    with checks.check("at first every cell is shown, and said to be"):
        equal(page.shown(), everything, "the cells")
        holds(status().startswith(f"{len(everything)} of {len(everything)} cells"), status())
    with checks.check("the newest release is in sight"):
        hidden = page.js("""return [...document.querySelectorAll('.scroll')].map((box) =>
            [...box.querySelectorAll('thead th')].pop().getBoundingClientRect().right - box.getBoundingClientRect().right)""")
        holds(all(pixels <= 0 for pixels in hidden), f"pixels out of sight: {hidden}")
    with checks.check("by state: the cells that are left, their number, and the address"):
        for state in data.values("state"):
            page.choose("state", {state})
            expected = data.places(lambda cell: cell["state"] == state)
            equal(page.shown(), expected, f"the cells that are {state}")
            holds(status().startswith(f"{len(expected)} of "), f"{state}: {status()}")
            empty = page.js("""return [...document.querySelectorAll('tbody tr:not(.patch)')].filter((row) => row.checkVisibility()
                && ![...row.cells].some((cell) => cell.tagName === 'TD' && cell.checkVisibility() && getComputedStyle(cell, '::before').content !== 'none')).length""")
            equal(empty, 0, f"rows without a cell that is {state}")
            page.picture(f"only-{state}")
        page.choose("state", set(data.values("state")))
        equal(page.shown(), everything, "the cells")
    with checks.check("by platform"):
        for platform in [name for name in data.values("platform") if name.isalpha()]:
            page.choose("platform", {platform})
            equal(page.shown(), data.places(lambda cell: cell["platform"] == platform), f"the cells of {platform}")
        page.find("button[type=reset]").click()
        wait(lambda: page.shown() == everything, "everything is shown again")
    patch = data.values("patch")[-1]
    with checks.check("by patch, together with state, and again after the page was opened anew"):
        page.type(patch)
        of_patch = lambda cell: patch in cell["patch"]  # noqa: E731
        equal(page.shown(), data.places(of_patch), f"the cells of {patch}")
        state = data.cells[data.places(of_patch)[0]]["state"]
        page.choose("state", {state})
        expected = data.places(lambda cell: of_patch(cell) and cell["state"] == state)
        equal(page.shown(), expected, f"the cells of {patch} that are {state}")
        page.load(page.js("return location.hash.slice(1)"))
        equal(page.shown(), expected, "the cells after the page was opened anew")
    with checks.check("nothing left is said, and everything comes back"):
        page.type("no patch has this name")
        equal(page.shown(), [], "the cells")
        holds(status().startswith("0 of "), status())
        page.find("button[type=reset]").click()
        wait(lambda: page.shown() == everything, "everything is shown again")


COLOURS = """
    const seen = [];
    for (const element of document.querySelectorAll('body, h1, h2, small, .count, .made, legend, label, button, th, td[data-cells], .mark, .word, pre span, dt, dd, input, select')) {
      if (!element.checkVisibility()) continue;
      let paper = element;
      while (paper && /, 0\\)$|^transparent$/.test(getComputedStyle(paper).backgroundColor)) paper = paper.parentElement;
      seen.push([element.className || element.tagName, getComputedStyle(element).color, paper ? getComputedStyle(paper).backgroundColor : 'none']);
    }
    return [...new Set(seen.map(JSON.stringify))].map(JSON.parse)"""


def luminance(colour):
    """The relative luminance of WCAG 2.2 of a colour such as `rgb(1, 2, 3)`."""
    red, green, blue = (int(part) / 255 for part in re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour).groups())
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def check_colours(checks, page):
    place = page.data.places(lambda cell: cell["files"])[-1]
    papers = {}
    for scheme in ("light", "dark"):
        with checks.check(f"{scheme}: every text has a contrast of {CONTRAST} or more"):
            page.media(prefers_color_scheme=scheme)
            page.load()
            papers[scheme] = luminance(page.js("return getComputedStyle(document.body).backgroundColor"))
            page.picture(scheme)
            colours = page.js(COLOURS)
            page.open(place)
            page.picture(f"{scheme}-diff")
            colours += page.js(COLOURS)
            holds(len(colours) > 8, f"colours: {colours}")
            for name, ink, paper in colours:
                low, high = sorted((luminance(ink), luminance(paper)))
                contrast = (high + 0.05) / (low + 0.05)
                holds(contrast >= CONTRAST, f"`{name}`: {ink} on {paper} is {contrast:.2f}")
            page.close()
    with checks.check("the page follows the system, and the choice on the page wins"):
        holds(papers["light"] > 0.9 and papers["dark"] < 0.05, f"the paper: {papers}")
        paper = lambda: luminance(page.js("return getComputedStyle(document.body).backgroundColor"))  # noqa: E731
        for scheme, is_dark in (("light", False), ("dark", True)):
            page.find(f"select[name=scheme] option[value={scheme}]").click()
            equal(paper() < 0.1, is_dark, f"dark paper of the choice {scheme}")
    with checks.check("less motion where the system asks for it"):
        animation = "const open = document.getElementById('details'); open.showModal(); const name = getComputedStyle(open).animationName; open.close(); return name"
        for wanted, expected in (("no-preference", "in"), ("reduce", "none")):
            page.media(prefers_reduced_motion=wanted)
            equal(page.js(animation), expected, f"the animation with {wanted}")
    page.media()


def check_narrow(checks, page):
    with checks.check("400 pixels are wide enough: only the grid and a diff scroll sideways"):
        page.size(400, 800)
        page.load()
        overflow = "return document.documentElement.scrollWidth - innerWidth"
        holds(page.js(overflow) <= 0, f"{page.js(overflow)} pixels too wide")
        page.picture("narrow")
        place = page.data.places(lambda cell: cell["near"] or cell["files"])[-1]
        page.js("arguments[0].click()", page.slot(place))
        page.opened()
        width = page.js("const open = document.getElementById('details'); return open.scrollWidth - open.clientWidth")
        holds(width <= 0, f"the dialog is {width} pixels too wide")
        page.picture("narrow-cell")
        page.close()
    page.size(1400, 900)


def check_hostile(checks, page):
    places = page.data.places(lambda cell: cell["patch"] == HOSTILE_ID)
    if not places:
        return
    with checks.check("hostile data is text, in the grid and in the dialog"):
        page.load()
        page.open(places[0])
        cell = page.data.cells[places[0]]
        holds(page.js("return document.getElementById('holds').textContent").count(visible(cell["reason"])) >= 2, "the reason")
        holds("\u202e" not in page.js("return document.body.innerText"), "nothing changes the direction of writing")
        counts = page.js("return ['img', 'script', 'style', 'a', 'iframe'].map((name) => document.querySelectorAll(name).length)")
        equal(counts, [0, 2, 1, 0, 0], "the elements")
        page.picture("hostile")
        page.close()


def check_without_script(checks, page):
    with checks.check("without JavaScript the grid is a table of words"):
        plain = page.pictures / f".{page.name}-plain.html"
        end = page.source.rindex("<script>")
        plain.write_text(page.source[:end] + "</body></html>", encoding="utf-8")
        try:
            page.driver.get(plain.as_uri())
            page.picture("plain")
            words = page.js("return [...document.querySelectorAll('td[data-cells]')].map((cell) => cell.textContent)")
            slots = page.js("return [...document.querySelectorAll('td[data-cells]')].map((cell) => Number(cell.dataset.cells.split(' ')[0]))")
            equal(len(words), len(slots), "words")
            states = {cell["state"] for cell in page.data.cells}
            holds(set(words) <= states, f"the words: {set(words)}")
            visible = page.js("return [...document.querySelectorAll('input, select, button')].filter((each) => each.checkVisibility()).length")
            equal(visible, 0, "the things to click that do nothing")
        finally:
            plain.unlink()
        page.load()


def check_quiet(checks, page):
    with checks.check("nothing was asked for but the page itself, and the console is empty"):
        events = [json.loads(entry["message"])["message"] for entry in page.driver.get_log("performance")]
        asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
        holds(any(url.startswith("file://") for url in asked), "requests are recorded")
        own = (page.path.parent.as_uri(), page.pictures.as_uri())
        others = [url for url in asked if not url.startswith(own)]
        equal(others, [], "other requests")
        equal(page.driver.get_log("browser"), [], "the console")


def check_policy(checks, page):
    """The other way round: that something which is put in is refused, so that the checks before this one mean something."""
    with checks.check("the policy refuses a script, a style and a picture that were put in"):
        page.js("""
            window.ran = false;
            const script = document.createElement('script');
            script.textContent = 'window.ran = true';
            const image = document.createElement('img');
            image.src = 'https://example.invalid/a.png';
            const style = document.createElement('style');
            style.textContent = 'h1 { display: none }';
            document.body.append(script, image, style);""")
        equal(page.js("return window.ran"), False, "whether the script ran")
        holds(page.find("h1").is_displayed(), "the style is not used")
        refused = lambda: [entry for entry in page.driver.get_log("browser") if "Content Security Policy" in entry["message"]]  # noqa: E731
        found = []
        wait(lambda: found.extend(refused()) or len(found) >= 3, "three refusals on the console")
        page.load()


def check_large(checks, page):
    section(f"{page.name}: {len(page.data.cells)} cells, {page.path.stat().st_size // 1000} kB")
    with checks.check(f"it is there in {MAX_SECONDS} s, and filtered in as much"):
        start = time.monotonic()
        page.load()
        loaded = time.monotonic() - start
        start = time.monotonic()
        page.type("number-7")
        filtered = time.monotonic() - start
        equal(page.shown(), page.data.places(lambda cell: "number-7" in cell["patch"]), "the cells")
        print(f"    there in {loaded:.2f} s, filtered by 8 keys in {filtered:.2f} s")
        holds(loaded < MAX_SECONDS and filtered < 8 * MAX_SECONDS, f"{loaded:.2f} s and {filtered:.2f} s")
        page.find("button[type=reset]").click()
        page.picture("all")
    check_quiet(checks, page)


def check_page(checks, page):
    section(f"{page.name}: {len(page.data.cells)} cells, {page.path.stat().st_size // 1000} kB")
    with checks.check(f"at most {MAX_BYTES} bytes"):
        holds(page.path.stat().st_size <= MAX_BYTES, f"{page.path.stat().st_size} bytes")
    for check in (check_structure, check_click, check_keys, check_filters, check_colours, check_narrow, check_hostile,
                  check_without_script, check_quiet, check_policy):  # fmt: skip
        check(checks, page)


def check_junit(checks, path):
    section(f"{path.name}: the same cells for a test server")
    with checks.check("a parser of XML reads it, and the counts are those of the cases"):
        root = xml.etree.ElementTree.parse(path).getroot()
        for suites in (root, *root.iter("testsuite")):
            counts = [len(list(suites.iter(name))) for name in ("testcase", "failure", "skipped", "error")]
            equal(counts, [int(suites.get(name)) for name in ("tests", "failures", "skipped", "errors")], "the counts")
        holds(int(root.get("failures")) > 0, "there is a failure")


def test_pages(folder):
    """The pages of the test data."""
    environment = {**os.environ, "TORCH_PATCH_PAGES": str(folder)}
    command = ["cargo", "test", "--quiet", "--locked", "--package", "torch-patch-cli", "--bin", "torch-patch"]
    run(*command, "pages_for_a_browser", "--", "--ignored", cwd=REPOSITORY, env=environment)
    return [folder / "few.html", folder / "many.html", folder / "huge.html"]


def main():
    if len(sys.argv) < 2:
        sys.exit("usage: tests/e2e/atlas.py SCREENSHOTS [PAGE]…")
    pictures = pathlib.Path(sys.argv[1]).resolve()
    pictures.mkdir(parents=True, exist_ok=True)
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pages = [pathlib.Path(path) for path in sys.argv[2:]] or test_pages(folder)
        if not sys.argv[2:] and "TORCH_PATCH" in os.environ:
            pages.append(folder / "atlas.html")
            run(binary_under_test(), "check", "--all", "--format", "html", "--output", pages[-1])
        for path in pages:
            with Page(path, pictures) as page:
                check = check_large if len(page.data.cells) > LARGE else check_page
                check(checks, page)
        for path in folder.glob("*.xml"):
            check_junit(checks, path)
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
