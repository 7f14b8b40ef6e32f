"""A report of a green run of the small project."""

import pytest

from guide.evidence.report import Evidence, topic_digest


@pytest.fixture
def evidence(project):
    return Evidence(
        finished="",
        commit="",
        python="",
        green=True,
        servers={},
        topics={"pricing": topic_digest("pricing", project.root)},
        tests={},
        modules={},
    )
