"""Training of a scorer: a model with a head of one number, fitted to labels by the mean squared error.

ScaleQuest's difficulty scorer is such a model (arXiv 2410.18693, section 2.4): it reads the question alone.
"""

import pandas as pd
import peft
import transformers
from datasets import Dataset

from synthesis import schema
from synthesis.training import arguments, texts
from synthesis.training.base_model import load, save
from synthesis.training.trainer import adapter, check_fitting, report, run

CALIBRATION_BINS = 5


def train(plan: dict) -> None:
    """Fit the plan's model to the labels of its rows and leave the model and a report where the plan says.

    The report tells, for held-out rows, Spearman's rank correlation with the labels, the mean squared error beside
    that of always saying the mean label, and the mean label in each fifth of the predictions. Raises InputError if no
    row fits into `max_tokens`, or if too few rows are left for one step.
    """
    settings = plan["settings"]
    rows = schema.read(plan["rows"], schema.TRAINING_LABELS)
    tokenizer, model = load(plan, head="one_number")
    examples = [{**row, "input_ids": texts.plain(tokenizer, row["text"])} for row in rows]
    fitting = [row for row in examples if len(row["input_ids"]) <= settings["max_tokens"]]
    trained, held_out = (_dataset(fitting, part) for part in (False, True))
    check_fitting(len(trained), len(rows), settings["max_tokens"])
    common = arguments.common(plan, len(trained), model)
    if lora := adapter(settings, "SEQ_CLS"):
        model = peft.get_peft_model(model, lora)
    trainer = transformers.Trainer(
        model,
        args=transformers.TrainingArguments(**common),
        train_dataset=trained.select(arguments.order(len(trained), common["max_steps"], settings)),
        data_collator=transformers.DataCollatorWithPadding(tokenizer),
        processing_class=tokenizer,
    )
    # The model would take a number of rows for its loss, but averages over those it gets; so the trainer must average.
    trainer.model_accepts_loss_kwargs = False
    run(trainer, plan)
    measured = {}
    if len(held_out):
        predicted = trainer.predict(held_out).predictions.reshape(-1).tolist()
        measured = measures(predicted, held_out["label"], sum(trained["label"]) / len(trained))
    save(trainer, plan)
    counts = {"rows": len(trained), "rows_held_out": len(held_out), "rows_too_long": len(rows) - len(fitting)}
    report(trainer, plan, {**counts, **measured})


def measures(predicted: list[float], labels: list[float], mean: float) -> dict:
    """How well predictions fit labels of rows that were not trained on; `mean` is the mean label of those that were.

    The calibration lists the fifths of the rows by rising prediction: mean prediction, mean label and count.
    """
    table = pd.DataFrame({"predicted": predicted, "label": labels})
    ranked = table.sort_values("predicted", kind="stable").reset_index(drop=True)
    fifths = ranked.groupby(ranked.index * CALIBRATION_BINS // len(ranked))
    rank_correlation = table.corr(method="spearman").iloc[0, 1]
    return {
        "held_out_spearman": None if pd.isna(rank_correlation) else float(rank_correlation),
        "held_out_mean_squared_error": float(((table.predicted - table.label) ** 2).mean()),
        "held_out_mean_squared_error_of_the_mean": float(((table.label - mean) ** 2).mean()),
        "held_out_calibration": [
            {"predicted": float(part.predicted.mean()), "label": float(part.label.mean()), "rows": len(part)}
            for _, part in fifths
        ],
    }


def _dataset(rows: list[dict], held_out: bool) -> Dataset:
    kept = [{"input_ids": row["input_ids"], "label": row["label"]} for row in rows if row["held_out"] is held_out]
    return Dataset.from_list(kept) if kept else Dataset.from_dict({"input_ids": [], "label": []})
