"""Captions of the report: texts of a configuration are shown in them as they are, and never become markup."""

import types

import jinja2
import pytest
from docutils.core import publish_parts
from workflow import ROOT

HOSTILE = "Qwen2_ *a |b `c [1]_ \\ x\n\n.. raw:: html\n\n   <script>alert(1)</script>"
SHOWN = "Qwen2_ *a |b `c [1]_ \\ x .. raw:: html &lt;script&gt;alert(1)&lt;/script&gt;"
CONFIG = {
    "run": "trial",
    "prices": {"currency": "USD", "date": "2026-01-31", "source": HOSTILE},
    "tabulate_results": {"tables": {"main": {"caption": HOSTILE, "published": {"source": HOSTILE, "table": HOSTILE}}}},
}


@pytest.mark.parametrize(("name", "texts"), [("costs", 1), ("results_figure", 3)])
def test_a_text_of_the_configuration_is_no_markup(name, texts, capfd):
    job = types.SimpleNamespace(config=CONFIG, wildcards=types.SimpleNamespace(table="main"))
    caption = (ROOT / f"rules/report/{name}.rst").read_text()
    # As Snakemake's report does it.
    shown = publish_parts(jinja2.Template(caption).render(snakemake=job), writer="html")["body"]
    assert " ".join(shown.split()).count(SHOWN) == texts
    assert "system-message" not in shown and "<script>" not in shown
    assert not capfd.readouterr().err


@pytest.mark.parametrize(
    ("config", "told", "not_told"),
    [
        ({"method": "best"}, "so that one sees what the choice by reward does", "may be more"),
        ({"method": "majority"}, "that may be more than that of the chosen one", "figure 2"),
        (None, "twenty drawn by a hash of their ids. The same pairs", "reward"),
    ],
)
def test_pairs_to_read_are_told_as_they_were_chosen(config, told, not_told):
    scored = (
        {"score_responses": {}, "select_responses": config} if config else {"select_responses": {"method": "first"}}
    )
    job = types.SimpleNamespace(config={"run": "trial", **scored})
    caption = jinja2.Template((ROOT / "rules/report/sampled_pairs.rst").read_text()).render(snakemake=job)
    caption = " ".join(caption.split())
    assert told in caption and not_told not in caption
