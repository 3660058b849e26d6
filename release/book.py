"""A preprocessor of mdBook: leads links between the pages of the repository to the chapters that they are.

A page of the repository's root is a chapter that consists of `{{#include ../PAGE.md}}`, and its links are those of the
root. A link to a file that is no chapter becomes plain text, since the book does not have the file.
https://rust-lang.github.io/mdBook/for_developers/preprocessors.html
"""

import json
import pathlib
import posixpath
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCUMENTS = ROOT / "docs"
INCLUDE = re.compile(r"\{\{#include (\S+)\}\}\s*\Z")
# A link that is no image; the text may have brackets in code.
LINK = re.compile(r"(?<!!)\[((?:[^\[\]`]|`[^`]*`)+)\]\(([^()\s]+)\)")
CODE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def place(chapter):
    """Where the text of a chapter stands, from the root of the repository."""
    text = (DOCUMENTS / chapter).read_text(encoding="utf-8")
    included = INCLUDE.match(text)
    page = included[1] if included else posixpath.basename(chapter)
    return posixpath.normpath(posixpath.join("docs", posixpath.dirname(chapter), page))


def chapters(items):
    for item in items:
        chapter = item.get("Chapter") if isinstance(item, dict) else None
        if chapter:
            yield chapter
            yield from chapters(chapter["sub_items"])


def led(chapter, origin, known):
    """The text of a chapter with links to the chapters that are known by the places of their texts."""

    def link(match):
        words, target = match.groups()
        if re.match(r"[a-z]+:|#", target):
            return match[0]
        path, mark, anchor = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path))
        if path in known:
            start = posixpath.dirname(chapter["path"]) or "."
            return f"[{words}]({posixpath.relpath(known[path], start)}{mark}{anchor})"
        if not (ROOT / path).exists():
            sys.exit(f"{origin}: `{target}` leads nowhere")
        return words

    parts = CODE.split(chapter["content"])
    parts[::2] = [LINK.sub(link, part) for part in parts[::2]]
    return "".join(parts)


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    pages = [chapter for chapter in chapters(book["items"]) if chapter["path"]]
    places = {chapter["path"]: place(chapter["path"]) for chapter in pages}
    known = {origin: path for path, origin in places.items()}
    for chapter in pages:
        chapter["content"] = led(chapter, places[chapter["path"]], known)
    json.dump(book, sys.stdout)


if __name__ == "__main__":
    main()
