"""The Chinese catalogue: whole, in one vocabulary, and checked by a tool that notices every kind of fault."""

import os
import re
import shutil
from pathlib import Path

import polib
import pytest
from django.utils.translation import gettext, ngettext, override

from tools.check_messages import differences, faults_of
from tools.compile_messages import compile_catalogue
from tools.make_messages import CATALOGUE, collect

GLOSSARY = Path("docs/guide/glossary.md")
# Words that another word of the glossary has replaced.
OUTDATED = ("供货仓", "供货关系", "调度池", "专属", "库存行", "空闲", "可承诺")


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(CATALOGUE))


def _catalogue_of(msgid, msgstr, **more):
    found = polib.POFile()
    found.append(polib.POEntry(msgid=msgid, msgstr=msgstr, **more))
    return found


def test_every_sentence_is_translated_with_its_placeholders(catalogue):
    assert len(catalogue) > 500
    assert not faults_of(catalogue), "\n".join(faults_of(catalogue))


@pytest.mark.skipif(
    shutil.which("xgettext") is None and not os.environ.get("CI"),
    reason="needs gettext (on Debian: apt-get install gettext)",
)
def test_the_catalogue_has_the_sentences_of_the_code_and_no_others(catalogue):
    found = differences(catalogue, collect())
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("faulty", "problem"),
    [
        (_catalogue_of("Count", ""), "not translated"),
        (_catalogue_of("Count", "盘点", flags=["fuzzy"]), "fuzzy"),
        (_catalogue_of("%(sku)s is here", "在这里"), r"placeholders: %\(sku\)s"),
        (_catalogue_of("%(sku)s is here", "%(sku)d 在这里"), r"placeholders: %\(sku\)d, %\(sku\)s"),
        (_catalogue_of("by %(units)+d", "%(units)d"), r"placeholders"),
        (_catalogue_of("100%% of it", "全部"), "placeholders: %%"),
        (_catalogue_of("a row", "", msgid_plural="%(n)d rows", msgstr_plural={0: "行"}), r"placeholders: %\(n\)d"),
    ],
)
def test_faults_are_found(faulty, problem):
    (line,) = faults_of(faulty)
    assert re.search(problem, line)


def test_missing_and_unused_sentences_are_found():
    missing, gone = differences(_catalogue_of("Old", "旧"), _catalogue_of("New", ""))
    assert "'New' is missing" in missing
    assert "'Old' is no longer used" in gone


def test_a_compiled_catalogue_speaks_chinese(tmp_path):
    path = tmp_path / "django.po"
    shutil.copy(CATALOGUE, path)
    compiled = polib.mofile(str(compile_catalogue(path)))
    assert compiled.find("Safety stock").msgstr == "安全库存"


def test_django_finds_the_catalogue():
    with override("zh-hans"):
        assert gettext("Safety stock") == "安全库存"
        assert (
            ngettext("%(count)d hold released.", "%(count)d holds released.", 2) % {"count": 2} == "已释放 2 张占用单。"
        )


def test_words_are_those_of_the_glossary(catalogue):
    words = {
        english.split(" (")[0].strip(): chinese.strip()
        for english, chinese in re.findall(r"^\| ([^|]+) \| ([^|]+) \|", GLOSSARY.read_text(), re.MULTILINE)
    }
    names = {entry.msgid: entry.msgstr for entry in catalogue}
    differing = {word: (words[word], names[word]) for word in words.keys() & names.keys() if words[word] != names[word]}
    assert not differing
    assert len(words.keys() & names.keys()) > 20
    assert [e.msgid for e in catalogue if any(word in e.msgstr for word in OUTDATED)] == []
