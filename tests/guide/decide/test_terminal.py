"""The command line: the same questions, the same outcomes, one clear line."""

import json
import subprocess
import sys

import pytest

from guide.decide.flow import load
from guide.decide.record import GUIDE
from guide.decide.terminal import FORMATS, main, parse_answers
from guide.layout import ROOT
from tests.guide.decide.golden import FOLDER, texts

RENEW = "if this is meant: .venv/bin/python -m tests.guide.decide.golden"
OUTCOMES = list(load().outcomes())
PLAIN = "complex-domain=yes,cross-service=no,real-time=no"
each_outcome = pytest.mark.parametrize(
    "walk", OUTCOMES, ids=lambda walk: walk.slug
)


@pytest.fixture(autouse=True)
def _no_site(monkeypatch):
    monkeypatch.delenv("SITE_URL", raising=False)


@pytest.fixture
def decide(capsys):
    def run(*arguments):
        code = main([*arguments])
        return code, *capsys.readouterr()

    return run


@each_outcome
def test_an_outcome_says_what_was_agreed(walk):
    golden = (FOLDER / f"{walk.slug}.txt").read_text()
    assert texts()[walk.slug] == golden, RENEW


def test_there_is_no_golden_file_without_an_outcome():
    slugs = {path.stem for path in FOLDER.glob("*")}
    assert slugs == {walk.slug for walk in OUTCOMES}, RENEW


@each_outcome
def test_json_has_the_stated_shape(walk, decide):
    answers = ",".join("=".join(pair) for pair in walk.answers)
    code, out, err = decide("--answers", answers, "--format", "json")
    data = json.loads(out)

    assert (code, err) == (0, "")
    assert list(data) == [
        "answers",
        "patterns",
        "cost",
        "left_out",
        "leave_when",
        "url",
    ]
    assert data["answers"] == dict(walk.answers)
    assert [item["id"] for item in data["patterns"]] == [*walk.patterns]
    for item in data["patterns"]:
        assert list(item) == ["id", "title", "because", "topic", "snippets"]
        assert item["snippets"]
        assert all((ROOT / path).is_file() for path in item["snippets"])
        page = (item["topic"] or "index.md").partition("#")[0]
        assert (ROOT / "docs" / page).is_file()
    for sign in data["leave_when"]:
        ((question, answer),) = sign["change"].items()
        assert data["answers"][question] != answer
    assert data["url"] == (
        f"http://127.0.0.1:8000/decide/outcomes/{walk.slug}/"
    )


def test_the_address_is_that_of_the_published_site(decide, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://shop.example/guide/")
    _, out, _ = decide("--answers", PLAIN, "--format", "json")
    assert json.loads(out)["url"] == (
        "https://shop.example/guide/decide/outcomes/complex-domain/"
    )


def test_a_record_links_to_the_published_site(decide, monkeypatch):
    monkeypatch.setenv("SITE_URL", "https://shop.example/guide")
    _, out, _ = decide("--answers", PLAIN, "--format", "adr")
    assert (
        "<https://shop.example/guide/decide/outcomes/complex-domain/>"
    ) in out


@pytest.mark.parametrize("site", [None, ""])
def test_a_record_of_no_published_site_names_what_to_look_for(
    decide, monkeypatch, site
):
    """It is kept elsewhere, where a loopback address leads to nothing."""
    if site is not None:
        monkeypatch.setenv("SITE_URL", site)
    walk = load().decide(parse_answers(PLAIN))

    _, out, _ = decide("--answers", PLAIN, "--format", "adr")

    assert f"*{walk.title}* in *{GUIDE}*" in out
    assert "://" not in out
    assert f"site_name: {GUIDE}\n" in (ROOT / "mkdocs.yml").read_text()


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ("simple=yes", "simple is no question: the questions are complex-do"),
        ("complex-domain=si", "complex-domain=si: answer yes or no"),
        ("complex-domain", "complex-domain: write complex-domain=yes or"),
        ("complex-domain=yes", "cross-service has no answer: Does the op"),
        ("", "complex-domain has no answer: "),
        (f"{PLAIN},real-time=yes", "real-time is answered twice"),
        (f"{PLAIN},multiple-sources=no", "multiple-sources is not asked on"),
    ],
)
def test_bad_answers_are_refused_in_one_line(decide, answers, line):
    code, out, err = decide("--answers", answers)
    assert (code, out) == (2, "")
    assert err.startswith(line)
    assert err.count("\n") == 1


def test_an_unknown_format_is_refused_in_one_line(capsys):
    with pytest.raises(SystemExit) as refused:
        main(["--answers", PLAIN, "--format", "xml"])
    out, err = capsys.readouterr()
    assert (refused.value.code, out) == (2, "")
    assert "invalid choice: 'xml'" in err
    assert err.count("\n") == 1


def asked(answers, *arguments):
    """In a terminal, as `make decide` does."""
    return subprocess.run(
        [sys.executable, "-m", "guide.decide", *arguments],
        cwd=ROOT,
        input="".join(f"{line}\n" for line in answers),
        capture_output=True,
        text=True,
        check=False,
    )


def test_asking_gives_the_same_outcome_as_the_answers(decide):
    result = asked(["y", "No", "n"])
    assert result.returncode == 0
    assert result.stdout == decide("--answers", PLAIN)[1]
    for question in ("Complex domain logic?", "Needs real-time updates?"):
        assert question in result.stderr


def test_a_reader_can_go_back_doubt_and_mistype(decide):
    result = asked(["n", "b", "?", "perhaps", "yes", "n", "n"])
    assert result.stdout == decide("--answers", PLAIN)[1]
    assert "Until then take no." in result.stderr
    assert "Answer y or n" in result.stderr


def test_an_input_that_ends_early_is_refused_in_one_line():
    result = asked(["y"])
    assert (result.returncode, result.stdout) == (2, "")
    last = result.stderr.splitlines()[-1]
    assert last == "cross-service has no answer"


def test_every_format_is_documented_by_help(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out, _ = capsys.readouterr()
    assert all(name in out for name in FORMATS)
