"""The fake provider behind TLS with a certificate that is valid, or is not, or that never comes.

``python -m tests.faults.tls_server KIND FOLDER`` prints its ports as JSON. FOLDER gets the authority's
certificate (``ca.pem``), the ledger, and every byte that clients sent before and after TLS took over.
"""

import asyncio
import json
import ssl
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

from scramblebench.testing.fake_provider import FakeProviderServer
from scramblebench.testing.fake_provider.http import Connection, Connections, Reply, Request

HOST = "localhost"


def make_context(kind: str, folder: Path) -> ssl.SSLContext:
    """Return a server's context; its authority, or for self-signed another one, is in ``ca.pem``."""
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    name = "elsewhere.example" if kind == "wrong-host" else HOST
    ended = datetime.now(UTC) - timedelta(days=1) if kind == "expired" else None
    began = datetime.now(UTC) - timedelta(days=9)
    issuer = stranger if kind == "self-signed" else authority
    certificate = issuer.issue_cert(name, not_before=began, not_after=ended)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def main(kind: str, folder: Path) -> None:
    """Serve until the input ends."""
    async with FakeProviderServer(ledger_path=folder / "tls.jsonl") as provider:

        def answer(request: Request) -> Reply:
            with (folder / "decrypted").open("ab") as file:
                file.write(f"{request.method} {request.path} {request.headers}\n".encode())
            return provider.reply_to(request)

        connections = Connections(answer)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Connection(connections), "127.0.0.1", 0, ssl=make_context(kind, folder)
        )
        inner_port = server.sockets[0].getsockname()[1]
        tap = await asyncio.start_server(
            lambda reader, writer: _tap(
                reader, writer, None if kind == "stalled" else inner_port, folder / "raw"
            ),
            "127.0.0.1",
            0,
        )
        ports = {"port": tap.sockets[0].getsockname()[1], "plain_url": provider.url}
        print(json.dumps(ports), flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def _tap(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, inner_port: int | None, path: Path
) -> None:
    """Pass bytes on and write down the client's; without an inner port, only write them down."""
    with path.open("ab", buffering=0) as raw:
        if inner_port is None:
            while data := await reader.read(65536):
                raw.write(data)
            return
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", inner_port)

        async def forward() -> None:
            while data := await reader.read(65536):
                raw.write(data)
                inner_writer.write(data)
            inner_writer.write_eof()

        async def backward() -> None:
            while data := await inner_reader.read(65536):
                writer.write(data)
            writer.close()

        await asyncio.gather(forward(), backward(), return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
