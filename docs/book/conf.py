"""How Sphinx makes the book. `build` beside this gathers the pages."""

import re
from pathlib import Path

from pygments.lexer import RegexLexer, bygroups
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Text

ROOT = Path(__file__).resolve().parents[2]

project = "dpl"
author = "the authors of dpl"
html_title = "dpl: the book"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = [".doctrees"]
myst_heading_anchors = 4
# Without it, a word with a colon would be taken for the scheme of a link.
myst_url_schemes = ["http", "https"]
suppress_warnings = ["myst.header"]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["book.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
# What surrounds a word would be read from the found page, which a browser does not allow of files.
html_show_search_summary = False
# Colours with a contrast of 7 : 1.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
smartquotes = False


def words():
    """The words of the language, from its grammar, and the kinds of the standard library."""
    grammar = (ROOT / "grammar/dpl.pest").read_text()
    quoted = re.findall(r'"([a-z]{2,})"', grammar)
    kinds = [kind for file in sorted((ROOT / "stdlib").rglob("*.dpl")) for kind in re.findall(r"^kind (\w+)", file.read_text(), re.M)]
    return sorted(set(quoted) | {"true", "false", "none"}), sorted(set(kinds))


class Dpl(RegexLexer):
    """Programs: as much of them as colours need."""

    name = "dpl"
    aliases = ["dpl"]
    KEYWORDS, KINDS = words()
    tokens = {
        "root": [
            (r"///[^\n]*", String.Doc),
            (r"//[^\n]*", Comment.Single),
            (r"/\*.*?\*/", Comment.Multiline),
            (r'"(?:\\.|[^"\\\n])*"', String),
            (r"'[^'\n]*'", String),
            (r"@\w+", Name.Decorator),
            (r"^(\s*)(%s)(?=[ \t]+[A-Za-z_])" % "|".join(KINDS), bygroups(Text, Keyword.Declaration)),
            (r"\b(?:%s)\b(?!\s*[=:(.])" % "|".join(KEYWORDS), Keyword),
            (r"\b\d[\d_]*(?:\.\d+)?\w*", Number),
            (r"\b[A-Za-z_]\w*", Name),
            (r"[-+*/%<>=!?|&]+", Operator),
            (r"[\[\](){},.;:]", Punctuation),
            (r"\s+", Text),
            (r".", Text),
        ]
    }


def reachable(app, pagename, templatename, context, doctree):
    """What scrolls sideways can be reached by keyboard; the headings of the list of pages have a level."""
    if "body" in context:
        body = context["body"].replace("<pre>", '<pre tabindex="0">')
        context["body"] = body.replace('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper')
    pages = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = pages.replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app):
    app.add_lexer("dpl", Dpl)
    # Behind the theme, which puts tables into wrappers.
    app.connect("html-page-context", reachable, priority=900)
