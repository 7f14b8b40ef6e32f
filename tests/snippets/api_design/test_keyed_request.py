"""A keyed request runs once; what failed runs again."""

import pytest

from snippets.api_design.keyed_request import Answer, KeyedRequest, once

REQUEST = KeyedRequest("ann", "POST /orders", "8e03978e-40d5", b"hash")
CREATED = Answer(201, {}, b"{}")


class Remembered:
    """Fits the port `Answers`."""

    def __init__(self):
        self.answers = {}

    async def find(self, request):
        return self.answers.get(request)

    async def add(self, request, answer):
        self.answers[request] = answer


async def test_the_second_time_gets_the_answer_of_the_first():
    answers, ran = Remembered(), []

    async def effect():
        ran.append(True)
        return CREATED

    given = [await once(answers, REQUEST, effect) for _ in range(2)]

    assert given == [CREATED, CREATED]
    assert len(ran) == 1


async def test_an_effect_that_raises_has_no_answer():
    answers = Remembered()

    async def effect():
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await once(answers, REQUEST, effect)

    assert answers.answers == {}
