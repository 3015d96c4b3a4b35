"""A Slurm cluster of this machine alone: Debian's daemons, with all of their files in one folder and ports of their own, so
that any user can run it and another cluster on this machine is left alone."""

import getpass
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from frames import commands, kill, wait_for

NODE = "worker"
CPUS = 3  # so many tasks run at once, on however many cores
FORGETS_SECONDS = 6
WRITES_SECONDS = 6  # after a change, the controller has written the queue

CONFIGURATION = """\
ClusterName=dipkit
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmctldPort={controller_port}
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdPidFile={folder}/slurmd.pid
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
# No systemd, no control groups, no data base.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1
ReturnToService=2
KillWait=5
# A node that died is found out soon.
SlurmdTimeout=10
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={node_port} CPUs={cpus}
PartitionName=all Nodes={node} Default=YES MaxTime=INFINITE
"""


class Cluster:
    """The running cluster. Its commands are Slurm's own."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for part in ("state", "spool"):
            (self.folder / part).mkdir(parents=True)
        self.configuration = self.folder / "slurm.conf"
        ports = free_ports(2)
        self.configuration.write_text(CONFIGURATION.format(
            host=socket.gethostname().split(".")[0], user=getpass.getuser(), folder=self.folder, node=NODE, cpus=CPUS,
            controller_port=ports[0], node_port=ports[1],
        ))
        self.waiting = {}  # tasks that were requeued, and since when
        self.environment = {**os.environ, "SLURM_CONF": str(self.configuration)}
        self.start_munge()
        self.start_controller()
        self.start_node()
        wait_for("an idle node", lambda: self.ask("sinfo", "--noheader", "--format=%T") == "idle")

    def start_munge(self):
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        files = {"key-file": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        # By force: its folder is one for temporary files.
        options = [f"--{option}={self.folder}/munge.{name}" for option, name in files.items()]
        subprocess.run(["/usr/sbin/munged", "--force", *options], check=True, capture_output=True)

    def start_controller(self):
        self.start("/usr/sbin/slurmctld", "-f", self.configuration)

    def start_node(self):
        self.start("/usr/sbin/slurmd", "-N", NODE, "-f", self.configuration)

    def start(self, *command):
        # A daemon must not inherit the pipe that somebody reads to its end.
        subprocess.run(command, env=self.environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def restart_controller(self, with_signal=signal.SIGTERM):
        """The controller goes down and comes back. One that is killed forgets what it has started in the last seconds, and
        cannot start it again then without an administrator."""
        self.end_daemon("slurmctld", with_signal)
        self.start_controller()

    def kill_node(self, workers):
        """The node goes down with all that runs on it, and comes back."""
        self.end_daemon("slurmd", signal.SIGKILL)
        for process, words in commands():
            if words[0].startswith("slurmstepd: ") or str(self.folder / "spool") in " ".join(words):
                if self.is_ours(process):
                    kill(process, signal.SIGKILL)
        for process in workers():
            kill(process, signal.SIGKILL)
        # The controller would find out within minutes, from several signs.
        down = ["scontrol", "update", f"NodeName={NODE}", "State=DOWN", "Reason=killed"]
        wait_for("the controller", lambda: subprocess.run(down, env=self.environment, capture_output=True).returncode == 0)
        self.start_node()

    def is_ours(self, process):
        try:
            files = [os.readlink(file) for file in Path(f"/proc/{process}/fd").iterdir()]
        except OSError:
            return False
        return any(file.startswith(str(self.folder)) for file in files)

    def end_daemon(self, name, with_signal):
        process = int((self.folder / f"{name}.pid").read_text())
        kill(process, with_signal)
        wait_for(f"the end of {name}", lambda: not runs(process))

    def ask(self, *command):
        """What a command of Slurm says; nothing while the controller is away."""
        ended = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        return ended.stdout.strip() if ended.returncode == 0 else ""

    def submit(self, *arguments):
        return wait_for("a submission", lambda: self.ask("sbatch", "--parsable", *map(str, arguments)))

    def tasks(self):
        """The job number of each task that is not done and why it waits; None while the controller is away."""
        ended = subprocess.run(["squeue", "--noheader", "--array", "--format=%A %r"], env=self.environment,
                               capture_output=True, text=True)
        if ended.returncode != 0:
            return None
        return dict(line.split(" ", 1) for line in ended.stdout.splitlines())

    def hurry(self):
        """Slurm lets two minutes pass before a task that was requeued starts again, so that its node has forgotten it by
        then: it takes one out of service that has not. Here a few seconds do."""
        now = time.monotonic()
        waiting = [task for task, reason in (self.tasks() or {}).items() if reason == "BeginTime"]
        self.waiting = {task: self.waiting.get(task, now) for task in waiting}
        for task, since in self.waiting.items():
            if now - since > FORGETS_SECONDS:
                self.ask("scontrol", "update", f"JobId={task}", "StartTime=now")
        if self.ask("sinfo", "--noheader", "--format=%T").startswith(("drain", "down")):
            self.ask("scontrol", "update", f"NodeName={NODE}", "State=RESUME")

    def is_done(self):
        self.hurry()
        return self.tasks() == {}

    def said(self):
        """What there is to know when something went wrong."""
        logs = [(self.folder / f"{name}.log").read_text(errors="replace")[-4000:] for name in ("slurmctld", "slurmd")]
        return "\n".join([self.ask("squeue"), self.ask("sinfo", "--long"), *logs])

    def end(self):
        """Ends it as its administrator would; run ends what this leaves."""
        self.ask("scancel", "--user", getpass.getuser())
        for name in ("slurmd", "slurmctld", "munge"):
            kill(int((self.folder / f"{name}.pid").read_text()), signal.SIGTERM)


def runs(process):
    """Whether more is left of a process than a status that nobody has asked for."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def free_ports(number):
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports
