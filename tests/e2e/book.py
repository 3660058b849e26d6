#!/usr/bin/env python3
"""Builds the book of docs/ with mdBook, follows every link in it, and looks at it in headless Chromium.

    tests/e2e/book.py FOLDER    the book goes to FOLDER/book, what Chromium shows to FOLDER/*.png

A link has to lead to a file of the book, and an anchor to an element there. Addresses of others are not asked.
"""

import html.parser
import pathlib
import subprocess
import sys
import urllib.parse

from harness import REPOSITORY, Checks, equal, holds

# A page, a width in pixels, and what has to be on it.
LOOKED_AT = [
    ("index.html", 1200, "torch-patch apply gloo-windows"),
    ("introduction.zh-CN.html", 1200, "一次使用过程"),
    ("commands/apply.html", 1200, "gloo-windows: already-applied (torch 2.5.1)"),
    ("commands/status.html", 420, "drifted"),
]


class Page(html.parser.HTMLParser):
    """The links of a page and the elements that they can lead to."""

    def __init__(self, path):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.links.append(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


def broken(book):
    """Every link that leads nowhere, with its page."""
    pages = {path: Page(path) for path in book.rglob("*.html")}
    count = 0
    for path, page in pages.items():
        # The table of contents is a page of its own, which others show with their own base; 404.html has one, too.
        if path.name in ("toc.html", "404.html", "print.html"):
            continue
        for link in page.links:
            target = urllib.parse.urlsplit(link)
            if target.scheme or target.netloc:
                continue
            count += 1
            aim = (path.parent / urllib.parse.unquote(target.path)).resolve() if target.path else path
            anchor = urllib.parse.unquote(target.fragment)
            if not aim.is_file():
                yield f"{path.relative_to(book)}: `{link}` leads nowhere"
            elif anchor and aim in pages and anchor not in pages[aim].anchors:
                yield f"{path.relative_to(book)}: `{link}` leads to no such place"
    holds(count > 500, f"only {count} links were looked at")


def main():
    folder = pathlib.Path(sys.argv[1])
    book = (folder / "book").resolve()
    checks = Checks()
    with checks.check("mdBook builds the book without a warning"):
        done = subprocess.run(
            ["mdbook", "build", REPOSITORY, "--dest-dir", book], capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        equal(done.returncode, 0, said)
        holds("WARN" not in said and "ERROR" not in said, said)
    with checks.check("no link leads nowhere"):
        equal(list(broken(book)), [], "broken links")
    with checks.check("every chapter of the summary has a page with text"):
        for name in (REPOSITORY / "docs/SUMMARY.md").read_text(encoding="utf-8").split("](")[1:]:
            page = book / name.split(")")[0].replace(".md", ".html")
            holds(page.stat().st_size > 5000, f"{page.name} is empty")
    for name, width, words in LOOKED_AT:
        with checks.check(f"{name} shows `{words}` in a window of {width} pixels"):
            picture = folder / (name.replace("/", "-").removesuffix(".html") + ".png")
            browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},1400"]
            address = (book / name).as_uri()
            shown = subprocess.run([*browser, "--dump-dom", address], capture_output=True, text=True, timeout=120, check=True)
            holds(words in html.unescape(shown.stdout), "the words are not there")
            subprocess.run([*browser, f"--screenshot={picture}", address], capture_output=True, timeout=120, check=True)
            holds(picture.stat().st_size > 10_000, "the picture is empty")
    return checks.summary()


if __name__ == "__main__":
    sys.exit(main())
