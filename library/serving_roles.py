"""The two children of `library serve`: `python -m library.serving_roles web|jobs PARENT`."""

import sys
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from prometheus_client import multiprocess

from library.app import create_app
from library.kernel import jobs, processes
from library.kernel.db import EXTENSION
from library.serving import GRACE_SECONDS, shared_memory
from library.settings import Settings, load_settings

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
            "worker_tmp_dir": shared_memory(),
            "post_fork": _post_fork,
            "child_exit": _child_exit,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        # Imported in the worker: an application made before the fork would share its database connections.
        from library.wsgi import application  # noqa: PLC0415

        return application


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
