"""What the embedded server is told at each start, and the roles it serves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ROLES = ("owner", "app", "portal", "sequencer", "eraser", "auditor")
BY_PASSWORD = tuple(f"amana_{role}" for role in ROLES if role != "owner")
DATABASE = "amana"
CLUSTER_ROLE = "amana_cluster"  # the superuser; used in this folder and nowhere else
ROLES_SQL = Path(__file__).resolve().parents[2] / "deploy" / "postgres" / "roles.sql"

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    # A testimony is acknowledged when it is on the disk, and not before.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "data_sync_retry": "off",
    # An old WAL file is removed, not kept to be written over: it holds keys of cases that were destroyed.
    "wal_recycle": "off",
    # PostgreSQL's log must hold no value of a row (K04). Terse drops DETAIL, panic drops the
    # statement; but the first line of a failed cast still names the value, so errors of
    # statements are not logged at all: "log" ranks above "error". They reach the caller.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_statement": "none",
    "log_lock_waits": "off",
    "log_connections": "off",
    "log_disconnections": "off",
    "log_checkpoints": "off",
    "log_autovacuum_min_duration": "-1",
    "log_temp_files": "-1",
}
