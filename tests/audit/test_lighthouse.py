"""Lighthouse's view of the readers' pages on a phone; it comes from the npm registry, so it is part of the audit only.

Accessibility, good practice, layout shift and weight are gates. Speed depends on the machine and is printed.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Served

pytestmark = pytest.mark.audit
LIGHTHOUSE = "lighthouse@12.8.2"
CHROMIUM = "/usr/bin/chromium"
PAGES = ("/", "/s?q=xiaomai", "/b/1", "/new")
MOST_BYTES = 25_000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The sample county, served as a county would."""
    if shutil.which("npm") is None or not Path(CHROMIUM).exists():
        pytest.skip("Lighthouse needs npm and Chromium")
    folder = tmp_path_factory.mktemp("lighthouse")
    server = Served(f"sqlite:///{folder / 'county.sqlite'}", folder)
    library = str(Path(sys.executable).parent / "library")
    for command in (["db", "upgrade"], ["demo"]):
        subprocess.run([library, *command], env=server.environment(), check=True, capture_output=True)
    server.start()
    yield server
    server.stop()


def _report(address: str, folder: Path) -> dict[str, Any]:
    path = folder / "report.json"
    command = ["npm", "exec", "--yes", "--", LIGHTHOUSE, address, "--quiet", "--output=json", f"--output-path={path}"]
    flags = "--chrome-flags=--headless=new --no-sandbox --disable-gpu"
    subprocess.run([*command, flags], env={**os.environ, "CHROME_PATH": CHROMIUM}, check=True, capture_output=True)
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


@pytest.mark.parametrize("page", PAGES)
def test_a_cheap_phone_gets_a_light_and_open_page(
    served: Served, page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = _report(f"{served.address}{page}", tmp_path)
    scores = {name: round(100 * category["score"]) for name, category in report["categories"].items()}
    audits = report["audits"]
    weight = audits["total-byte-weight"]["numericValue"]
    with capsys.disabled():
        largest = audits["largest-contentful-paint"]["numericValue"]
        sys.stdout.write(f"\n{page}: {scores}, {weight:.0f} bytes, largest paint after {largest:.0f} ms\n")
    assert scores["accessibility"] == 100
    assert scores["best-practices"] >= 95
    assert audits["cumulative-layout-shift"]["numericValue"] <= 0.02
    assert weight <= MOST_BYTES
