"""Where an installation keeps its keys: in files, or in a hardware module."""

from __future__ import annotations

from typing import Literal

from app.keyholders.manager import FileKeyManager, InstalledKeys
from app.settings import Settings

Purpose = Literal["staff", "log"]


def open_keys(settings: Settings, purpose: Purpose) -> InstalledKeys:
    """The keys of one purpose; raises CannotStart and changes nothing."""
    if settings.hsm:
        # Loaded where it is used alone: it brings a library of its own.
        from app.keyholders.hardware import HardwareKeyManager

        module, token = settings.hsm_token(purpose)
        return HardwareKeyManager.open(module, token, settings.unlock_path)
    return FileKeyManager.open(settings.keys_folder / f"{purpose}.key", settings.unlock_path)


def make_keys(settings: Settings, purpose: Purpose, *names: str) -> InstalledKeys:
    """Draw the keys of one purpose; raises CannotStart where there are keys already."""
    if settings.hsm:
        from app.keyholders.hardware import HardwareKeyManager

        module, token = settings.hsm_token(purpose)
        return HardwareKeyManager.make(module, token, settings.unlock_path, *names)
    return FileKeyManager.make(settings.keys_folder / f"{purpose}.key", settings.unlock_path, *names)
