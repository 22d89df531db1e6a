"""Rules in their conda environments through SLURM, with the stand-in that `conda_deployment` explains."""

import pytest
from slurm_run import QUICK, SlurmClone
from test_conda import EVALUATION, interpreters
from workflow import Clone

pytestmark = pytest.mark.slurm

# A rule of each environment that is made here, and where its job runs.
RULES = {
    "fetch_problems": "fetch",
    "merge_problems": "filter",
    "grade_answers": "evaluate",
    "tabulate_funnel": "report",
}


def test_a_job_on_a_node_runs_in_the_environment_of_its_rule(cluster, conda, tmp_path):
    clone = SlurmClone(tmp_path / "clone", cluster)
    config = clone.small_config()
    config["answer_benchmark"] = EVALUATION
    clone.write_config(config)
    clone.run(profile=Clone.profile[1])
    for log in (clone.folder / "results/trial/logs").rglob("*.log"):
        log.unlink()
    clone.environment = clone.environment | conda.variables | {"PATH": f"{cluster.bin}:{conda.variables['PATH']}"}
    clone.profile = ("--profile", "slurm", "--slurm-status-command", "squeue", *QUICK)
    prefix = ("--conda-prefix", str(conda.prefix))
    only = ("--forceall", "--allowed-rules", "all", *RULES)
    clone.run("--conda-create-envs-only", *prefix, *only)
    clone.run(*prefix, *only)
    used = {rule: conda.environment_of(interpreter) for rule, interpreter in interpreters(clone).items()}
    assert used == RULES
    on_nodes = {job["Comment"].split("_wildcards_")[0].removeprefix("rule_") for job in clone.jobs()}
    assert on_nodes == RULES.keys() - {"fetch_problems"}
