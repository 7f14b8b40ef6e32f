"""A TCP proxy before a server, which can cut all its connections."""

import asyncio


class Proxy:
    """``url`` is the server's, by way of the proxy."""

    def __init__(self, url):
        self._scheme, _, rest = url.partition("://")
        self._user, _, address = rest.rpartition("@")
        address, self._slash, self._path = address.partition("/")
        self._host, _, port = address.partition(":")
        self._port = int(port)
        self._writers, self._connections = set(), set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        user = f"{self._user}@" if self._user else ""
        self.url = (
            f"{self._scheme}://{user}127.0.0.1:{port}{self._slash}{self._path}"
        )
        return self

    async def __aexit__(self, *_):
        self.refuse()
        await asyncio.gather(*self._connections)

    def cut(self):
        for writer in self._writers:
            writer.transport.abort()

    def refuse(self):
        """Cut, and accept no more."""
        self._server.close()
        self.cut()

    async def _forward(self, reader, writer):
        self._connections.add(asyncio.current_task())
        writers = {writer}
        self._writers.add(writer)  # it may be cut before the server answers
        try:
            back_reader, back_writer = await asyncio.open_connection(
                self._host, self._port
            )
            writers.add(back_writer)
            self._writers.add(back_writer)
            await asyncio.gather(
                self._pump(reader, back_writer),
                self._pump(back_reader, writer),
            )
        except OSError:
            pass
        finally:
            for each in writers:
                each.close()
            self._writers -= writers

    async def _pump(self, reader, writer):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()
