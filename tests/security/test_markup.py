"""Whatever is typed: no script runs, no address lies, nobody waits for long, and no letter is lost."""

from __future__ import annotations

import html as html_modul
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wis import markup_process
from wis.markup import normalisera, render, render_many, saker_adress, stang, starta, text_av

ELEMENT = "p br strong em del ul ol li blockquote code pre h3 h4 h5 table thead tbody tr th td hr a"
REL = "noopener noreferrer nofollow ugc"

# One to a line. ⏎ stands for a line break, \x.. and \u.... for a character.
SKRIPT = r'''
<script>alert(1)</script>
<ScRiPt>alert(1)</sCrIpT>
<script/src=//ond.example></script>
<script⏎>alert(1)</script⏎>
<scr<script>ipt>alert(1)</scr</script>ipt>
<script>alert(1)//
</p><script>alert(1)</script>
</title></textarea></style></noscript><script>alert(1)</script>
<![CDATA[<script>alert(1)</script>]]>
<!--><script>alert(1)</script>-->
<!-- --!><img src=x onerror=alert(1)>
<?xml-stylesheet href="javascript:alert(1)"?>
<!DOCTYPE html><svg onload=alert(1)>
<img src=x onerror=alert(1)>
<img src=x:alert(1) onerror=eval(src)>
<img/src=x/onerror=alert(1)>
<img src="x` `<script>alert(1)</script>"` `>
<IMG """><SCRIPT>alert(1)</SCRIPT>"\>
<img src='x'onerror='alert(1)'
<<img src=x onerror=alert(1)//<</img>
<image href=x onerror=alert(1)>
<svg onload=alert(1)>
<svg/onload=alert(1)//
<svg><script>alert&#40;1&#41;</script></svg>
<svg><a xlink:href="javascript:alert(1)"><text y=20>x</text></a></svg>
<svg><animate onbegin=alert(1) attributeName=x></svg>
<svg><use href="data:image/svg+xml,<svg id=x onload=alert(1)>#x"></svg>
<svg></p><style><g title="</style><img src onerror=alert(1)>">
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">
<math href="javascript:alert(1)">x</math>
<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>
<noscript><p title="</noscript><img src=x onerror=alert(1)>">
<iframe src=javascript:alert(1)></iframe>
<iframe srcdoc="<script>alert(1)</script>"></iframe>
<object data=javascript:alert(1)></object>
<embed src=javascript:alert(1)>
<applet code=x></applet>
<base href=//ond.example/>
<meta http-equiv=refresh content="0;url=javascript:alert(1)">
<link rel=stylesheet href=//ond.example/x.css>
<style>@import '//ond.example/x.css';</style>
<p style="background:url(javascript:alert(1))" class=x id=y>text</p>
<div style="position:fixed;inset:0">över hela sidan</div>
<body onload=alert(1)>
<details open ontoggle=alert(1)>
<input autofocus onfocus=alert(1)>
<form action=javascript:alert(1)><button>klicka</button></form>
<button formaction=javascript:alert(1) form=x>klicka</button>
<video><source onerror=alert(1)></video>
<audio src=x onerror=alert(1)>
<marquee onstart=alert(1)>
<template><script>alert(1)</script></template>
<a href="javascript:alert(1)">klicka</a>
<a href=" &#14;  javascript:alert(1)">klicka</a>
<a href=https://ond.example onclick=alert(1) target=_blank>klicka</a>
<a/onmouseover=alert(1)>klicka</a>
<xss onpointerenter=alert(1) tabindex=1>x
<p/onclick=alert(1)>x
<td onclick=alert(1)>cell<td/background=javascript:alert(1)>
<table background=javascript:alert(1)><tr><td>x</table>
<isindex type=image src=1 onerror=alert(1)>
\x00<scr\x00ipt>alert(1)</scr\x00ipt>
<\u0130mg src=x onerror=alert(1)>
\uff1cscript\uff1ealert(1)\uff1c/script\uff1e
&lt;script&gt;alert(1)&lt;/script&gt;
&#60;script&#62;alert(1)&#x3c;/script>
&amp;lt;img src=x onerror=alert(1)&amp;gt;
" onmouseover="alert(1)" x="
' onfocus='alert(1)' autofocus='
"><img src=x onerror=alert(1)>
`"><img src=x onerror=alert(1)>`
`<script>`alert(1)`</script>`
``` html⏎<script>alert(1)</script>⏎```
\<script\>alert(1)\</script\>
{{constructor.constructor('alert(1)')()}} ${alert(1)} #{7*7} {% raw %}
[x]: javascript:alert(1)⏎⏎[x] [y][x] ![z][x]
[x]: https://e.se "x" onclick="alert(1)⏎⏎[x]
![x" onerror="alert(1)](https://e.se/x)
![x](https://e.se/x"onerror="alert(1))
![x](https://e.se/x "onerror=alert(1)")
[x](https://e.se/"onmouseover="alert(1))
[x](https://e.se/'onmouseover='alert(1))
[x](https://e.se/ "x" onmouseover="alert(1)")
[x](https://e.se/ "\" onmouseover=alert(1) x=\"")
[x](<https://e.se/" onmouseover="alert(1)>)
[<img src=x onerror=alert(1)>](https://e.se)
[![x](javascript:alert(1))](https://e.se)
[a](javascript:alert(1)[b](https://e.se)
[x](https://e.se/`"onmouseover=alert(1)`)
<https://e.se/"onmouseover="alert(1)>
<https://e.se/'onmouseover='alert(1)'>
https://e.se/"onmouseover="alert(1)
https://e.se/<script>alert(1)</script>
<javascript:alert(1)>
<javascript://e.se/%0aalert(1)>
<x@e.se"onmouseover="alert(1)>
<"<script>alert(1)</script>"@e.se>
**<script>**alert(1)**</script>**
*<img src=x* onerror=alert(1)>
a | <script> | "onclick=x
\x02klzzwxh:0000\x03 \x02wzxhzdk:0\x03 \x02amp\x03lt;script>
klzzwxh:0000 \x0260\x03script\x0262\x03
\ufdd0lt;script\ufdd0gt; \ufdd0#60;script>
'''

ADRESSER = r"""
javascript:alert(1) JaVaScRiPt:alert(1) javascript:123 vbscript:1 vbscript:msgbox(1)
data:text/html,<script>alert(1)</script> data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==
data:image/svg+xml,x java\u200bscript:alert(1) \u200bjavascript:alert(1) \ufeffjavascript:alert(1)
\u00adjavascript:alert(1) java\x09script:alert(1) java\x0ascript:alert(1) java\x01script:alert(1)
\x01javascript:alert(1) java&#115;cript:alert(1) java&#x73;cript:alert(1) &#106;avascript&colon;alert(1)
javascript&colon;alert(1) java&Tab;script:alert(1) java&NewLine;script:alert(1) javascript&#0000058alert(1)
java%73cript:alert(1) javascript%3Aalert(1) javascript://e.se/%0aalert(1) \javascript:alert(1) java\script:alert(1)
java\\script:alert(1) j\u0430vascript:alert(1) javaſcript:alert(1) feed:javascript:alert(1)
view-source:javascript:alert(1) jar:javascript:alert(1) file:///etc/passwd ftp://e.se ws://e.se blob:https://e.se/x
intent://x#Intent;scheme=http;end ms-word:ofe|u|https://e.se about:blank chrome://settings sms:+46700000000
//ond.example /\ond.example \\ond.example ///ond.example /logga-ut #topp ?fraga text https:ond.example
https:/ond.example https:\\ond.example https:///ond.example https:// http://:80 https://lansstyrelsen.se@ond.example
https://lansstyrelsen.se:losen@ond.example https://ond.example\@lansstyrelsen.se https://ond.example\.lansstyrelsen.se
https://lansstyrelsen.se\u202egpj.exe https://lansstyrelsen.se\u2066x https://lansstyrelsen\u200b.se
https://lansstyrelsen.se\u3000x https://lansstyrelsen.se/\x7f https://[::1 https://e.se:123456 https://e.se/<script>
https://e.se/"onclick=x https://e.se/`x` httpſ://e.se http\u200bs://e.se mailto: mailto:x mailto:x@
mailto:x@e.se\x0abcc:y@e.se mailto:x@e.se"onclick=y mailto:javascript:alert(1) tel: tel:javascript:alert(1)
tel:+46\x208\x20123
"""

SAKRA = """
https://e.se https://www.smhi.se/vader/varningar-och-brandrisk?a=1&b=2#topp HTTPS://E.SE/X http://localhost:8000/
https://sv.wikipedia.org/wiki/Snö_(väder) https://räksmörgås.se/å https://[2001:db8::1]:8443/x https://e.se?x
https://e.se#x https://e.se/@namn/;a=b,c!$'*+~:@ https://e.se/%0a%0d mailto:tib@ls.example
mailto:a.b+c@e.se?subject=L%C3%A4ge tel:+46-8-123456 tel:112 tel:08(123)45 tel:+468123;ext=4
"""

SAMMANHANG = {
    "paragraph": "före {} efter",
    "own line": "{}",
    "link text": "[{}](https://e.se)",
    "link address": "[text]({})",
    "link address in angle brackets": "[text](<{}>)",
    "link title": '[text](https://e.se "{}")',
    "image": "![{}]({})",
    "autolink": "<{}>",
    "table": "a | b\n--|--\n{} | x\ny | {}",
    "table header": "{} | b\n--|--\nx | y",
    "code": "`{}`",
    "code block": "text\n\n    {}\n    {}",
    "list": "- a\n- {}\n    1. {}",
    "heading": "# {}\n\n{}\n===",
    "quote": "> {}\n> > {}",
    "emphasis": "**{}** *{}* ~~{}~~",
    "reference": "[x]: {}\n\n[x] [x][] ![x]",
}


def tecken_i(text: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})", lambda m: chr(int(m[1] or m[2], 16)), text)


VEKTORER = [tecken_i(rad).replace("⏎", "\n") for rad in SKRIPT.strip().split("\n")]
OSAKRA = [tecken_i(ord_) for ord_ in ADRESSER.split()]


def element_i(html: str) -> list[Element]:
    """The elements that a browser would build of it, put into a page."""
    sida = html5lib.parseFragment(f"<section>{html}</section><aside></aside>", namespaceHTMLElements=False)
    # It neither ends an element of the page nor leaves one open.
    assert [(element.tag, element.tail) for element in sida] == [("section", None), ("aside", None)]
    return list(sida[0].iter())[1:]


def bedom(html: str) -> list[Element]:
    """Return the elements; fail if one isn't allowed. Knows nothing of how the project decides."""
    allt = element_i(html)
    for element in allt:
        assert element.tag in ELEMENT.split(), f"{element.tag!r} in {html!r}"
        tillatna = {"a": {"href", "rel"}, "ol": {"start"}}.get(element.tag, set())
        assert set(element.attrib) <= tillatna, f"{element.attrib} in {html!r}"
        if element.tag == "a":
            assert element.get("rel") == REL
            if "href" not in element.attrib:
                continue
            # What a browser does before it looks at the scheme: https://url.spec.whatwg.org/#concept-basic-url-parser
            adress = re.sub("[\t\n\r]", "", element.attrib["href"].strip("".join(map(chr, range(33)))))
            assert re.match("(?:https?|mailto|tel):", adress, re.IGNORECASE | re.ASCII), f"{adress!r} in {html!r}"
            assert not re.search("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\x00-\x20\x7f-\xa0]", adress)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", html)
    return allt


def bokstaver(text: str) -> Counter[str]:
    return Counter(filter(str.isalpha, text))


def bedom_med(kalla: str, html: str) -> None:
    """Fail also if a letter is neither to be seen nor in an address that one can follow."""
    delar = [del_ or "" for e in bedom(f"<p>.</p>{html}") for del_ in (e.text, e.tail, e.get("href"))]
    assert not bokstaver(normalisera(kalla)) - bokstaver("".join(delar)), f"{kalla!r} became {html!r}"


FEL = "<b>x</b>⏎<p class=x>⏎<a>x</a>⏎<a rel href=https://e.se>⏎</section>x⏎<p⏎<!--⏎<svg/>⏎<ol onclick=x>⏎</p><script>"
FEL_ADRESSER = ["javascript:1", " &#1;\tjava\nscript:1", "/x", "https://e.se&#8203;", "ftp://e.se"]


@pytest.mark.parametrize("html", FEL.split("⏎") + [f'<a rel="{REL}" href="{adress}">x</a>' for adress in FEL_ADRESSER])
def test_the_judge_sees_what_is_wrong(html: str) -> None:
    with pytest.raises(AssertionError):
        bedom(html)


@pytest.fixture(scope="module", autouse=True)
def _processen() -> Iterator[None]:
    starta()
    render("Första gången")
    yield
    stang()


@pytest.mark.parametrize("sammanhang", SAMMANHANG)
def test_no_script_in_any_place(sammanhang: str) -> None:
    mall = SAMMANHANG[sammanhang]
    vektorer = VEKTORER + (OSAKRA if re.search("link|image|reference", sammanhang) else [])
    kallor = [mall.replace("{}", vektor) for vektor in vektorer]
    for kalla, html in zip(kallor, render_many(kallor), strict=True):
        bedom_med(kalla, html)


def test_the_scripts_are_rendered_and_not_merely_escaped_as_a_whole() -> None:
    kallor = [f"**fet** {vektor}" for vektor in VEKTORER]
    assert not [html for html in render_many(kallor) if "<strong>fet</strong>" not in html]


@pytest.mark.parametrize("grind", [markup_process.tvatta, markup_process._NH3.clean])
def test_the_gates_hold_also_for_html_that_got_past_markdown(grind: Callable[[str], str]) -> None:
    lankar = [f'<a href="{html_modul.escape(adress)}">text</a>' for adress in OSAKRA]
    for html in [normalisera(ra) for ra in VEKTORER + lankar] + [f"<a href={adress}>x</a>" for adress in OSAKRA]:
        bedom(grind(html))


@pytest.mark.parametrize("adress", OSAKRA)
def test_an_address_that_hides_something_is_no_link(adress: str) -> None:
    assert not saker_adress(adress)
    lankar = [a.get("href") for a in bedom(render(f"[text]({adress})")) if a.tag == "a" and a.text == "text"]
    # An escaped character or one that is taken away may leave an honest address.
    assert adress not in lankar
    assert all(saker_adress(lank or "") for lank in lankar)


@pytest.mark.parametrize("adress", SAKRA.split())
def test_an_honest_address_is_a_link_and_stays_as_it_was(adress: str) -> None:
    assert saker_adress(adress)
    assert [a.get("href") for a in bedom(render(f"[text]({adress})\n<{adress}>"))] == [None, adress, None, adress]


# --- Any text

BITAR = r"""* - 1. > # ** _ ~~ ` `` [ ]( ) ! < | \ --- === ](https://e.se ](https://e.se·" ](javascript: [x]:·y
https://e.se/ <https:// <a@e.se> & &#106; &amp; <script> </p> <!-- --> <td> <svg> onclick= style= " ' \x00 \x02 \x03
\ufdd0 \u200b \x0d klzzwxh:0000 wzxhzdk:0 a·|·b\x0a--|--\x0a \x0a \x0a\x0a \x0a- \x0a1.· \x0a\x20\x20\x20\x20"""
BIT = st.sampled_from([tecken_i(bit).replace("·", " ") for bit in BITAR.split()])
TEXTER = st.lists(st.one_of(BIT, BIT.map(lambda bit: bit + " "), st.text(max_size=6)), max_size=30).map("".join)


@settings(max_examples=250, deadline=None)
@given(TEXTER)
@example("*a**b*c")
@example("1. a\n\n> - *\t\t4. b")
def test_any_text_gives_only_what_is_allowed_and_keeps_every_letter(kalla: str) -> None:
    html = render(kalla)
    bedom_med(kalla, html)
    assert not bokstaver(normalisera(kalla)) - bokstaver(text_av(kalla) + "mailto")


# --- Texts made to take time

BOMBER = {
    "brackets": "[" * 20_000,
    "closing brackets": "]" * 20_000,
    "half links": "[a](" * 5_000,
    "links in links": "[" * 2_000 + "x" + "](https://e.se)" * 2_000,
    "images": "![" * 10_000,
    "divs": "<div>" * 20_000,
    "spans on lines": "<span>\n" * 4_000,
    "less than": "<" * 20_000,
    "comments": "<!--" * 10_000,
    "ampersands": "&" * 20_000,
    "quotes": ">" * 20_000,
    "spaced quotes": "> " * 10_000 + "x",
    "quotes on lines": "\n".join(">" * n + " x" for n in range(200)),
    "list in list": "- " * 10_000 + "x",
    "numbers in numbers": "1. " * 7_000 + "x",
    "deep list": "\n".join(" " * 4 * n + "- x" for n in range(300)),
    "long list": "- x\n" * 3_000,
    "loose list": "- x\n\n" * 2_000,
    "emphasis": "*a" * 10_000,
    "spaced emphasis": "*a " * 10_000,
    "closing emphasis": "a* " * 10_000,
    "mixed emphasis": "*a **b _c __d " * 3_000 + "*** ___ " * 3_000,
    "stars": "*" * 5_000 + "a*" * 2_000,
    "underscores": "_a" * 10_000,
    "tildes": "~~a " * 5_000,
    "backticks": "`a" * 10_000,
    "backtick runs": " ".join("`" * n for n in range(300)) + "x",
    "backslashes": "\\" * 20_001 + "x",
    "headings": "# x\n" * 2_000,
    "rules": "---\nx\n" * 1_500,
    "underlines": "x\n===\n" * 1_000,
    "line breaks": "x\n" * 5_000,
    "paragraphs": "x\n\n" * 3_000,
    "code blocks": "    x\n\ny\n\n" * 1_500,
    "wide table": "|".join("a" * 2_000) + "\n" + "|".join("-" * 2_000) + "\n" + "|".join("b" * 2_000),
    "tall table": "a|b\n-|-\n" + "c|d\n" * 20_000,
    "huge empty table": "a" + "|" * 5_000 + "\n" + "|".join("-" * 5_001) + "\n" + "|a\n" * 20_000,
    "ticks in a table": "a|`" * 2_000 + "\n-|-",
    "addresses": "https://e.se " * 2_000,
    "closing parentheses": "https://e.se/" + ")" * 20_000,
    "a long word": "x" * 200_000,
    "a long line": "ord " * 50_000,
}


# The bound is 1.7 s of the clock; a machine that does much else may hold us up, the library alone takes minutes.
LAGOM_LANGE = 10.0


@pytest.mark.parametrize("namn", BOMBER)
def test_a_text_made_to_take_time_is_soon_ready_and_is_all_there(namn: str) -> None:
    kalla = f"Början\n\n{BOMBER[namn]}\n\nSlutet"
    borjan = time.monotonic()
    html = render(kalla)
    assert time.monotonic() - borjan < LAGOM_LANGE
    text = synligt_snabbt(html)
    assert not bokstaver(kalla) - bokstaver(text)
    assert text.strip().startswith("Början")
    assert text.strip().endswith("Slutet")
    if namn in {"brackets", "closing brackets", "divs", "less than", "comments", "ampersands", "quotes", "images"}:
        assert text.count(kalla[9]) == kalla.count(kalla[9])


def synligt_snabbt(html: str) -> str:
    """The visible text and the addresses, without html5lib, which needs seconds itself."""
    return html_modul.unescape(re.sub(r'<(?:a href="([^"]*)")?[^>]*>', r"\1", html))


def test_texts_made_to_take_time_do_not_spoil_those_of_others() -> None:
    def offer(nr: int) -> str:
        return render(f"*{nr}*")

    with ThreadPoolExecutor(4) as tradar:
        bomb = tradar.submit(render, BOMBER["tall table"])
        svar = list(tradar.map(offer, range(6)))
        assert bomb.result().startswith("<pre>\n")
    assert svar == [f"<p><em>{nr}</em></p>" for nr in range(6)]


STUMPAR = """[ [a]( [[x] [a](u"· `a *a· a* **a·*b _a_· <a > #· |· \\ -· [a](b) https://a) ~~a ( [a]((( *** ``·`· a| {"""


@pytest.mark.parametrize("bit", [*STUMPAR.split(), "\n", "a\n", "\t"])
def test_plain_text_takes_linear_time(bit: str) -> None:
    bit = bit.replace("·", " ")
    kalla = bit * (50_000 // len(bit))
    borjan = time.process_time()
    text = text_av(kalla)
    assert time.process_time() - borjan < LAGOM_LANGE
    assert text.count("a") == kalla.count("a")
