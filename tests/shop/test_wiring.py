"""wiring: settings from the environment."""

import pytest
from sqlalchemy import make_url, text

from snippets.shop.wiring import Settings

URL = "postgresql://ada:secret@db/shop"


def test_a_database_is_all_it_needs():
    settings = Settings.of({"DATABASE_URL": URL})

    assert settings == Settings(make_url(URL))
    assert settings.bus_url == "memory://"


def test_each_driver_gets_the_url_it_understands():
    settings = Settings.of({"DATABASE_URL": "postgres+asyncpg" + URL[10:]})

    assert settings.listening_url == URL
    assert settings.engine().url.drivername == "postgresql+asyncpg"


def test_all_of_it_comes_from_the_environment():
    settings = Settings.of(
        {
            "DATABASE_URL": URL,
            "DEMO_DATA": "1",
            "NATS_URL": "nats://bus",
            "NATS_STREAM": "shop-2",
            "PAYMENT_URL": "http://payments",
        }
    )

    assert settings == Settings(
        make_url(URL), True, "nats://bus", "shop-2", "http://payments"
    )


@pytest.mark.parametrize("environment", [{}, {"DATABASE_URL": ""}])
def test_without_a_database_it_says_what_to_set(environment):
    with pytest.raises(SystemExit, match="Set DATABASE_URL"):
        Settings.of(environment)


async def test_parameters_of_the_url_reach_the_server(postgres_url):
    url = f"{postgres_url}?application_name=shop&sslmode=disable"
    engine = Settings.of({"DATABASE_URL": url}).engine()

    async with engine.connect() as connection:
        name = await connection.scalar(text("show application_name"))
    await engine.dispose()

    assert name == "shop"
