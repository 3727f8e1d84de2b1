#!/usr/bin/env python3
"""The locked packages as a CycloneDX 1.6 document: `sbom.py requirements.lock`. The same lock file
gives the same document, byte for byte."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import uuid
from pathlib import Path
from typing import Any

PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def bill(lock: str) -> dict[str, Any]:
    """The document of a lock file's text."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, _sha256(lock))}",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "tollwright"}},
        "components": [_component(*one) for one in packages(lock)],
    }


def packages(lock: str) -> list[tuple[str, str, list[str]]]:
    """Name, version and the hashes of the files that may be installed."""
    found: list[tuple[str, str, list[str]]] = []
    for line in lock.splitlines():
        named = PACKAGE.match(line)
        if named:
            found.append((named[1].lower(), named[2], []))
        elif found:
            found[-1][2].extend(HASH.findall(line))
    return found


def _component(name: str, version: str, hashes: list[str]) -> dict[str, Any]:
    purl = f"pkg:pypi/{re.sub('[-_.]+', '-', name)}@{version}"
    files = [
        {"type": "distribution", "url": f"https://pypi.org/project/{name}/{version}/",
         "hashes": [{"alg": "SHA-256", "content": one}]}
        for one in hashes
    ]  # fmt: skip
    return {
        "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
        "externalReferences": files,
    }  # fmt: skip


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    json.dump(bill(Path(sys.argv[1]).read_text()), sys.stdout, indent=1)
    print()
