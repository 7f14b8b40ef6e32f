"""Broken: the role that is needed is a parameter with a default."""

from fastapi import Depends, HTTPException

from .current_user import CurrentUser
from .user_table import Role


async def require_role(user: CurrentUser, role: Role = Role.ADMIN) -> None:
    if user.role is not role:
        raise HTTPException(403, f"This is for the role {role}")


only_admins = Depends(require_role)
