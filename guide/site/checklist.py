"""Markdown extension: ``- [ ] text`` becomes an item with an empty box.

The box is drawn by the style sheet. A disabled check box, which other
extensions put here, is a form field without a name to a screen reader.
"""

from xml.etree.ElementTree import Element

from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor

BOX = "[ ] "


class ChecklistExtension(Extension):
    """Registers the tree processor; takes no options."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - Markdown's
        # Before inline patterns (20) could take the brackets for a link.
        md.treeprocessors.register(Checklist(md), "checklist", 25)


class Checklist(Treeprocessor):
    """Marks the items of checklists."""

    def run(self, root: Element) -> None:
        for item in root.iter("li"):
            first = item[0] if len(item) and not has_text(item) else item
            if first.text and first.text.lstrip().startswith(BOX):
                first.text = first.text.lstrip().removeprefix(BOX)
                item.set("class", "check")


def has_text(element: Element) -> bool:
    return bool(element.text and element.text.strip())


def makeExtension(**options: object) -> ChecklistExtension:  # noqa: N802 - Markdown's
    return ChecklistExtension(**options)
