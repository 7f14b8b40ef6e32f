"""Attachments of invoices: files from outside, under names from inside.

Nothing that the client says about its file is believed. The name is only shown
again, the type is what the first bytes say, and the size is counted.
"""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import (
    APIRouter,
    File,
    HTTPException,
    Request,
    Response,
    UploadFile,
)
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ..architecture_patterns.request_session import RequestSession
from ..code_style.errors import NotFoundError
from ..database_patterns.models import InvoiceRow
from ..domain_driven_design.persistence import Base
from .file_store import FileStore
from .problem_details import problem_responses

LARGEST = 10_000_000  # bytes
CHUNK = 64 * 1024
SIGNATURES: Mapping[bytes, str] = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
# FastAPI says `contentMediaType` of it; generators of clients look for this.
Upload = Annotated[UploadFile, File(json_schema_extra={"format": "binary"})]


class AttachmentRow(Base):
    """What is known of a file; the store has it under the id."""

    __tablename__ = "attachments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID] = mapped_column(
        ForeignKey("invoices.id", name="fk_attachments_invoice"), index=True
    )
    file_name: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]


class AttachmentView(BaseModel):
    """An attachment as clients see it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    file_name: str
    media_type: str
    size: int
    sha256: str


def media_type_of(head: bytes) -> str | None:
    """By its first bytes, which say nothing of the rest; None if not taken."""
    for signature, media_type in SIGNATURES.items():
        if head.startswith(signature):
            return media_type
    return None


def shown_name(name: str | None) -> str:
    """The last part of a path, without what is invisible; for people only."""
    last = re.split(r"[/\\]", name or "")[-1]
    return "".join(filter(str.isprintable, last))[-100:] or "file"


async def chunks_of(file: UploadFile) -> AsyncIterator[bytes]:
    """Never all of it at once."""
    while chunk := await file.read(CHUNK):
        yield chunk


def attachment_router(store: FileStore) -> APIRouter:
    """The routes, given where files are kept."""
    router = APIRouter(tags=["attachments"])

    @router.post(
        "/invoices/{invoice_id}/attachments",
        status_code=201,
        max_body_size=LARGEST + CHUNK,  # the form around the file
        form_limits={"max_files": 1, "max_fields": 0},
        responses=problem_responses(404, 413, 415),
    )
    async def attach(
        invoice_id: UUID,
        file: Upload,
        session: RequestSession,
        request: Request,
        response: Response,
    ) -> AttachmentView:
        media_type = media_type_of(await file.read(16))
        if media_type is None:
            raise HTTPException(415, "Only PDF, PNG and JPEG")
        await file.seek(0)
        attachment_id = uuid4()
        stored = await store.put(attachment_id.hex, chunks_of(file), LARGEST)
        if await session.get(InvoiceRow, invoice_id) is None:
            raise NotFoundError(f"There is no invoice {invoice_id}")
        row = AttachmentRow(
            id=attachment_id,
            invoice_id=invoice_id,
            file_name=shown_name(file.filename),
            media_type=media_type,
            size=stored.size,
            sha256=stored.sha256,
        )
        session.add(row)
        address = request.url_for("download", attachment_id=attachment_id)
        response.headers["Location"] = address.path
        return AttachmentView.model_validate(row)

    @router.get(
        "/attachments/{attachment_id}",
        response_class=Response,
        responses=problem_responses(404),
    )
    async def download(
        attachment_id: UUID, session: RequestSession
    ) -> Response:
        row = await session.get(AttachmentRow, attachment_id)
        if row is None:
            raise NotFoundError(f"There is no attachment {attachment_id}")
        return store.response(row.id.hex, row.media_type, row.file_name)

    return router
