"""wiring: settings from the environment."""

import pytest

from snippets.shop.wiring import Settings

URL = "postgresql://ada:secret@db/shop"


def test_a_database_is_all_it_needs():
    settings = Settings.of({"DATABASE_URL": URL})

    assert settings == Settings(URL)
    assert settings.bus_url == "memory://"


def test_the_password_is_in_no_log_of_the_settings():
    settings = Settings(
        URL,
        bus_url="nats://shop:secret@bus",
        payment_url="https://shop:secret@payments",
    )
    assert "secret" not in repr(settings)


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
        URL, True, "nats://bus", "shop-2", "http://payments"
    )


@pytest.mark.parametrize("environment", [{}, {"DATABASE_URL": ""}])
def test_without_a_database_it_says_what_to_set(environment):
    with pytest.raises(SystemExit, match="Set DATABASE_URL"):
        Settings.of(environment)


@pytest.mark.parametrize("url", ["mysql://db/shop", f"{URL}?pgbouncer=true"])
def test_a_database_that_no_driver_can_read_stops_the_start(url):
    with pytest.raises(SystemExit, match="DATABASE_URL: ") as stop:
        Settings.of({"DATABASE_URL": url})

    assert "secret" not in str(stop.value)
