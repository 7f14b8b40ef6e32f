"""Attachments: hostile names, wrong types, too large, and back again."""

from hashlib import sha256
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from snippets.api_design import attachments, attachments_broken
from snippets.api_design.attachments import (
    CHUNK,
    LARGEST,
    media_type_of,
    shown_name,
)
from snippets.api_design.file_store import DiskStore, StoredFile
from snippets.database_patterns.models import BuyerRow, InvoiceRow
from tests.support.twins import fix_and_twin

PDF = b"%PDF-1.7\n"
OUTSIDE = "A file name with ../ in it writes wherever the service may."
ONE_FILE = "Two buyers upload scan.pdf, and the second replaces the first."


@pytest.fixture
async def invoice(engine):
    async with AsyncSession(engine) as session, session.begin():
        buyer = BuyerRow(email="ann@example.com", name="Ann")
        session.add(buyer)
        await session.flush()
        row = InvoiceRow(buyer_id=buyer.id, currency="EUR", total=7)
        session.add(row)
        await session.flush()
        return row.id


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "attachments"
    folder.mkdir()
    return folder


@pytest.fixture
def files(tmp_path):
    """All there are, below the folder's parent: path and content."""

    def files():
        return {
            str(path.relative_to(tmp_path)): path.read_bytes()
            for path in tmp_path.rglob("*")
            if path.is_file()
        }

    return files


@pytest.fixture
def start(serve, folder):
    """``await start()`` gives a client of the fix, or of its twin."""
    routers = {
        "fix": attachments.attachment_router(DiskStore(folder)),
        "broken": attachments_broken.attachment_router(folder),
    }

    async def start(way="fix"):
        return await serve(routers[way])

    return start


async def upload(client, invoice_id, name="scan.pdf", content=PDF, **options):
    form = {"file": (name, content, *options.values())}
    return await client.post(f"/invoices/{invoice_id}/attachments", files=form)


@fix_and_twin("way", "fix", "broken", OUTSIDE)
async def test_a_name_is_not_a_path(start, way, invoice, files, tmp_path):
    client = await start(way)
    for name in ("../authorized_keys", str(tmp_path / "authorized_keys")):
        response = await upload(client, invoice, name)
        assert response.status_code == 201
        assert response.json()["file_name"] == "authorized_keys"
        assert all(path.startswith("attachments/") for path in files())


@fix_and_twin("way", "fix", "broken", ONE_FILE)
async def test_two_files_of_one_name_are_two(start, way, invoice, files):
    client = await start(way)
    for content in (PDF + b"one", PDF + b"two"):
        assert (await upload(client, invoice, content=content)).is_success
    assert sorted(files().values()) == [PDF + b"one", PDF + b"two"]


@pytest.mark.parametrize("way", ["fix", "broken"])
async def test_a_usual_name_is_kept(start, way, invoice, files):
    response = await upload(await start(way), invoice)
    assert response.status_code == 201
    assert response.json()["file_name"] == "scan.pdf"
    assert [*files().values()] == [PDF]


async def test_what_was_attached_is_downloaded_as_it_was(start, invoice, files):
    client = await start()
    content = PDF + b"\0\r\n" * CHUNK
    response = await upload(client, invoice, "Rechnung ñ.pdf", content)
    said = response.json()
    assert said == {
        "id": said["id"],
        "file_name": "Rechnung ñ.pdf",
        "media_type": "application/pdf",
        "size": len(content),
        "sha256": sha256(content).hexdigest(),
    }
    assert response.headers["Location"] == f"/attachments/{said['id']}"

    download = await client.get(response.headers["Location"])
    assert download.content == content
    assert download.headers["Content-Type"] == "application/pdf"
    assert download.headers["X-Content-Type-Options"] == "nosniff"
    assert download.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''Rechnung%20%C3%B1.pdf"
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("scan.pdf", "scan.pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\ann\scan.pdf", "scan.pdf"),
        ("a\0b\r\nX: y\ud800.pdf", "abX: y.pdf"),
        ("scan\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe", "scanfdp.exe"),
        ("x" * 5000 + ".pdf", "x" * 96 + ".pdf"),
        ("..", ".."),
        ("folder/", "file"),
        ("\n", "file"),
        ("", "file"),
        (None, "file"),
    ],
)
def test_a_name_is_for_people(name, shown):
    assert shown_name(name) == shown


async def test_a_hostile_name_does_no_harm(start, invoice, files):
    """As bytes, since no client would send it."""
    client = await start()
    for name in (b"a\0b.pdf", b"\xff\xfe.pdf", b'a\\".pdf', b"..", b"a;b=c"):
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="'
        body = head + name + b'"\r\n\r\n' + PDF + b"\r\n--x--\r\n"
        response = await client.post(
            f"/invoices/{invoice}/attachments",
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        assert response.status_code == 201
        location = response.headers["Location"]
        assert (await client.get(location)).content == PDF
    assert {*files().values()} == {PDF}


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"%PDF-1.4", 201),
        (b"\x89PNG\r\n\x1a\n....", 201),
        (b"\xff\xd8\xff\xe0....", 201),
        (b"<script>alert(1)</script>", 415),
        (b"MZ\x90", 415),
        (b" %PDF-1.4", 415),
        (b"%PDF", 415),
        (b"", 415),
    ],
)
async def test_the_first_bytes_say_what_it_is(
    start, invoice, files, content, status
):
    """Not what the client says, which is always the same here."""
    client = await start()
    response = await upload(
        client, invoice, "a.pdf", content, said="application/pdf"
    )
    assert response.status_code == status
    assert len(files()) == (status == 201)
    if status == 201:
        assert response.json()["media_type"] == media_type_of(content)


async def test_a_file_may_be_as_large_as_is_said(start, invoice, files):
    client = await start()
    largest = PDF.ljust(LARGEST, b"x")
    assert (await upload(client, invoice, content=largest)).is_success
    refused = await upload(client, invoice, content=largest + b"x")
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/file-too-large")
    assert len(files()) == 1


async def test_a_form_that_is_too_large_is_refused_as_it_arrives(
    start, invoice, files
):
    client = await start()
    content = PDF.ljust(LARGEST + 2 * CHUNK, b"x")
    assert (await upload(client, invoice, content=content)).status_code == 413
    assert files() == {}


async def test_a_form_has_one_file_and_nothing_else(start, invoice, files):
    client = await start()
    url = f"/invoices/{invoice}/attachments"
    one = ("file", ("a.pdf", PDF))
    two = await client.post(url, files=[one, one])
    more = await client.post(url, files=[one], data={"note": "paid"})
    assert (two.status_code, more.status_code) == (400, 400)
    for body in (b"", b"garbage", b"--x\r\n", b'--x\r\nA: "\r\n\r\n--x--'):
        wrong = await client.post(
            url,
            content=body,
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )
        assert wrong.status_code in (400, 422)
    assert files() == {}


async def test_what_has_no_invoice_or_is_not_there_is_a_404(start, engine):
    client = await start()
    assert (await upload(client, uuid4())).status_code == 404
    assert (await client.get(f"/attachments/{uuid4()}")).status_code == 404
    async with engine.connect() as connection:
        rows = await connection.scalar(text("select count(*) from attachments"))
    assert rows == 0


async def test_a_store_is_given_chunks(serve, invoice):
    sizes = []

    class Recording:
        async def put(self, name, chunks, limit):
            sizes.extend([len(chunk) async for chunk in chunks])
            return StoredFile(sum(sizes), "")

    client = await serve(attachments.attachment_router(Recording()))
    content = PDF.ljust(40 * CHUNK + 1, b"x")
    assert (await upload(client, invoice, content=content)).is_success
    assert sizes == [CHUNK] * 40 + [1]


async def test_under_any_prefix_the_address_leads_there(serve, folder, invoice):
    app = FastAPI()
    app.include_router(
        attachments.attachment_router(DiskStore(folder)), prefix="/v1"
    )
    client = await serve(app)
    answer = await client.post(
        f"/v1/invoices/{invoice}/attachments", files={"file": ("a.pdf", PDF)}
    )
    download = await client.get(answer.headers["Location"])
    assert download.content == PDF
