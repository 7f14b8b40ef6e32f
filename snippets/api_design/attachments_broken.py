"""Broken: the client says where its file goes, and all of it is in memory."""

from pathlib import Path
from uuid import UUID

from fastapi import APIRouter, UploadFile


def attachment_router(folder: Path) -> APIRouter:
    router = APIRouter()

    @router.post("/invoices/{invoice_id}/attachments", status_code=201)
    async def attach(invoice_id: UUID, file: UploadFile) -> dict[str, str]:
        content = await file.read()
        path = folder / str(file.filename)
        path.write_bytes(content)
        return {"file_name": path.name}

    return router
