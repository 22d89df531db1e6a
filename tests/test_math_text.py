r"""Formulas become MathML, amounts of money do not, and no TeX hangs, crashes or becomes other markup."""

import re
from html import escape
from html.parser import HTMLParser

import pytest
from synthesis import math_text

FRACTION = "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"


@pytest.mark.parametrize(
    ("text", "display"),
    [
        (r"so $\frac{1}{2}$ it is", "inline"),
        (r"so \(\frac{1}{2}\) it is", "inline"),
        (r"so $$\frac{1}{2}$$ it is", "block"),
        ("so \\[\n\\frac{1}{2}\n\\] it is", "block"),
    ],
)
def test_every_kind_of_delimiters_begins_a_formula(text, display):
    made = math_text.to_html(text)
    assert re.fullmatch(rf'so <math display="{display}" title="[^"]*"><mrow>{FRACTION}</mrow></math> it is', made)


def test_an_environment_is_a_formula_without_delimiters():
    made = math_text.to_html("\\begin{align*} a &= 1 \\\\ b &= 2 \\end{align*} & more")
    assert made.count("<mtr>") == 2
    assert made.startswith('<math display="block"')
    assert made.endswith("</math> &amp; more")


@pytest.mark.parametrize("text", ["$x = 50% of y$", r"$x = 50\% of y$", "$x = 50%\n of y$", r"\[x = 50% of y\]"])
def test_a_sign_of_per_cent_hides_nothing(text):
    assert re.sub("<[^>]*>", "", math_text.to_html(text)).replace(" ", "") == "x=50%ofy"


def test_a_sign_of_per_cent_behind_a_new_line_hides_nothing():
    made = math_text.to_html(r"\begin{align*} a &= 5 \\% b &= 2 \end{align*}")
    assert made.count("<mtr>") == 2 and re.sub("<[^>]*>", "", made).replace(" ", "") == "a=5%b=2"


@pytest.mark.parametrize("text", [r"is \boxed{\frac{1}{2}}.", r"is $\boxed{\frac{1}{2}}$."])
def test_the_final_answer_has_a_frame(text):
    made = math_text.to_html(text)
    assert made.startswith("is <math") and made.endswith("</math>.")
    assert f'<mrow class="boxed"><mrow>{FRACTION}</mrow></mrow>' in made


@pytest.mark.parametrize(
    "text",
    [
        "A pen costs $5 and a book $7.",
        "from $5-$7 a piece",
        r"It costs \$5 or \$6.",
        "He has $20, she has $ 30 more than $he$5",
        "pays $5\n\nand 6$",
        "$",
        "$$",
        "$ x $",
        "a $5",
    ],
)
def test_amounts_of_money_are_no_formulas(text):
    assert math_text.to_html(text) == escape(text)


def test_a_formula_stands_beside_amounts():
    made = math_text.to_html("For $5 and $7 he gets $x+1$ pens at $3.")
    assert made.startswith("For $5 and $7 he gets <math") and made.endswith("</math> pens at $3.")


@pytest.mark.parametrize(
    ("tex", "shown"),
    [
        (r"\mathbb{R}", "ℝ"),
        (r"\mathbf{AB}", "𝐀</mi><mi>𝐁"),
        (r"\mathcal{FL}", "ℱ</mi><mi>ℒ"),
        (r"\mathfrak{Ca}", "ℭ</mi><mi>𝔞"),
        (r"\mathrm{dx}", '<mi mathvariant="normal">d</mi><mi mathvariant="normal">x'),
        (r"\cancel{x}", '<mrow class="crossed"><mrow><mi>x'),
        (r"5 \le x", "≤"),
    ],
)
def test_letters_and_signs(tex, shown):
    assert shown in math_text.to_html(f"${tex}$")


class Tags(HTMLParser):
    """The elements of a text with their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


INJECTIONS = [
    r"\text{<script>alert(1)</script>}",
    r"\text{&lt;script&gt;alert(1)&lt;/script&gt;}",
    r"\text{&#x3c;img src=x onerror=alert(1)&#x3e;}",
    r"\unicode{x3c}script\unicode{x3e}",
    r"\verb|<img src=x onerror=alert(1)>|",
    r"\href{javascript:alert(1)}{x}",
    r'\class{a" onload="alert(1)}{x}',
    r"\style{position:fixed;width:9999px}{x}",
    r"\color{red;background:url(http://example.org)}{x}",
    r"\textcolor{white}{x}",
    r"\colorbox{url(http://example.org)}{x}",
    r"\rule{9999em}{9999em}",
    r"\hspace{-999em}x\raise 999em x",
    r"\operatorname{<b>}",
    r"\begin{array}{c|c}<b>&</math><script></script>\end{array}",
    '</math><script>alert(1)</script>" onload="',
]


@pytest.mark.parametrize("tex", INJECTIONS)
def test_no_tex_becomes_other_markup(tex):
    made = math_text.to_html(f"${tex}$ <b>")
    allowed = {*math_text._ATTRIBUTES, "title", "class", "mathvariant"}
    tags = Tags(made).found
    assert {tag for tag, _ in tags} <= math_text._ELEMENTS
    assert {name for _, attributes in tags for name in attributes} <= allowed
    assert not re.search(r"\d{3}", "".join(attributes.get("width", "") for _, attributes in tags))
    assert made.endswith("&lt;b&gt;")


SIZE = 50_000
HOSTILE = {
    "nested braces": "$" + "{" * SIZE + "}" * SIZE + "$",
    "open braces": "{" * SIZE,
    "dollar signs": "$" * SIZE,
    "dollar signs and letters": "$a" * SIZE,
    "open parentheses": r"\(" * SIZE,
    "open boxes": r"\boxed{" * SIZE,
    "open environments": r"\begin{align}" * SIZE,
    "commands without operands": "$" + r"\frac" * 390 + "$",
    "roots of roots": "$" + r"\sqrt" * 390 + "$",
    "tower of powers": "$" + "x^{" * 25 + "x" + "}" * 25 + "$",
    "brackets in brackets": "$" + r"\left(" * 29 + "x" + r"\right)" * 29 + "$",
    "brackets that do not match": r"$\left( x \right$ $\right)$ $}{$",
    "apostrophes": "$" + "'" * 1900 + "$",
    "alignment marks": "$" + "&" * 1900 + "$",
    "many formulas": "$x$ " * SIZE,
    "a long formula": "$" + "x+" * SIZE + "$",
    "a long number": "$" + "1" * 1900 + "$",
    "blanks": "$x" + " " * 1900 + "y$",
    "backslashes": "\\" * SIZE,
    "half a character": r"$\unicode{xD800}$ $\unicode{x0}$ $\unicode{xFFFFFF}$",
    "macros that grow": r"$\def\a{xx}\def\b{\a\a}\def\c{\b\b}\c$",
    "a macro of itself": r"$\newcommand{\a}{\a\a}\a$",
    "operands written twice": "$" + r"\sideset{}{}{" * 25 + "x" + "}" * 25 + "$",
    "letters of other scripts": "$\u202e\u0627\u0301 \U0001f600$",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tex_neither_hangs_nor_crashes(name):
    made = math_text.to_html(HOSTILE[name])
    made.encode()
    assert len(made) < 100 * len(HOSTILE[name])
    assert {tag for tag, _ in Tags(made).found} <= math_text._ELEMENTS


@pytest.mark.parametrize("name", ["macros that grow", "operands written twice", "nested braces", "a long formula"])
def test_what_can_not_be_rendered_stays_as_it_was(name):
    assert math_text.to_html(HOSTILE[name]) == escape(HOSTILE[name])


def test_of_a_text_with_very_many_formulas_the_first_ones_are_rendered():
    made = math_text.to_html("$x$" * (math_text.MOST_FORMULAS + 5))
    assert made.count("<math") == math_text.MOST_FORMULAS
    assert made.endswith("$x$" * 5)
