"""Telling somebody outside that a refresh failed: one JSON document to one address."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from typing import Any

_TIMEOUT_SECONDS = 10


class AlertError(Exception):
    """The address did not take the message."""


def root_sentence(error: Any) -> str:
    """The sentence at the root of an error as Dagster keeps it (class name, message, cause); empty without one."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return ""
    return re.sub(rf"^[\w.]*{re.escape(error.cls_name or '')}: ", "", error.message.strip())


def post_failure(url: str, *, job: str, run_id: str, step: str | None, reason: str) -> None:
    """POST `{text, job, run_id, step, reason}`; `text` alone is what chat tools show. AlertError when it fails."""
    where = f" in {step}" if step else ""
    message = {
        "text": f"Quarterdeck: {job} failed{where}. {reason}",
        "job": job,
        "run_id": run_id,
        "step": step,
        "reason": reason,
    }
    request = urllib.request.Request(
        url, data=json.dumps(message).encode(), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS):
            return
    except (urllib.error.URLError, ValueError, OSError) as error:
        raise AlertError(f"The failure could not be posted to QUARTERDECK_WEBHOOK_URL: {error}") from error
