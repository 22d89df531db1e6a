"""A changed module is noticed, a changed comment is not, and nothing that is bought changes unsigned."""

import json
import shutil

import pytest
from synthesis import code_digests, code_version, identity


@pytest.fixture
def scripts(tmp_path, monkeypatch):
    """A copy of the programs that the module looks at."""
    shutil.copytree(code_version.SCRIPTS, tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(code_version, "SCRIPTS", tmp_path / "scripts")
    monkeypatch.setattr(code_version, "VERSIONS", tmp_path / "scripts/code_versions.json")

    def forget():
        for function in (code_version.modules, code_version._imports, code_version._known):
            function.cache_clear()

    forget()
    yield tmp_path / "scripts", forget
    forget()


def edit(scripts, name, old, new):
    folder, forget = scripts
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    forget()


def test_every_change_of_a_stage_is_signed():
    assert code_version.unsigned() == [], "run `make sign`; CONTRIBUTING.md says with which arguments"


def test_every_paid_stage_carries_a_number():
    versions = json.loads(code_version.VERSIONS.read_text())
    assert set(identity.STAGE_WORDS) <= set(versions)
    assert code_version.code_version("generate_responses").count(".") == 1


def test_comments_and_docstrings_do_not_count(scripts):
    before = code_version.modules_digest("generate_responses")
    edit(scripts, "synthesis/store.py", '"""The store: rows', '"""# Store. Rows')
    edit(scripts, "synthesis/store.py", "import os\n", "import os  # a remark\n")
    assert code_version.modules_digest("generate_responses") == before


def test_a_changed_module_is_noticed_wherever_it_is_imported(scripts):
    report = code_version.modules_digest("plot_funnel")
    edit(scripts, "synthesis/identity.py", ">> 2", ">> 3")
    assert "generate_responses" in code_version.unsigned()
    assert code_version.modules_digest("plot_funnel") == report


def test_engines_belong_to_the_stages_that_use_them(scripts):
    edit(scripts, "synthesis/engines/sampling_noise.py", "self.generators = [", "self.generators = 1 * [")
    assert {"generate_questions", "judge_questions", "generate_responses"} <= set(code_version.unsigned())
    assert "filter_questions" not in code_version.unsigned()


def test_signing_raises_only_what_is_named(scripts):
    edit(scripts, "synthesis/identity.py", ">> 2", ">> 3")
    before = json.loads(code_version.VERSIONS.read_text())
    code_version.sign(rows=["generate_responses"], output=["judge_questions"])
    after = json.loads(code_version.VERSIONS.read_text())
    assert after["generate_responses"]["rows"] == before["generate_responses"]["rows"] + 1
    assert after["judge_questions"]["output"] == before["judge_questions"]["output"] + 1
    assert after["generate_questions"]["rows"] == before["generate_questions"]["rows"]
    assert code_version.unsigned() == []


def test_rules_that_buy_the_same_rows_keep_in_step(scripts):
    for rule, stage in identity.BOUGHT_AS.items():
        before = code_version.code_version(rule).split(".")
        code_version.sign(rows=[stage], output=[])
        after = code_version.code_version(rule).split(".")
        assert after == [str(int(before[0]) + 1), before[1]]
        assert after[0] == code_version.code_version(stage).split(".")[0]


def test_what_was_found_is_kept_and_belongs_to_the_content(scripts, monkeypatch):
    folder, forget = scripts
    before = code_version.modules_digest("generate_responses")
    kept = folder / code_digests.KEPT
    assert kept.is_file()
    forget()
    monkeypatch.setattr(code_digests, "_code", lambda content: pytest.fail("a file was read again"))
    assert code_version.modules_digest("generate_responses") == before
    monkeypatch.undo()
    monkeypatch.setattr(code_version, "SCRIPTS", folder)
    edit(scripts, "synthesis/identity.py", ">> 2", ">> 3")
    changed = code_version.modules_digest("generate_responses")
    assert changed != before
    edit(scripts, "synthesis/identity.py", ">> 3", ">> 2")
    assert code_version.modules_digest("generate_responses") == before


@pytest.mark.parametrize("content", ["", "[]", "no JSON", {"way": "another", "files": {}}, {}, {"files": []}])
def test_a_damaged_file_of_what_was_found_is_made_anew(scripts, content):
    folder, forget = scripts
    before = code_version.modules_digest("generate_responses")
    if isinstance(content, dict):
        content = json.dumps({"way": code_digests._way(), **content})
    (folder / code_digests.KEPT).write_text(content)
    forget()
    assert code_version.modules_digest("generate_responses") == before
    assert json.loads((folder / code_digests.KEPT).read_text())["files"]


def test_without_a_place_to_keep_what_was_found_nothing_fails(scripts):
    folder, _forget = scripts
    (folder / "__pycache__").write_text("no folder")
    assert len(code_version.modules_digest("generate_responses")) == 12


def test_files_that_no_rule_needs_stop_no_start(scripts):
    """What an editor or a writer leaves for a moment."""
    folder, forget = scripts
    before = code_version.modules_digest("generate_responses")
    (folder / ".#grading.py").symlink_to("nowhere")
    (folder / "half_written.py").write_text("def work(")
    forget()
    assert code_version.modules_digest("generate_responses") == before
    edit(scripts, "synthesis/identity.py", "def ", "deff ")
    with pytest.raises(SyntaxError):
        code_version.modules_digest("generate_responses")
