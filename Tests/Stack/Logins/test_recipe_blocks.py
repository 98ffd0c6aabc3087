"""What nginx/logins.md says of its recipes."""

import re

import pytest
from recipes import BLOCKS
from support.deployment import ROOT

TEXT = (ROOT / "nginx/logins.md").read_text()
SECTIONS = {
    re.sub(r"[^\w -]", "", title).lower().replace(" ", "-"): section
    for title, section in re.findall(r"^##+ ([^\n]*)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
}
ROWS = re.findall(r"^\| \[.*?\]\(#([\w-]+)\).* \| (\d+) \| (\d+) \| (\d+)", TEXT, re.MULTILINE)


def lines(text):
    return sum(1 for line in text.splitlines() if line.strip())


@pytest.mark.parametrize(("anchor", "configuration", "nginx", "code"), ROWS, ids=[row[0] for row in ROWS])
def test_a_recipe_takes_as_many_lines_as_the_table_says(anchor, configuration, nginx, code):
    recipe = re.search(r"^```yaml ([\w-]+)$", SECTIONS[anchor], re.MULTILINE)[1]
    counted = {"yaml": 0, "nginx": 0, "code": 0}
    for language, name, file, text in BLOCKS:
        if name == recipe and language != "sh" and not file.endswith(".yaml"):
            counted["code" if file else language] += lines(text)
    # And the include in place of server.conf.
    counted["nginx"] += counted["nginx"] > 0
    assert counted == {"yaml": int(configuration), "nginx": int(nginx), "code": int(code)}


def test_each_section_with_a_recipe_is_in_the_table_or_says_that_it_was_not_tried():
    tried, others = TEXT.split("\n## Not tried\n")
    titles = re.findall(r"^## (?!What all share|A key pair)(.*)", tried, re.MULTILINE)
    assert [re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles] == [row[0] for row in ROWS]
    assert re.findall(r"^### (.*)", others, re.MULTILINE) == [
        "Auth0",
        "Entra ID",
        "Cognito",
        "Google",
        "Firebase",
        "Clerk",
    ]
