"""The two children of `library serve`: `python -m library.serving_roles web|jobs PARENT`."""

import os
import sys
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from prometheus_client import multiprocess

from library.app import create_app
from library.kernel import jobs, processes
from library.kernel.db import EXTENSION
from library.settings import Settings, load_settings
from library.supervisor import GRACE_SECONDS

STALLED_SECONDS = 60


class _Web(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn with our settings and no configuration file."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        host = self._settings.host
        options = {
            "bind": f"{f'[{host}]' if ':' in host else host}:{self._settings.port}",
            "workers": self._settings.workers,
            "threads": self._settings.threads,
            "worker_class": "gthread",
            "timeout": STALLED_SECONDS,
            "graceful_timeout": GRACE_SECONDS - 5,
            "keepalive": 5,
            "loglevel": "warning",
            "control_socket_disable": True,
            # Only ProxyFix decides whom to believe (LIBRARY_TRUSTED_PROXIES).
            "forwarded_allow_ips": "",
            "worker_tmp_dir": _shared_memory(),
            "post_fork": _post_fork,
            "child_exit": _child_exit,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        # Imported in the worker: an application made before the fork would share its database connections.
        from library.wsgi import application  # noqa: PLC0415

        return application


def _shared_memory() -> str | None:
    """Return a folder in memory for the workers' heartbeats: on a slow disk a stalled write would look like a stall."""
    folder = Path("/dev/shm")  # noqa: S108  the folder is the point; gunicorn makes an unlinked file in it
    return str(folder) if os.access(folder, os.W_OK) else None


def _post_fork(server: Any, worker: Any) -> None:
    del worker
    processes.die_with_parent(server.pid)


def _child_exit(server: Any, worker: Any) -> None:
    del server
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # not annotated there


def run_web(settings: Settings) -> None:
    """Answer requests until SIGTERM.

    An application is made here and thrown away, so that every module is imported once before the workers are forked:
    they start at once and share the memory.
    """
    create_app(settings).extensions[EXTENSION].dispose()
    _Web(settings).run()


def run_jobs(settings: Settings) -> None:
    """Work through outbox and schedule until SIGTERM."""
    stop = processes.stop_on_signals()
    app: Flask = create_app(settings)
    with app.app_context():
        jobs.run(stop)


def main(role: str, parent: str) -> None:
    """Run one role as a child of the process `parent`."""
    processes.die_with_parent(int(parent))
    {"web": run_web, "jobs": run_jobs}[role](load_settings())


if __name__ == "__main__":
    main(*sys.argv[1:])
