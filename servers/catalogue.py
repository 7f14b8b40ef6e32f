"""Every server that a test may ask for."""

from servers.nats import NatsServer
from servers.pgbouncer import PgbouncerServer
from servers.postgres import PostgresServer
from servers.rabbitmq import RabbitmqServer
from servers.server import Server
from servers.temporal import TemporalServer
from servers.valkey import ValkeyServer

# One that stands before another comes after it.
SERVERS: tuple[type[Server], ...] = (
    PostgresServer,
    PgbouncerServer,
    ValkeyServer,
    NatsServer,
    RabbitmqServer,
    TemporalServer,
)
