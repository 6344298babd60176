# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""The documents and lessons of a site, as HTML and as what the learner's page reads. Used by site.py.

  docs/learn.md                       docs/learn.html, and so every document
  include/intact/chips.h, examples    a page of each source file or folder that a document links to
  lessons/01-inta-cycle/lesson.md     lesson.html, and lesson.json: its text, its guests and how they differ
  all of them                         documents.html, a list; lessons.json: the lessons by their tracks
"""
import difflib
import functools
import html
import json
import posixpath
import re
import shlex
import shutil
import subprocess
import sys

TITLE = re.compile(r"^# (.+)$", re.M)
GROUPS = (
    ("Begin here", ("README.md", "docs/learn.md", "docs/watching.md", "docs/why.md", "docs/glossary.md")),
    ("Look at interrupts", ("docs/tracing.md", "docs/lint.md", "docs/registers.md", "docs/debugging.md", "docs/replay.md",
                            "docs/qmp.md")),
    ("Use and embed", ("docs/embedding.md", "docs/groups.md", "docs/devices.md", "docs/browser.md", "docs/guests.md", "docs/limits.md")),
    ("How it is built", ("docs/design.md", "docs/interrupt-path.md", "docs/engine.md", "docs/tricks.md", "docs/fuzzing.md",
                         "docs/benchmarks.md", "CONTRIBUTING.md", "CHANGELOG.md", "lessons/README.md")),
)

FRAME = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} - Intact</title>
<link rel="icon" href="{up}icon.svg">
<link rel="stylesheet" href="{up}style.css">
</head>
<body class="document">
<a class="skip" href="#document">To the text</a>
<header class="top">
<a class="name" href="{up}index.html">Intact</a>
<nav aria-label="Site"><a href="{up}index.html">Lessons</a> <a href="{up}documents.html">Documents</a></nav>
</header>
<div class="columns">
{contents}<main id="document" class="text" tabindex="-1">
{body}
</main>
</div>
</body>
</html>
"""


def render(text):
    """Markdown as GitHub shows it."""
    if not shutil.which("cmark-gfm"):
        sys.exit("site: cmark-gfm is not installed; it renders the documents (apt-get install cmark-gfm, brew install cmark-gfm)")
    command = ["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


# --- From Markdown to a page --------------------------------------------------------------------------------------------

def plain(markup):
    return html.unescape(re.sub(r"<[^>]+>", "", markup))


def with_places(body):
    """Headings get the names by which GitHub's links reach them. The page, and the headings: level, name, text."""
    seen, headings = {}, []

    def name_it(found):
        level, inner = found.groups()
        name = re.sub(r"[^\w\- ]", "", plain(inner).lower()).replace(" ", "-")
        seen[name] = seen.get(name, -1) + 1
        name += f"-{seen[name]}" if seen[name] else ""
        headings.append((int(level), name, inner))
        return f'<h{level} id="{name}">{inner}</h{level}>'

    return re.sub(r"<h([1-6])>(.*?)</h\1>", name_it, body, flags=re.S), headings


def for_keyboards(body):
    """What is wider than the screen scrolls by itself, and can be reached without a mouse."""
    body = body.replace("<pre>", '<pre tabindex="0">')
    body = body.replace("<table>", '<div class="wide" tabindex="0" role="group" aria-label="table"><table>')
    body = re.sub(r"<tr>\n<th></th>\n<th></th>\n</tr>", "", body) # a heading row without words
    body = body.replace("<thead>\n\n</thead>", "").replace("<th></th>", "<td></td>")
    return body.replace("</table>", "</table></div>")


def contents_of(headings):
    chosen = [heading for heading in headings if heading[0] == 2]
    if len(chosen) < 3:
        return ""
    items = "\n".join(f'<li><a href="#{name}">{plain_html(inner)}</a></li>' for _, name, inner in chosen)
    return f'<nav class="contents" aria-label="On this page"><ul>\n{items}\n</ul></nav>\n'


def plain_html(markup):
    return html.escape(plain(markup), quote=False)


def page(name, title, body, contents=""):
    """`name`: the file below the site's folder."""
    return FRAME.format(title=html.escape(title), up="../" * name.count("/"), body=body, contents=contents)


class Site:
    def __init__(self, root, out):
        self.root, self.out = root, out
        self.wanted = [] # source files and folders that documents link to
        self.done = set()

    def write(self, name, text):
        target = self.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    @functools.cached_property
    def tracked(self):
        if (self.root / ".git").exists():
            listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=self.root, check=True,
                                    capture_output=True, text=True).stdout.splitlines()
            return sorted(name for name in listed if (self.root / name).is_file())
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*")
                      if path.is_file() and path.relative_to(self.root).parts[0] not in ("build", ".cache"))

    def target(self, source, link):
        """Where a link of the document `source` leads in the site."""
        path, _, place = link.partition("#")
        if re.match(r"[a-z]+:", link) or not path:
            return link
        full = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        place = f"#{place}" if place else ""
        if full.endswith(".md"):
            return path[:-3] + ".html" + place
        self.wanted.append(full)
        if full.endswith((".svg", ".png")):
            return link
        return path.rstrip("/") + ("/index.html" if (self.root / full).is_dir() else ".html") + place

    def markdown(self, name):
        """A document: its title, its HTML and its headings."""
        text = (self.root / name).read_text()
        body, headings = with_places(for_keyboards(render(text)))
        body = re.sub(r'(href|src)="([^"]*)"',
                      lambda found: f'{found[1]}="{html.escape(self.target(name, html.unescape(found[2])))}"', body)
        title = TITLE.search(text)
        return title.group(1) if title else name, body, headings

    def document(self, name):
        title, body, headings = self.markdown(name)
        place = name[:-3] + ".html"
        self.write(place, page(place, title, body, contents_of(headings)))
        return title

    # --- Sources that documents link to -----------------------------------------------------------------------------------

    def source(self, name):
        text = (self.root / name).read_text()
        body = f'<h1><code>{html.escape(name)}</code></h1>\n<pre tabindex="0"><code>{html.escape(text)}</code></pre>'
        self.write(name + ".html", page(name + ".html", name, body))

    def folder(self, name):
        inside = [file for file in self.tracked if file.startswith(name + "/")]
        items = "\n".join(f'<li><a href="{html.escape(file[len(name) + 1:])}.html">{html.escape(file[len(name) + 1:])}</a></li>'
                          for file in inside)
        self.write(f"{name}/index.html", page(f"{name}/index.html", name, f"<h1>{name}</h1>\n<ul>\n{items}\n</ul>"))
        self.wanted += inside

    def linked(self):
        while self.wanted:
            name = self.wanted.pop()
            if name in self.done or not (self.root / name).exists(): # a dead link is found at the end
                continue
            self.done.add(name)
            if (self.root / name).is_dir():
                self.folder(name)
            elif name.endswith((".svg", ".png")):
                (self.out / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.root / name, self.out / name)
            else:
                self.source(name)


# --- Lessons ------------------------------------------------------------------------------------------------------------

def words(path):
    """The lines of a file `expect` or `why`, as words."""
    lines = (shlex.split(line, comments=True) for line in path.read_text().splitlines())
    return [line for line in lines if line]


def expectations(path):
    """Lines of `expect` that a run is compared with, as intact lesson --json names them."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        found = shlex.split(line, comments=True)
        if found and found[0] in ("must", "not", "some", "never"):
            text = found.pop() if " " in found[-1] and '"' in line else None
            yield {"kind": found[0], "event": " ".join(found[1:]), "text": text, "line": number}


def difference(old, new):
    """Lines with " ", "-" or "+": what turns one into the other, with three lines around."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), n=3, lineterm="")
    return [[line[0], line[1:]] for line in list(lines)[2:]]


def lesson(site, folder):
    """Writes lesson.json and lesson.html of a lesson; what the list of lessons says about it."""
    name = f"lessons/{folder.name}"
    title, body, headings = site.markdown(f"{name}/lesson.md")
    place = f"{name}/lesson.html"
    number = int(folder.name[:2])
    go = f'<p><a class="go" href="../../index.html#lesson={number}">See it on its machine</a></p>\n'
    site.write(place, page(place, f"Lesson {number}: {title}", body.replace("</h1>\n", "</h1>\n" + go, 1), contents_of(headings)))
    guests = {file: (folder / file).read_text() for file in ("guest.c", "broken.c", "repaired.c") if (folder / file).exists()}
    expect, why = words(folder / "expect"), words(folder / "why") if (folder / "why").exists() else []
    repaired = guests.get("repaired.c", guests["guest.c"])
    site.write(f"{name}/lesson.json", json.dumps({
        "html": re.sub(r"<h1 .*?</h1>\n", "", body, count=1, flags=re.S), "guests": guests,
        "expect": list(expectations(folder / "expect")),
        "difference": difference(guests["broken.c"], repaired) if "broken.c" in guests else []}, indent=1))
    first = {line[0]: line[1] for line in expect + why if line[0] in ("track", "machine", "source", "hide")}
    return {"number": number, "name": folder.name, "title": title, "broken": "broken.c" in guests, **first}


def lessons(site):
    rows = [lesson(site, folder) for folder in sorted((site.root / "lessons").glob("[0-9][0-9]-*"))]
    site.write("lessons.json", json.dumps(rows, indent=1))


# --- All of it ----------------------------------------------------------------------------------------------------------

def documents(site):
    """Every document, and the list of them."""
    names = [name for name in site.tracked if re.fullmatch(r"(docs/|lessons/)?[\w-]+\.md", name)]
    titles = {name: site.document(name) for name in names}
    listed = [name for _, group in GROUPS for name in group]
    rest = [name for name in names if name not in listed]
    sections = []
    for heading, group in GROUPS + ((("More", tuple(rest)),) if rest else ()):
        items = "\n".join(f'<li><a href="{name[:-3]}.html">{html.escape(titles[name])}</a></li>' for name in group if name in titles)
        sections.append(f"<h2>{heading}</h2>\n<ul>\n{items}\n</ul>")
    site.write("documents.html", page("documents.html", "Documents", "<h1>Documents</h1>\n" + "\n".join(sections)))


def write(root, out):
    site = Site(root, out)
    documents(site)
    lessons(site)
    site.linked()
