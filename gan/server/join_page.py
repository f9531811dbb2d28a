"""The page that strangers see, and nothing else: a form without a script, small enough for fifty phones at once."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response

from gan.limits import MAX_STUDENT_NAME

STYLE = """
:root { color-scheme: light dark; --ink: #1c1f26; --paper: #fff; --line: #8a8f9a; --accent: #4f46e5; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaf0; --paper: #0f1218; --line: #7d8594; } }
* { box-sizing: border-box }
body { margin: 0; padding: 2.5rem 1.25rem; background: var(--paper); color: var(--ink);
       font: 1.125rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main { max-width: 24rem; margin: 0 auto }
h1 { margin: 0 0 .5rem; font-size: 1.75rem; line-height: 1.2 }
label { display: block; margin: 1.25rem 0 .35rem; font-weight: 600 }
input { width: 100%; min-height: 3rem; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: 8px;
        background: transparent; color: inherit; font: inherit }
input[name=code] { text-transform: uppercase; letter-spacing: .12em }
button, .button { display: block; width: 100%; min-height: 3rem; margin-top: 1.5rem; padding: .6rem 1rem; border: 0;
         border-radius: 8px; background: var(--accent); color: #fff; font: inherit; font-weight: 600;
         text-align: center; text-decoration: none; cursor: pointer }
:focus-visible { outline: 3px solid #f59e0b; outline-offset: 2px }
small { display: block; margin-top: .35rem; font-size: .95rem }
[role=alert] { margin: 1rem 0 0; padding: .6rem .9rem; border: 1px solid #b45309; border-radius: 8px }
aside { margin-top: 2.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line) }
"""

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Join the class - LiveGAN</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="same-origin">
<link rel="icon" href="data:,">
<style>{style}</style></head><body><main>
<h1>Join the class</h1>
<p style="margin:0">Watch a GAN learn, and try it yourself.</p>
{told}
<form method="post" action="{root}api/class/join">
<label for="code">Code of the class</label>
<input id="code" name="code" value="{code}" required autocomplete="off" autocapitalize="characters" spellcheck="false"
 maxlength="40">
<label for="name">Your name</label>
<input id="name" name="name" value="{name}" placeholder="{offered}" autocomplete="nickname" maxlength="{longest}">
<small>Leave it empty to be {offered}. Your class sees it; it is forgotten when the class ends.</small>
<input type="hidden" name="place" value="{place}">
<button>Join</button>
</form>
{teacher}
</main></body></html>
"""

SAME_STUDENT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Join the class - LiveGAN</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="same-origin">
<link rel="icon" href="data:,">
<style>{style}</style></head><body><main>
<h1>Continue as {name}</h1>
<p style="margin:0">This device becomes {name}, too.</p>
<form method="post" action="{root}api/class/join">
<input type="hidden" name="code" value="{code}"><input type="hidden" name="place" value="">
<button>Continue</button>
</form>
</main></body></html>
"""

TEACHER = """<aside>This browser runs on LiveGAN's own machine.
<a class="button" href="{root}?teacher={key}">I am the teacher</a></aside>"""

# A page for whoever asks now: no browser and no proxy may keep it.
NOT_KEPT = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def join_page(
    offered: str,
    *,
    root: str = "./",
    place: str = "",
    code: str = "",
    name: str = "",
    told: str = "",
    key: str | None = None,
    status: int = 200,
) -> Response:
    """The form.

    Args:
        root: the way from the page's address to the server's own path; a proxy may have put a path before it.
        place: the page and query to open after joining.
        told: one sentence about what was wrong.
        key: of the teacher's link, on the server's own machine.
    """
    content = PAGE.format(
        style=STYLE,
        offered=escape(offered),
        root=root,
        place=escape(place),
        code=escape(code),
        name=escape(name),
        told=f'<p role="alert">{escape(told)}</p>' if told else "",
        teacher=TEACHER.format(root=root, key=escape(key)) if key is not None else "",
        longest=MAX_STUDENT_NAME,
    )
    return HTMLResponse(content, status, NOT_KEPT)


def same_student_page(name: str, code: str, root: str) -> Response:
    """The form for another device of a student."""
    content = SAME_STUDENT.format(style=STYLE, name=escape(name), code=escape(code), root=root)
    return HTMLResponse(content, headers=NOT_KEPT)
