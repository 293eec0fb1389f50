"""The same text as plain HTML, which is the limit, and as a page of govuk-frontend, which is the peer.

Both lie packed beforehand as files for nginx. govuk-frontend comes from npm, whole as it is published: its style sheet,
its script, which is started as its documentation says, and the fonts that its style sheet asks for.
"""

import gzip
import html
import shutil
import subprocess
from pathlib import Path

PACKAGE = "govuk-frontend@6.6.0"
LIMIT, PEER = "limit", "peer"
_STYLE = """body{max-width:40rem;margin:0 auto;padding:1rem;font:1rem/1.5 system-ui,sans-serif;color:#111}
@media(prefers-color-scheme:dark){body{color:#eee;background:#111}}"""
_HEAD = """<!doctype html>
<html lang="sv"{classes}><head><meta charset="utf-8"><title>{name}</title>
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover"><link rel="icon" href="data:,">
{more}</head>
"""
_PEER_HEAD = """<meta name="theme-color" content="#1d70b8"><link rel="stylesheet" href="/govuk-frontend.min.css">"""
_START = "import { initAll } from '/govuk-frontend.min.js';\ninitAll();\n"
_PACKED = {".html", ".css", ".js"}


def lay_out(root: Path, texts: dict[str, str]) -> bool:
    """Write both pages of each text by its name, and what they need; returns whether there is a peer."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (root / f"{LIMIT}-{name}.html").write_text(_plain(name, text), encoding="utf-8")
    peer = _fetch_govuk(root)
    if peer:
        for name, text in texts.items():
            (root / f"{PEER}-{name}.html").write_text(_govuk(name, text), encoding="utf-8")
    for path in [each for each in root.rglob("*") if each.suffix in _PACKED]:
        Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes(), 9))
    return peer


def _paragraphs(text: str, tag: str) -> str:
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(f"{tag}{html.escape(line)}</p>" for line in lines if line)


def _plain(name: str, text: str) -> str:
    head = _HEAD.format(classes="", name=name, more=f"<style>{_STYLE}</style>")
    return f"{head}<body><main>{_paragraphs(text, '<p>')}</main></body></html>"


def _govuk(name: str, text: str) -> str:
    """By the template that the package's documentation gives for a page."""
    head = _HEAD.format(classes=' class="govuk-template"', name=name, more=_PEER_HEAD)
    body = _paragraphs(text, '<p class="govuk-body">')
    return f"""{head}<body class="govuk-template__body">
<script type="module" src="/start.js"></script>
<a href="#main" class="govuk-skip-link" data-module="govuk-skip-link">Hoppa till innehållet</a>
<div class="govuk-width-container"><main class="govuk-main-wrapper" id="main">{body}</main></div></body></html>"""


def _fetch_govuk(root: Path) -> bool:
    npm = shutil.which("npm")
    if npm is None:
        print("npm saknas: jämförelsen med govuk-frontend utgår.")
        return False
    folder = root.parent / "npm"
    folder.mkdir()
    command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        print(f"{PACKAGE} gick inte att hämta, så jämförelsen utgår: {done.stderr[-300:].strip()}")
        return False
    made = folder / "node_modules" / "govuk-frontend" / "dist" / "govuk"
    for name in ("govuk-frontend.min.css", "govuk-frontend.min.js"):
        shutil.copy(made / name, root / name)
    shutil.copytree(made / "assets", root / "assets")
    (root / "start.js").write_text(_START, encoding="utf-8")
    return True
