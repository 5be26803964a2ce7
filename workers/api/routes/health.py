"""Whether this process serves."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Whether this process answers")
def healthz() -> dict[str, str]:
    """Needs no key and asks nobody else."""
    return {"status": "ok"}
