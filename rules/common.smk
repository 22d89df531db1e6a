import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))

from synthesis import budget, configuration, machine
from synthesis.code_version import code_version
from synthesis.errors import InputError
from synthesis.pending import gpus_for
from synthesis.plan import Plan, compact_files

machine.put_running_python_first()
try:
    # Snakemake's reader lets a key stand twice; ours does not. The last file is the one that counts.
    for path in workflow.configfiles[-1:]:
        configuration.load(path)
    configuration.validate(config, ", ".join(map(str, workflow.configfiles[-1:])))
    # A limit on `gpu` means that the jobs run on this machine: it can't be more than the machine has.
    if "gpu" in workflow.global_resources:
        workflow.register_resource("gpu", len(machine.gpu_names()))
        configuration.check_machine(config, len(machine.gpu_names()))
except InputError as error:
    raise WorkflowError(str(error))

budget.export(config)
PLAN = Plan(config)
RUN = config["run"]
STORE = "results/store"


pathvars:
    results=f"results/{RUN}",
    logs=f"results/{RUN}/logs",
    benchmarks=f"results/{RUN}/benchmarks",


wildcard_constraints:
    source="|".join(PLAN.sources),
    shard=r"\d{5}",
    digest=r"[0-9a-f]{8}",
    judge="|".join(PLAN.judges) or "none",
    model="|".join(config["models"]),
    problems="|".join(config["problems"]) or "none",
    benchmark="|".join(config["benchmarks"]) or "none",
