"""Restores frames on the workers of a Dask cluster, with the command dipkit.

Only paths travel: a frame is read and its result written where the worker runs, in folders that all of them see.

    from dask.distributed import Client
    import dipkit_dask

    client = Client("scheduler:8786")
    client.upload_file("dipkit_dask.py")
    for path in dipkit_dask.restore_all(client, frames, "DONE", flags=["--threads", "2"]):
        print(path)
"""

import subprocess
import time
from pathlib import Path

LOOK_EVERY_SECONDS = 5


def restore(frame, output_dir, task="denoise", flags=(), command="dipkit"):
    """Restores one frame and returns the path of its result. Where it is there already, or another worker restores the
    frame, as the command of a worker that was killed still may, nothing is done twice."""
    result = Path(output_dir) / Path(frame).name
    arguments = [command, task, str(frame), "--output-dir", str(output_dir), "--resume", "--quiet", *flags]
    while True:
        ended = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if ended.returncode != 0:
            raise RuntimeError(f"{frame}: dipkit ended with status {ended.returncode}: {ended.stderr.strip()}")
        if result.exists():
            return str(result)
        # Another worker has claimed it.
        time.sleep(LOOK_EVERY_SECONDS)


def restore_all(client, frames, output_dir, task="denoise", flags=(), command="dipkit", retries=5):
    """Restores frames on the workers of `client`; yields the path of each result as it is finished. A frame that fails is
    given to a worker `retries` times more."""
    from dask.distributed import as_completed  # workers do without

    settings = {"output_dir": str(output_dir), "task": task, "flags": tuple(flags), "command": command}
    # Dask keeps results of pure functions, and takes the same arguments for the same result.
    futures = client.map(restore, [str(frame) for frame in frames], pure=False, retries=retries, **settings)
    for future in as_completed(futures):
        yield future.result()
