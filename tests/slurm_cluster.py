"""A real SLURM of three nodes with two GPUs each, all on this machine, for the tests.

Own configuration, own authentication, own ports: a SLURM that the machine may have is neither asked nor touched. The
GPUs are device files without a device, which is all that SLURM counts; programs find no GPU driver and compute on CPUs.
Only the commands in `bin` know this cluster; each calls the installed command of its name. They are needed because the
SLURM plugin of Snakemake takes SLURM_CONF out of the environment of a job.
"""

import getpass
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

CLIENTS = ("sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo", "sacct", "sacctmgr", "sshare")
DAEMONS = ("munged", "slurmctld", "slurmd")
NODES = ("node1", "node2", "node3")
GPUS_PER_NODE = 2
CPUS_PER_NODE = 64
MEMORY_PER_NODE = 900_000

CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=10
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdSpoolDir={folder}/spool.%n
SlurmdPidFile={folder}/%n.pid
SlurmdLogFile={folder}/%n.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=5,sched_interval=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
ReturnToService=2
SlurmdTimeout=20
SlurmctldTimeout=10
KillWait=10
MinJobAge=3600
BatchStartTimeout=60
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
GresTypes=gpu
PlugStackConfig={folder}/plugstack.conf
{nodes}
PartitionName=cpu Nodes=ALL Default=YES MaxTime=7-00:00:00 State=UP PriorityTier=10
PartitionName=gpu Nodes=ALL MaxTime=7-00:00:00 State=UP PriorityTier=10
PartitionName=steady Nodes=node[1-2] MaxTime=7-00:00:00 State=UP PriorityTier=10
PartitionName=steady_gpu Nodes=node[1-2] MaxTime=7-00:00:00 State=UP PriorityTier=10
PartitionName=requeued Nodes=node1 MaxTime=7-00:00:00 State=UP PriorityTier=1 PreemptMode=REQUEUE
PartitionName=cancelled Nodes=node2 MaxTime=7-00:00:00 State=UP PriorityTier=1 PreemptMode=CANCEL
PartitionName=urgent Nodes=ALL MaxTime=7-00:00:00 State=UP PriorityTier=20 PreemptMode=OFF
"""


def missing_programs() -> list[str]:
    """What of SLURM and of its authentication this machine lacks."""
    return [name for name in (*DAEMONS, *CLIENTS) if not _installed(name)]


def _installed(name: str) -> str | None:
    """The full path of an installed command; daemons lie where users have no search path."""
    return shutil.which(
        name, path=os.pathsep.join(["/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"])
    )


@dataclass
class Cluster:
    """A running cluster in a folder; made by `start`, ended by `stop`."""

    folder: Path
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def bin(self) -> Path:
        """Folder with the client commands of this cluster; put it first on PATH."""
        return self.folder / "bin"

    @property
    def environment(self) -> dict[str, str]:
        """The environment for programs that use the cluster."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM", "SBATCH", "SRUN"))}
        return {**clean, "PATH": os.pathsep.join([str(self.bin), clean["PATH"]])}

    def start(self) -> "Cluster":
        """Write the configuration, start all daemons and wait until every node is idle."""
        self.folder.mkdir(parents=True)
        self._write_configuration()
        self._write_clients()
        self._start_munge()
        self.start_controller()
        for node in NODES:
            self.start_node(node)
        self.wait(lambda: self.node_states() == dict.fromkeys(NODES, "idle"), "all nodes are idle")
        return self

    def stop(self) -> None:
        """End the jobs and all daemons of this cluster, by their process ids."""
        if self.alive("slurmctld"):
            self.command("scancel", "--full", "--user", getpass.getuser())
            with suppress(TimeoutError):
                self.wait(lambda: not self.command("squeue", "--noheader"), "no job is left", 30)
        for name in [*NODES, "slurmctld", "munged"]:
            self.end(name, signal.SIGTERM)

    def start_controller(self) -> None:
        """Start `slurmctld`, or start it again with the state that it saved."""
        self._start("slurmctld", "slurmctld", "-D", "-f", str(self._configuration))
        self.wait(lambda: self._run("scontrol", "ping").returncode == 0, "the controller answers")

    def start_node(self, node: str) -> None:
        """Start the daemon of a node."""
        self._start(node, "slurmd", "-D", "-N", node, "-f", str(self._configuration))

    def end(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a daemon (`slurmctld`, `munged` or a node) and wait until it has gone."""
        process = self.processes.pop(name, None)
        if process and process.poll() is None:
            process.send_signal(number)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def alive(self, name: str) -> bool:
        """Whether a daemon runs."""
        return name in self.processes and self.processes[name].poll() is None

    def command(self, *words: str) -> str:
        """What a client command prints. Raises RuntimeError with its words if it fails."""
        result = self._run(*words)
        if result.returncode:
            raise RuntimeError(f"{' '.join(words)} ended with {result.returncode}: {result.stdout}{result.stderr}")
        return result.stdout

    def node_states(self) -> dict[str, str]:
        """The state of each node, as `sinfo` says it."""
        lines = self.command("sinfo", "--noheader", "--Node", "--partition=cpu", "--format=%N %T").splitlines()
        return dict(line.split() for line in lines)

    def jobs(self) -> list[dict[str, str]]:
        """All jobs that the controller remembers, with the fields that `scontrol show job` gives."""
        blocks = self.command("scontrol", "--details", "--oneliner", "show", "job").splitlines()
        return [
            dict(word.split("=", 1) for word in block.split(" ") if "=" in word) for block in blocks if "JobId" in block
        ]

    def wait(self, condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
        """Wait until a condition holds. Raises TimeoutError, with the ends of the daemons' logs."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {seconds} s in vain until {what}\n{self._logs()}")
            time.sleep(0.2)

    @property
    def _configuration(self) -> Path:
        return self.folder / "slurm.conf"

    def _write_configuration(self) -> None:
        for name in ("state", *(f"spool.{node}" for node in NODES)):
            (self.folder / name).mkdir()
        ports = _free_ports(1 + len(NODES))
        nodes = "\n".join(
            f"NodeName={node} NodeHostname={socket.gethostname()} NodeAddr=127.0.0.1 Port={port} CPUs={CPUS_PER_NODE} "
            f"RealMemory={MEMORY_PER_NODE} Gres=gpu:test:{GPUS_PER_NODE} Weight={weight} State=UNKNOWN"
            # The last node is taken first, so that a job which may run on all of them is there.
            for node, port, weight in zip(NODES, ports[1:], (3, 2, 1), strict=True)
        )
        content = CONFIGURATION.format(
            host=socket.gethostname(), controller_port=ports[0], user=getpass.getuser(), folder=self.folder, nodes=nodes
        )
        self._configuration.write_text(content)
        (self.folder / "plugstack.conf").write_text("")
        devices = []
        for number in range(GPUS_PER_NODE):
            device = self.folder / f"gpu{number}"
            # A second /dev/null: SLURM wants a device file, and takes the number of the GPU from its name.
            os.mknod(device, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            devices.append(device)
        names = ",".join(NODES)
        lines = [f"NodeName={names} Name=gpu Type=test File={device}" for device in devices]
        (self.folder / "gres.conf").write_text("\n".join(["AutoDetect=off", *lines]) + "\n")

    def _write_clients(self) -> None:
        self.bin.mkdir()
        for name in CLIENTS:
            program = self.bin / name
            program.write_text(f'#!/bin/sh\nSLURM_CONF={self._configuration} exec {_installed(name)} "$@"\n')
            program.chmod(0o755)

    def _start_munge(self) -> None:
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        self._start(
            "munged",
            *("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={self.folder}/munge.socket"),
            *(f"--pid-file={self.folder}/munge.pid", f"--seed-file={self.folder}/munge.seed"),
            *(f"--log-file={self.folder}/munge.log", "--num-threads=2"),
        )
        self.wait(lambda: (self.folder / "munge.socket").exists(), "munge listens")

    def _start(self, name: str, program: str, *arguments: str) -> None:
        with (self.folder / f"{name}.output").open("ab") as output:
            self.processes[name] = subprocess.Popen(
                [_installed(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**self.environment, "SLURM_CONF": str(self._configuration)},
                start_new_session=True,
            )

    def _run(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run(words, env=self.environment, text=True, capture_output=True, timeout=120)

    def _logs(self) -> str:
        files = [path for path in sorted(self.folder.glob("*")) if path.suffix in (".log", ".output")]
        return "\n".join(f"{path.name}:\n" + "\n".join(path.read_text().splitlines()[-8:]) for path in files)


def _fields(line: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in line.split() if "=" in word)


def _free_ports(count: int) -> list[int]:
    with_sockets = [socket.socket() for _ in range(count)]
    try:
        for probe in with_sockets:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in with_sockets]
    finally:
        for probe in with_sockets:
            probe.close()
