"""The history: it can be walked both ways, and leads to the models."""

import pytest
from sqlalchemy import MetaData, create_engine

from snippets.database_patterns.delivery_addresses import DeliveryAddressRow
from snippets.database_patterns.migration_stairway import stairway
from snippets.database_patterns.schema_catalog import drift
from tests.snippets.database_patterns.migrating import ADDRESSES, History

REVISIONS = (
    "r0001_delivery_addresses",
    "r0002_country",
    "r0003_validate_recipient",
    "r0004_unique_label",
    "r0005_expand_postal_code",
    "r0006_require_postal_code",
    "r0007_postal_code_not_null",
    "r0008_contract_zip",
)


@pytest.fixture
def history(postgres_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    return History(postgres_url)


def test_each_revision_goes_up_down_and_up(history):
    stairway(history.config, history.schema)
    assert history.revision == ["0008"]
    there = {path.stem for path in history.folder.glob("versions/r*.py")}
    assert there == {*REVISIONS}


def test_the_history_leads_to_the_models(history):
    history.upgrade()
    models = MetaData()
    DeliveryAddressRow.__table__.to_metadata(models)
    engine = create_engine(
        history.url.replace("postgresql:", "postgresql+psycopg:")
    )
    with engine.connect() as connection:
        assert drift(connection, models) == []
    engine.dispose()


def test_there_and_back_no_value_is_lost(history):
    history.upgrade("0004")
    history.sql(ADDRESSES, 5)
    wanted = history.sql("select zip from delivery_addresses order by id")
    history.upgrade("0005")
    history.sql("update delivery_addresses set postal_code = zip")
    history.upgrade()
    codes = "select postal_code from delivery_addresses order by id"
    assert history.sql(codes) == wanted
    history.downgrade("0004")
    zips = "select zip from delivery_addresses order by id"
    assert history.sql(zips) == wanted


@pytest.mark.parametrize(
    ("before", "after"), [("0001", "0003"), ("0004", "0006"), ("0006", "0008")]
)
def test_no_revision_writes_the_table_anew(history, before, after):
    file = "select pg_relation_filenode('delivery_addresses')"
    history.upgrade(before)
    history.sql(ADDRESSES, 5)
    if before == "0006":
        history.sql("update delivery_addresses set postal_code = zip")
    was = history.sql(file)
    history.upgrade(after)
    assert history.sql(file) == was


def test_the_address_has_a_country_and_needs_a_recipient(history):
    history.upgrade("0001")
    history.sql(ADDRESSES, 2)
    history.upgrade("0003")
    assert history.sql("select distinct country from delivery_addresses") == [
        "DE"
    ]
    with pytest.raises(Exception, match="ck_delivery_addresses_recipient"):
        history.sql("update delivery_addresses set recipient = ''")


def test_an_empty_recipient_of_before_stops_the_validation_alone(history):
    history.upgrade("0001")
    history.sql(ADDRESSES, 2)
    history.sql("update delivery_addresses set recipient = '' where id = 1")
    with pytest.raises(Exception, match="violated by some row"):
        history.upgrade("0003")
    assert history.revision == ["0002"]
