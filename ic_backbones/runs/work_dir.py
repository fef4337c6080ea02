"""The checkpoints that a run has left in its work dir."""

from pathlib import Path


def last_checkpoint(work_dir: str | Path) -> str | None:
    """The checkpoint to resume from: the last that was written whole, if it still exists."""
    note = Path(work_dir) / 'last_checkpoint'
    if not note.is_file():
        return None
    # The note holds the path at the time of writing: a work dir that was moved or copied goes on
    # from its own files. Only a CheckpointHook with an out_dir has written elsewhere.
    written = Path(note.read_text().strip())
    for path in (note.parent / written.name, written):
        if path.is_file():
            return str(path)
    return None
