# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""Follows every link in the files of a site: to a file that is there, and to a place in it. Used by site.py."""
import html.parser
import re
import urllib.parse

PAGE = "lesson=" # a fragment of the learner's page: not a place, but what it opens


class Links(html.parser.HTMLParser):
    """The links of a file, each with its line, and the places in it that others may link to."""
    def __init__(self, text):
        super().__init__()
        self.found, self.places, self.twice = [], set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src"):
                self.found.append((self.getpos()[0], value or ""))
            elif name == "id":
                self.twice |= self.places & {value}
                self.places.add(value)


def dead(folder):
    """What is wrong, a line for each."""
    files = {path: Links(path.read_text()) for path in sorted(folder.rglob("*.html"))}
    for path, links in files.items():
        name = path.relative_to(folder)
        for place in sorted(links.twice):
            yield f"{name}: two places are called '{place}'"
        for line, link in links.found:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or not target.is_relative_to(folder):
                yield f"{name}:{line}: the link '{link}' leads to no file"
            elif parts.fragment and not parts.fragment.startswith(PAGE) and target in files and \
                    urllib.parse.unquote(parts.fragment) not in files[target].places:
                yield f"{name}:{line}: the link '{link}' leads to no place in its file"
    for path in sorted(folder.rglob("*.js")) + sorted(folder.rglob("*.css")):
        for link in re.findall(r"""(?:from|import|url\()\s*["'](\.[^"']+)["']""", path.read_text()):
            if not (path.parent / link).exists():
                yield f"{path.relative_to(folder)}: the link '{link}' leads to no file"

