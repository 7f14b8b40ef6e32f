"""Publishing to JetStream what the server takes, headers included."""

from nats.aio.client import Client
from nats.errors import MaxPayloadError


async def publish_once(
    client: Client, subject: str, body: bytes, message_id: str
) -> None:
    """Return when the stream has stored it.

    JetStream confirms and drops an id that it has seen in the last two minutes.
    The server's ``max_payload`` counts headers too. nats-py (2.16) compares the
    body alone: the server then ends the connection, and nats-py the client.

    Raises:
        nats.errors.MaxPayloadError: it is too large, and was not sent.
        nats.errors.Error: it may not be stored.
    """
    headers = f"NATS/1.0\r\nNats-Msg-Id: {message_id}\r\n\r\n"
    if len(headers.encode()) + len(body) > client.max_payload:
        raise MaxPayloadError
    await client.jetstream().publish(
        subject, body, headers={"Nats-Msg-Id": message_id}
    )
