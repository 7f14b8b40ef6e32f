"""Every server that a test may ask for."""

from servers.nats import NatsServer
from servers.postgres import PostgresServer
from servers.rabbitmq import RabbitmqServer
from servers.server import Server
from servers.temporal import TemporalServer
from servers.valkey import ValkeyServer

SERVERS: tuple[type[Server], ...] = (
    PostgresServer,
    ValkeyServer,
    NatsServer,
    RabbitmqServer,
    TemporalServer,
)
