"""What a running Quarterdeck needs, whoever runs it: settings, the lock, room on the disk, alerts, progress.

Belongs here: what both the orchestration and the command use and what knows of neither. It imports only ingest/.
"""

__version__ = "1.0.0"
